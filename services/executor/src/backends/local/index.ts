// The local backend: the same task.yaml that Tekton runs, its steps as processes of this machine.
import { Outcome } from '@assay/contracts';
import { type Stage, stages } from '@assay/pipeline';
import type { Backend, PlannedRun, PlannedTask, TaskEnd } from '../../backend.ts';
import { Updates } from '../updates.ts';
import { handedOver, rememberHandedOver } from './handed-over.ts';
import { type LocalPlanSettings, planOnThisMachine } from './plan-on-this-machine.ts';
import { type LocalSettings, runTask } from './run-task.ts';
import { Slots } from './slots.ts';

/** Runs at the same time; the others wait, so that one is done before the last one begins. */
const maxRuns = 2;

export interface LocalBackendOptions extends LocalSettings {
  readonly plan: LocalPlanSettings;
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
  const runSlots = new Slots(maxRuns);

  const begin = (run: PlannedRun): LocalRun => {
    const updates = new Updates();
    const stop = new AbortController();
    const one = async (task: PlannedTask): Promise<void> => {
      if (task.skip !== undefined) {
        const end = { ...ended(Outcome.SKIPPED, task.skip.reason), skip: task.skip.why };
        updates.push({ kind: 'finished', task: task.name, at: options.now(), end });
        return;
      }
      await slots.use(async () => {
        if (stop.signal.aborted) {
          updates.push({
            kind: 'finished',
            task: task.name,
            at: options.now(),
            end: ended(Outcome.CANCELLED, 'cancelled before it began'),
          });
          return;
        }
        updates.push({ kind: 'started', task: task.name, at: options.now() });
        const end = await runOnce(task, run, options, stop.signal);
        updates.push({ kind: 'finished', task: task.name, at: options.now(), end });
      });
    };
    const all = async (): Promise<void> => {
      for (const stage of stages) await Promise.all(ofStage(run.tasks, stage).map(one));
    };
    const done = runSlots.use(all).then(
      () => updates.end(),
      (error: unknown) => {
        stop.abort();
        updates.end(error);
      },
    );
    return { updates, stop, done };
  };

  const release = async (runId: string): Promise<void> => {
    const run = runs.get(runId);
    run?.stop.abort();
    await run?.done;
    runs.delete(runId);
  };
  return {
    name: 'local',
    plan: (run) => planOnThisMachine(run, options.plan),
    async start(run) {
      if (!runs.has(run.runId)) runs.set(run.runId, begin(run));
    },
    async cancel(runId) {
      const run = runs.get(runId);
      run?.stop.abort();
      await run?.done;
    },
    async *watch(runId) {
      const run = runs.get(runId);
      if (run) yield* run.updates;
    },
    release,
    ping: async () => {},
    close: async () => {
      await Promise.all([...runs.keys()].map(release));
    },
  };
}

function ofStage(tasks: readonly PlannedTask[], stage: Stage): PlannedTask[] {
  return tasks.filter(({ component }) => component.stage === stage);
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
