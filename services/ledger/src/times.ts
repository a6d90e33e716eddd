// Times that come from outside: made comparable, and never later than now. A sender whose clock is ahead would make
// every scan after it look old, and nothing would be closed any more.
import type { LedgerContext } from './resources.ts';

/** A time in UTC with milliseconds, so that it compares as text; now when it is none or lies ahead. */
export function timeOf(time: string, now: Date): string {
  const at = Date.parse(time);
  return new Date(Number.isNaN(at) ? now : Math.min(at, now.getTime())).toISOString();
}

/** When a report's scan began: its run's start where one is known, else when we first heard of the report. */
export async function scanBegin(
  runId: string,
  reportId: string,
  heardAt: string,
  { resources, now }: LedgerContext,
): Promise<{ runId: string; at: string }> {
  const run = runId ? await resources.store.runs.get(runId) : undefined;
  const time = run?.started?.startedAt || run?.requested?.requestedAt || heardAt;
  return { runId: runId || reportId, at: timeOf(time, now()) };
}
