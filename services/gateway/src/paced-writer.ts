// Writes an answer no faster than its client reads: at most one piece waits for it.
import type { ServerResponse } from 'node:http';

/** The client left what it was sent unread for too long. */
export class TooSlow extends Error {}

/** Resolves when the client has taken what was written, or the signal is aborted. Rejects with TooSlow. */
export function pacedWriter(
  response: ServerResponse,
  patienceMs: number,
  signal: AbortSignal,
): (piece: string | Uint8Array) => Promise<void> {
  return async (piece) => {
    if (signal.aborted || response.write(piece)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new TooSlow()), patienceMs);
    const go = () => resolve();
    response.once('drain', go);
    signal.addEventListener('abort', go, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      response.off('drain', go);
      signal.removeEventListener('abort', go);
    }
  };
}
