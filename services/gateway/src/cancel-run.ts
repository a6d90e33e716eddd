// A run that somebody wants ended.
import { emit, InvalidInput, keyedId, runCancelled } from '@assay/contracts';
import type { RequestFacts } from './accept-report.ts';
import type { Gateway } from './gateway.ts';

/** Publishes run.cancelled. Throws InvalidInput for a run that is not known or has ended. */
export async function cancelRun(
  gateway: Gateway,
  runId: string,
  reason: string | undefined,
  { principal, traceparent }: RequestFacts,
): Promise<void> {
  const run = await gateway.store.runs.get(runId);
  if (!run) throw new InvalidInput(`there is no run ${runId} (yet)`, { code: 'run.missing' });
  if (run.finished)
    throw new InvalidInput(`run ${runId} has ended already: there is nothing to cancel`, { code: 'run.conflict' });
  const cancelled = emit(runCancelled, {
    runId,
    pipeline: run.pipeline,
    reason: reason ?? `cancelled by ${principal.name}`,
    cancelledAt: gateway.now().toISOString(),
  });
  await gateway.publish(cancelled, {
    id: keyedId(runCancelled.name, runId),
    ...(traceparent ? { traceparent } : {}),
  });
}
