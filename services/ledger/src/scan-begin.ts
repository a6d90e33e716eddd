import type { LedgerContext } from './resources.ts';

/** When a report's scan began: its run's start where one is known, else when we first heard of the report. */
export async function scanBegin(
  runId: string,
  reportId: string,
  heardAt: string,
  { resources, now }: LedgerContext,
): Promise<{ runId: string; at: string }> {
  const run = runId ? await resources.store.runs.get(runId) : undefined;
  const times = [run?.started?.startedAt, run?.requested?.requestedAt, heardAt];
  const at = times.find((time) => time && !Number.isNaN(Date.parse(time)));
  // In UTC and with milliseconds, so that times compare as text too.
  return { runId: runId || reportId, at: new Date(at ?? now()).toISOString() };
}
