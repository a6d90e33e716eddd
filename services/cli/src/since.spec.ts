import { describe, expect, it } from '@jest/globals';
import { parseSince } from './since.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('parseSince', () => {
  it.each([
    ['30s', '2026-03-01T11:59:30.000Z'],
    ['10m', '2026-03-01T11:50:00.000Z'],
    ['2h', '2026-03-01T10:00:00.000Z'],
    ['1d', '2026-02-28T12:00:00.000Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(parseSince(text, now)).toBe(time);
  });

  it.each([[''], ['soon'], ['10'], ['2026-13-45T00:00:00Z'], ['-5m']])('refuses "%s"', (text) => {
    expect(() => parseSince(text, now)).toThrow('is no moment');
  });
});
