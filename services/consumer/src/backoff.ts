// How long to wait before the next try.
import { Transient } from '@assay/contracts';

const firstMs = 500;
const mostMs = 60_000;
/** Longest wait that another side can ask for. */
export const maxRetryAfterMs = 60 * 60 * 1000;

/**
 * Doubles from half a second to a minute, half of it at random so that many do not come back at once; what the other
 * side asked for (Retry-After) counts instead when it is longer. `attempt` is 1 for the first; random is 0 to 1.
 */
export function backoffMs(attempt: number, error: unknown, random: number): number {
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  const wait = most / 2 + (most / 2) * random;
  const asked = error instanceof Transient ? (error.retryAfterMs ?? 0) : 0;
  return Math.round(Math.max(wait, Math.min(asked, maxRetryAfterMs)));
}

/** Resolves after the time or as soon as the signal is aborted, whichever is first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
