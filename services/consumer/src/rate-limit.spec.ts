import { describe, expect, it } from '@jest/globals';
import { paceOf } from './rate-limit.ts';

const { signal } = new AbortController();

/** When each of several calls goes ahead, in milliseconds; `idle` passes before the numbered ones. */
async function times(limit: Parameters<typeof paceOf>[0], count: number, idle: Record<number, number> = {}) {
  let now = 1000;
  const pace = paceOf(
    limit,
    () => now,
    async (ms) => {
      now += ms;
    },
  );
  const passed: number[] = [];
  for (let call = 0; call < count; call++) {
    now += idle[call] ?? 0;
    await pace.wait(signal);
    passed.push(now - 1000);
  }
  return passed;
}

describe('a rate limit', () => {
  it.each([
    ['spaces calls evenly', { perSecond: 2 }, 4, {}, [0, 500, 1000, 1500]],
    ['counts by the minute', { perMinute: 30 }, 3, {}, [0, 2000, 4000]],
    ['lets a burst through first', { perSecond: 1, burst: 3 }, 5, {}, [0, 0, 0, 1000, 2000]],
    ['saves up no more than a burst', { perSecond: 1, burst: 2 }, 5, { 2: 60_000 }, [0, 0, 60_000, 60_000, 61_000]],
    ['does not hold up who is slow', { perSecond: 1 }, 3, { 1: 1000, 2: 1500 }, [0, 1000, 2500]],
  ])('%s', async (_, limit, count, idle, expected) => {
    expect(await times(limit, count, idle)).toEqual(expected);
  });
});
