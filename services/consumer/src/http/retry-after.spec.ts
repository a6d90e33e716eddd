import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.ts';

const now = new Date('2026-01-31T12:00:00.000Z');

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    [' 5 ', 5000],
    ['Sat, 31 Jan 2026 12:00:10 GMT', 10_000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026', 2026_000],
    ['never', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s', (value, expected) => {
    expect(retryAfterMs(value, now)).toBe(expected);
  });
});
