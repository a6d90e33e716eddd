// run.* and task.finished → how far each run has come.
import type {
  Event,
  Outgoing,
  RunAssessed,
  RunFinished,
  RunRequested,
  RunStarted,
  TaskFinished,
} from '@assay/contracts';
import { InvalidInput } from '@assay/contracts';
import type { RunNews } from '@assay/store';
import { assessRun } from './assess-run.ts';
import { countAssessed, countFinished } from './count-runs.ts';
import type { LedgerContext } from './resources.ts';
import { timeOf } from './times.ts';

export async function* trackRequested(event: Event<RunRequested>, context: LedgerContext): AsyncIterable<Outgoing> {
  await note(event, { requested: event.data }, context);
}

export async function* trackStarted(event: Event<RunStarted>, context: LedgerContext): AsyncIterable<Outgoing> {
  await note(event, { started: event.data }, context);
}

export async function* trackTask(event: Event<TaskFinished>, context: LedgerContext): AsyncIterable<Outgoing> {
  await note(event, { task: event.data }, context);
}

export async function* trackFinished(event: Event<RunFinished>, context: LedgerContext): AsyncIterable<Outgoing> {
  await note(event, { finished: event.data }, context);
  countFinished(event.data.outcome);
  yield* assessRun(event.data.runId, context);
}

/** Our own word: it is remembered once the stream has it, whoever said it. */
export async function* trackAssessed(event: Event<RunAssessed>, context: LedgerContext): AsyncIterable<Outgoing> {
  await note(event, { assessed: event.data }, context);
  countAssessed(event.data.assessment);
}

async function note(event: Event<{ runId: string }>, news: RunNews, { resources, now }: LedgerContext): Promise<void> {
  const { runId } = event.data;
  if (runId === '') throw new InvalidInput(`an event on ${event.subject} has no runId`, { code: 'run.id' });
  await resources.store.ledger.noteRun(runId, news, timeOf(event.time, now()));
}
