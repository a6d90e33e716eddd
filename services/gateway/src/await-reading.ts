// Who hands in a report that cannot be read shall hear of it at once, not from a dead letter tomorrow. Reading takes
// milliseconds; the answer waits for it a moment, and is 202 all the same when that was not enough.
import { setTimeout } from 'node:timers/promises';
import { InvalidInput } from '@assay/contracts';
import type { Accepted, RequestFacts } from './accept-report.ts';
import type { Gateway } from './gateway.ts';

/** First pause between two looks at the store; each is twice as long as the one before. Milliseconds. */
const firstPauseMs = 10;

export interface ReadingFacts extends RequestFacts {
  /** The header "Prefer" (RFC 7240): with "respond-async" nobody waits. */
  prefer?: string | string[] | undefined;
}

/** Returns when the report was read or the wait is over. Throws InvalidInput "report.unreadable" when it could not be. */
export async function awaitReading(gateway: Gateway, { reportId }: Accepted, from: ReadingFacts): Promise<void> {
  const { store, config, signal } = gateway;
  // A run tells of its reports itself.
  if (from.principal.run || prefersNoWait(from.prefer)) return;
  let left = config.readWaitMs;
  for (let pauseMs = firstPauseMs; left > 0 && !signal.aborted; left -= pauseMs, pauseMs *= 2) {
    const report = await store.reports.get(reportId);
    if (report) {
      if (report.errorCode) throw unreadable(reportId, report.errorCode, report.notes.at(-1) ?? '');
      return;
    }
    await setTimeout(Math.min(pauseMs, left), undefined, { signal }).catch(() => undefined);
  }
}

/** Whether the header "Prefer" says "respond-async". */
export function prefersNoWait(prefer: string | string[] | undefined): boolean {
  return [prefer].flat().some((each) => /\brespond-async\b/i.test(each ?? ''));
}

function unreadable(reportId: string, code: string, why: string): InvalidInput {
  return new InvalidInput(`${why} (${code}; report ${reportId} is in the dead letters)`, { code: 'report.unreadable' });
}
