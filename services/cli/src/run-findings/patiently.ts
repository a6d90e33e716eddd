// A task waits for a gateway that restarts: what failed for a reason that passes is tried again until the time is over.
import { setTimeout as pause } from 'node:timers/promises';
import { Transient } from '@assay/contracts/errors';
import type { Io } from '../io.ts';
import { oneLine } from '../terminal-text.ts';

const longestPauseMs = 10_000;

/** `work` is told how many seconds are left, at least 1. */
export async function patiently<T>(io: Io, seconds: number, work: (leftSeconds: number) => Promise<T>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work(Math.max(1, Math.ceil((end - performance.now()) / 1000)));
    } catch (error) {
      const waitMs = Math.max(pauseMs, error instanceof Transient ? (error.retryAfterMs ?? 0) : 0);
      if (!(error instanceof Transient) || performance.now() + waitMs >= end) throw error;
      io.err.put(`${oneLine(error.message)}; trying again\n`);
      await pause(waitMs, undefined, { signal: io.signal });
    }
  }
}
