// The local backend: the same task.yaml that Tekton runs, its steps as processes of this machine.
import { Outcome } from '@assay/contracts';
import type { Backend, PlannedRun, PlannedTask, TaskEnd, TaskUpdate } from '../../backend.ts';
import { handedOver, rememberHandedOver } from './handed-over.ts';
import { type LocalSettings, runTask } from './run-task.ts';
import { Slots } from './slots.ts';

export interface LocalBackendOptions extends LocalSettings {
  /** Tasks at the same time, over all runs. At least 1. */
  readonly concurrency: number;
  readonly now: () => Date;
}

interface LocalRun {
  readonly updates: Updates;
  readonly stop: AbortController;
  /** Resolves when every task has ended. */
  readonly done: Promise<void>;
}

export function localBackend(options: LocalBackendOptions): Backend {
  const runs = new Map<string, LocalRun>();
  const slots = new Slots(options.concurrency);

  const begin = (run: PlannedRun): LocalRun => {
    const updates = new Updates();
    const stop = new AbortController();
    const one = async (task: PlannedTask): Promise<void> => {
      if (task.skip !== undefined) {
        const end = { ...ended(Outcome.SKIPPED, task.skip.reason), skip: task.skip.why };
        updates.push({ task: task.name, at: options.now(), end });
        return;
      }
      await slots.use(async () => {
        if (stop.signal.aborted) {
          updates.push({
            task: task.name,
            at: options.now(),
            end: ended(Outcome.CANCELLED, 'cancelled before it began'),
          });
          return;
        }
        updates.push({ task: task.name, at: options.now() });
        const end = await runOnce(task, run, options, stop.signal);
        updates.push({ task: task.name, at: options.now(), end });
      });
    };
    const done = Promise.all(run.tasks.map(one)).then(
      () => updates.end(),
      (error: unknown) => {
        stop.abort();
        updates.end(error);
      },
    );
    return { updates, stop, done };
  };

  return {
    name: 'local',
    async start(run) {
      if (!runs.has(run.runId)) runs.set(run.runId, begin(run));
    },
    async cancel(runId) {
      const run = runs.get(runId);
      run?.stop.abort();
      await run?.done;
      runs.delete(runId);
    },
    async *watch(runId) {
      const run = runs.get(runId);
      if (!run) return;
      yield* run.updates;
      runs.delete(runId);
    },
  };
}

/** A task that handed over its report before the executor was killed has ended already. */
async function runOnce(task: PlannedTask, run: PlannedRun, settings: LocalSettings, signal: AbortSignal) {
  const done = await handedOver(settings.home, run.runId, task.name);
  if (done) return { ...ended(Outcome.SUCCEEDED, ''), reportIds: done };
  const end = await runTask(task, run, settings, signal);
  if (end.outcome === Outcome.SUCCEEDED) {
    await rememberHandedOver(settings.home, run.runId, task.name, end.reportIds);
  }
  return end;
}

function ended(outcome: Outcome, reason: string): TaskEnd {
  return { outcome, reason, exitCode: 0, durationMs: 0, reportIds: [], logTail: '' };
}

/** Updates in order, kept until they are read. */
class Updates implements AsyncIterable<TaskUpdate> {
  readonly #kept: TaskUpdate[] = [];
  #ended: { error?: unknown } | undefined;
  #wake: () => void = () => {};

  push(update: TaskUpdate): void {
    this.#kept.push(update);
    this.#wake();
  }

  end(error?: unknown): void {
    this.#ended = error === undefined ? {} : { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TaskUpdate> {
    for (;;) {
      const update = this.#kept.shift();
      if (update) {
        yield update;
        continue;
      }
      if (this.#ended) {
        if ('error' in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
