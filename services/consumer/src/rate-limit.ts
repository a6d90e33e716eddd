// How often a sink may be called: a bucket of tokens that fills evenly. Who finds none waits for his; nothing is refused.
import type { RateLimit } from '@assay/contracts';

export interface Pace {
  /** Takes a token, after waiting for it; an aborted signal ends the wait. */
  wait(signal: AbortSignal): Promise<void>;
}

/** `clock` in milliseconds, never going back; `pause` resolves after a time or as soon as the signal is aborted. */
export function paceOf(
  { perSecond, perMinute, burst = 1 }: RateLimit,
  clock: () => number,
  pause: (ms: number, signal: AbortSignal) => Promise<void>,
): Pace {
  const everyMs = perSecond === undefined ? 60_000 / (perMinute ?? 1) : 1000 / perSecond;
  // When the bucket would be full again: each token taken puts it off by one interval.
  let fullAt = clock();
  return {
    wait: async (signal) => {
      const now = clock();
      fullAt = Math.max(fullAt, now) + everyMs;
      const waitMs = fullAt - now - burst * everyMs;
      if (waitMs > 0) await pause(waitMs, signal);
    },
  };
}
