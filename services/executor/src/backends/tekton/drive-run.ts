// One run in our hands: lets it begin when it may, tells what its tasks do, and gathers their logs.
import { explain, Outcome, type StepLog, Transient } from '@assay/contracts';
import type { Kube } from '@assay/kube';
import type { Component } from '@assay/pipeline';
import type { Host } from '@assay/runtime';
import type { TaskEnd } from '../../backend.ts';
import { lastLine } from '../readable-log.ts';
import type { Updates } from '../updates.ts';
import { mayBegin, pending } from './admit.ts';
import { followStep, type LogSettings } from './follow-logs.ts';
import { managedBy, manager } from './names.ts';
import type { RunWatch } from './run-watch.ts';
import { isOver, type TaskState, taskStatesOf } from './task-states.ts';
import { type PipelineRun, pipelineRunKind, readPipelineRun, type TaskRun } from './tekton-objects.ts';

/** How long the end of a task waits for the end of its logs. Milliseconds. */
const logPatienceMs = 60_000;

export interface DriveSettings {
  readonly kube: Kube;
  readonly watch: RunWatch;
  readonly namespace: string;
  readonly pipeline: string;
  /** The PipelineRun's name. */
  readonly name: string;
  readonly maxRuns: number;
  /** By task. */
  readonly components: ReadonlyMap<string, Component>;
  readonly logs: LogSettings;
  readonly log: Host<unknown>['log'];
  readonly signal: AbortSignal;
}

/** Resolves when every task has been told to its end, or the signal aborts. */
export async function driveRun(settings: DriveSettings, updates: Updates): Promise<void> {
  const { watch, name, signal } = settings;
  const tasks = new Map<string, DrivenTask>();
  let hasBeenSeen = false;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const forget = watch.listen(name, wake);
  signal.addEventListener('abort', wake, { once: true });
  try {
    while (!signal.aborted) {
      watch.check();
      changed = Promise.withResolvers();
      const { run, taskRuns } = watch.view(name);
      hasBeenSeen ||= run !== undefined;
      if (run) {
        await letBegin(run, settings);
        for (const state of taskStatesOf(run, taskRuns, settings.components)) tell(state, tasks, settings, updates);
        if (isOver(run) && [...tasks.values()].every(({ isEnded }) => isEnded)) break;
      } else if (hasBeenSeen) {
        throw new Transient(`the PipelineRun ${name} was deleted while it ran; it begins again`, {
          code: 'run.deleted',
        });
      }
      await changed.promise;
    }
  } finally {
    forget();
    signal.removeEventListener('abort', wake);
    await Promise.all([...tasks.values()].map(({ done }) => done));
  }
}

interface DrivenTask {
  isStarted: boolean;
  isEnded: boolean;
  /** Pods whose steps are followed, each once. */
  readonly pods: Set<string>;
  readonly followed: Promise<Awaited<ReturnType<typeof followStep>>>[];
  done: Promise<void>;
}

function tell(state: TaskState, tasks: Map<string, DrivenTask>, settings: DriveSettings, updates: Updates): void {
  const { task, startedAt, end, taskRun } = state;
  const driven = tasks.get(task) ?? {
    isStarted: false,
    isEnded: false,
    pods: new Set<string>(),
    followed: [],
    done: Promise.resolve(),
  };
  tasks.set(task, driven);
  if (startedAt && !driven.isStarted) {
    driven.isStarted = true;
    updates.push({ kind: 'started', task, at: startedAt });
  }
  if (taskRun) follow(task, taskRun, driven, settings, updates);
  if (!end || driven.isEnded) return;
  driven.isEnded = true;
  driven.done = withLogs(end.end, driven, settings).then((whole) => {
    if (!settings.signal.aborted) updates.push({ kind: 'finished', task, at: end.at, end: whole });
  });
}

function follow(
  task: string,
  { status }: TaskRun,
  { pods, followed }: DrivenTask,
  { logs, log, signal }: DriveSettings,
  updates: Updates,
): void {
  const pod = status.podName;
  // The steps are known once the pod is.
  if (pod === '' || status.steps.length === 0 || pods.has(pod)) return;
  pods.add(pod);
  const attempt = pods.size > 1 ? ` ${pods.size}` : '';
  for (const { name, container } of status.steps) {
    const step = { step: `${name}${attempt}`, pod, container };
    const following = followStep(step, logs, (piece) => updates.push({ kind: 'logged', task, ...piece }), signal);
    followed.push(
      following.catch((error: unknown) => {
        log.warn({ err: explain(error), task, step: step.step }, 'a log could not be kept');
        return undefined;
      }),
    );
  }
}

async function withLogs(end: TaskEnd, { followed }: DrivenTask, { signal }: DriveSettings): Promise<TaskEnd> {
  const patience = new Promise<'late'>((resolve) => {
    const timer = setTimeout(() => resolve('late'), logPatienceMs);
    signal.addEventListener('abort', () => resolve('late'), { once: true });
    timer.unref();
  });
  const ends = await Promise.all(followed.map((one) => Promise.race([one, patience])));
  const found = ends.flatMap((each) => (each && each !== 'late' ? [each] : []));
  const logs: StepLog[] = found.map(({ log }) => log);
  if (end.outcome === Outcome.SUCCEEDED) return { ...end, logs };
  // The last step that wrote anything is the one that failed: those behind it never began.
  const logTail = found.findLast(({ tail }) => tail !== '')?.tail ?? '';
  const said = end.outcome === Outcome.FAILED || end.outcome === Outcome.SKIPPED ? lastLine(logTail) : '';
  const reason = end.skip === undefined && said ? `${end.reason}: ${said}` : end.reason;
  return { ...end, reason, logTail, logs };
}

// The watch wakes us; the server is asked before a run begins, so that two replicas let no two begin for one place.
async function letBegin(run: PipelineRun, settings: DriveSettings): Promise<void> {
  if (run.spec.status !== pending || isOver(run)) return;
  const { kube, namespace, name, pipeline, maxRuns } = settings;
  const all = await kube.list(pipelineRunKind, { namespace, labels: `${managedBy}=${manager}` });
  if (!mayBegin(name, all.map(readPipelineRun), pipeline, maxRuns)) return;
  await kube.patch({ ...pipelineRunKind, namespace, name }, { spec: { status: null } });
}
