// run.cancelled → every replica knows: whoever has the run in hand ends it, and one that has not begun ends at once.
import { type Event, keyedId, type Outgoing, type RunCancelled, runCancelled } from '@assay/contracts';
import type { Context, Host } from '@assay/runtime';
import type { ExecutorResources } from './run-pipeline.ts';

/** Runs that somebody wants ended, by a hash of the run's id; each is forgotten after a day. */
export const cancelledRunsBucket = 'cancelled-runs';

export interface CancelledRuns {
  /** Why a run is to be ended; undefined: it is not. */
  reasonOf(runId: string): Promise<string | undefined>;
  add(runId: string, reason: string): Promise<void>;
  /** Calls `cancel` for what is there now and for each that comes, until the signal aborts. */
  follow(cancel: (runId: string, reason: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

interface Entry {
  runId: string;
  reason: string;
}

export async function openCancelledRuns(bus: Host<unknown>['bus']): Promise<CancelledRuns> {
  const bucket = await bus.bucket(cancelledRunsBucket);
  const keyOf = (runId: string) => keyedId(runCancelled.name, runId);
  const read = (value: Uint8Array) => JSON.parse(Buffer.from(value).toString()) as Entry;
  return {
    async reasonOf(runId) {
      const found = await bucket.get(keyOf(runId));
      return found && read(found.value).reason;
    },
    async add(runId, reason) {
      const entry: Entry = { runId, reason };
      await bucket.put(keyOf(runId), Buffer.from(JSON.stringify(entry)));
    },
    async follow(cancel, signal) {
      for await (const { value } of bucket.watch(signal)) {
        if (!value) continue;
        const { runId, reason } = read(value);
        await cancel(runId, reason);
      }
    },
  };
}

/** Remembers it for every replica; the one that has the run hears of it. */
// Nothing is said here: the run's own run.finished says how it ended.
export async function* cancelRun(
  event: Event<RunCancelled>,
  { resources, log }: Context<unknown, ExecutorResources>,
): AsyncGenerator<Outgoing> {
  const { runId, reason } = event.data;
  log.info({ run: runId, reason }, 'run is to be cancelled');
  await resources.cancelled.add(runId, reason || 'cancelled');
}
