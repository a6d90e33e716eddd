import { Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { backoffMs, pause } from './backoff.ts';

const down = new Transient('down', { code: 'test' });

describe('backoffMs', () => {
  it.each([
    [1, down, 0, 250],
    [1, down, 1, 500],
    [2, down, 1, 1000],
    [4, down, 0, 2000],
    [8, down, 1, 60_000],
    [5000, down, 1, 60_000],
    [1, new Transient('busy', { code: 'test', retryAfterMs: 90_000 }), 1, 90_000],
    [8, new Transient('busy', { code: 'test', retryAfterMs: 10 }), 1, 60_000],
    [1, new Transient('busy', { code: 'test', retryAfterMs: 1e12 }), 1, 3_600_000],
    [1, new Error('bug'), 1, 500],
  ])('after try %i with %s and random %d is %i', (attempt, error, random, expected) => {
    expect(backoffMs(attempt, error, random)).toBe(expected);
  });
});

describe('pause', () => {
  it('ends as soon as the signal is aborted', async () => {
    const stopping = new AbortController();
    const paused = pause(600_000, stopping.signal);
    stopping.abort();
    await expect(paused).resolves.toBeUndefined();
    await expect(pause(600_000, stopping.signal)).resolves.toBeUndefined();
  });
});
