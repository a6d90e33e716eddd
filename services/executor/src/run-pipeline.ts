// run.requested → run.started, task.started, task.finished …, run.finished. A request delivered again begins the run
// again with the same ids: its events and its reports are known by run and task, so nothing counts twice.
import {
  AssayError,
  type Event,
  emit,
  explain,
  Outcome,
  type Outgoing,
  outcomeNames,
  type RunRequested,
  runFinished,
  runStarted,
  Skip,
  type TaskFinished,
  Transient,
  taskFinished,
  taskLogged,
  taskStarted,
} from '@assay/contracts';
import { isLast } from '@assay/pipeline';
import { type Context, signRunToken } from '@assay/runtime';
import type { Backend, PlannedRun, TaskEnd, TaskUpdate } from './backend.ts';
import type { CancelledRuns } from './cancelled-runs.ts';
import type { ShowsRuns } from './scans/index.ts';

export interface ExecutorResources extends ShowsRuns {
  readonly backend: Backend;
  readonly cancelled: CancelledRuns;
  readonly runTokenKey: string;
  /** How long a run's credential is good. Milliseconds. */
  readonly tokenLifeMs: number;
}

export async function* runPipeline(
  event: Event<RunRequested>,
  context: Context<unknown, ExecutorResources>,
): AsyncGenerator<Outgoing> {
  const { resources, log } = context;
  const request = { ...event.data, runId: event.data.runId || event.id };
  const { runId, pipeline } = request;
  let run: PlannedRun;
  try {
    const expires = Math.floor((context.now().getTime() + resources.tokenLifeMs) / 1000);
    const planned = await resources.backend.plan(request);
    const claims = { runId, pipeline, target: planned.target.name, expires };
    run = { ...planned, token: signRunToken(claims, resources.runTokenKey) };
  } catch (error) {
    if (!(error instanceof AssayError) || error instanceof Transient) throw error;
    log.warn({ run: runId, pipeline, reason: explain(error) }, 'run refused');
    yield* refuse(request, explain(error), context.now());
    return;
  }
  log.info({ run: runId, pipeline, tasks: run.tasks.length }, 'run started');
  yield emit(
    runStarted,
    {
      runId,
      pipeline,
      target: run.target,
      revision: run.revision,
      backend: resources.backend.name,
      // What closes a run has no word to say of it.
      tasks: run.tasks.filter(({ component }) => !isLast(component)).map(({ name }) => name),
      startedAt: context.now().toISOString(),
    },
    runId,
  );
  yield* runTasks(run, context);
}

async function* runTasks(
  run: PlannedRun,
  { resources: { backend, cancelled }, log, signal, now }: Context<unknown, ExecutorResources>,
): AsyncGenerator<Outgoing> {
  const { runId, pipeline, target, revision } = run;
  const ended: TaskFinished[] = [];
  const release = (): void => void backend.release(runId);
  try {
    await backend.start(run);
    // Asked for while it waited for us, or by way of another replica.
    const reason = await cancelled.reasonOf(runId);
    if (reason !== undefined) await backend.cancel(runId, reason);
    signal.addEventListener('abort', release, { once: true });
    if (signal.aborted) release();
    for await (const update of backend.watch(runId)) {
      // What a drain cut off is not the run's end: the request comes again to the next executor.
      if (signal.aborted) throw drained();
      yield outputOf(run, update);
      if (update.kind !== 'finished') continue;
      const finished = finishedOf(run, update);
      log.info(
        { run: runId, task: update.task, outcome: outcomeNames.of(finished.outcome), durationMs: finished.durationMs },
        'task finished',
      );
      ended.push(finished);
    }
    if (signal.aborted) throw drained();
  } finally {
    signal.removeEventListener('abort', release);
    await backend.release(runId);
  }
  const tasks = ended.sort((left, right) => left.task.localeCompare(right.task));
  const finishedAt = now().toISOString();
  yield emit(runFinished, { runId, pipeline, target, revision, outcome: overall(tasks), tasks, finishedAt }, runId);
}

function drained(): Transient {
  return new Transient('The executor is stopping; the run goes on with the next one.', { code: 'run.drained' });
}

function outputOf(run: PlannedRun, update: TaskUpdate): Outgoing {
  const { runId, pipeline } = run;
  const { task } = update;
  switch (update.kind) {
    case 'started':
      return emit(taskStarted, { runId, pipeline, task, startedAt: update.at.toISOString() }, `${runId}/${task}`);
    case 'logged': {
      const { step, offset, text } = update;
      return emit(taskLogged, { runId, pipeline, task, step, offset, text }, `${runId}/${task}/${step}/${offset}`);
    }
    default:
      return emit(taskFinished, finishedOf(run, update), `${runId}/${task}`);
  }
}

function finishedOf(
  { runId, pipeline }: PlannedRun,
  { task, at, end }: TaskUpdate & { end: TaskEnd; at: Date },
): TaskFinished {
  const { skip = Skip.UNSPECIFIED, reportIds, logs = [] } = end;
  return {
    ...end,
    runId,
    pipeline,
    task,
    skip,
    reportIds: [...reportIds],
    logs: [...logs],
    finishedAt: at.toISOString(),
  };
}

/** The worst of its tasks; a run whose every task was skipped was skipped. */
function overall(tasks: readonly TaskFinished[]): Outcome {
  const worst = [Outcome.ERROR, Outcome.FAILED, Outcome.CANCELLED, Outcome.SUCCEEDED];
  return worst.find((outcome) => tasks.some((task) => task.outcome === outcome)) ?? Outcome.SKIPPED;
}

// The sentence travels as a task named "plan", so that everybody who shows why a task failed shows this as well.
function* refuse({ runId, pipeline, target }: RunRequested, reason: string, at: Date): Generator<Outgoing> {
  const finishedAt = at.toISOString();
  const task = { runId, pipeline, task: 'plan', outcome: Outcome.ERROR, reason, finishedAt };
  yield emit(taskFinished, task, `${runId}/plan`);
  const finished = { runId, pipeline, target, outcome: Outcome.ERROR, tasks: [task], finishedAt };
  yield emit(runFinished, finished, runId);
}
