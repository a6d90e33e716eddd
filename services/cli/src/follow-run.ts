// Waits for the last word on a run, telling what happens on the way. Events come by SSE; because such a stream may
// break at any time, the run itself is asked now and then too.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  InvalidInput,
  type RunAssessed,
  runAssessed,
  type TaskFinished,
  type TaskLogged,
  type TaskStarted,
  Transient,
  taskFinished,
  taskLogged,
  taskStarted,
  topicOfType,
} from '@assay/contracts';
import type { StoredRun } from '@assay/store';
import type { Client } from './client.ts';

/** What happens while a run runs. */
export type Progress =
  | { kind: 'task-started'; task: TaskStarted }
  | { kind: 'task-logged'; logged: TaskLogged }
  | { kind: 'task-finished'; task: TaskFinished }
  | { kind: 'run-finished' };

export interface FollowOptions {
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
  /** What the steps write is told too. Default false. */
  withLogs?: boolean;
  /** How long between two looks at the run itself. Milliseconds, default 2000. */
  everyMs?: number;
  /** How long until a stream that broke off is opened again. Milliseconds, default 1000. */
  reconnectMs?: number;
}

/** Resolves with the run's assessment. Throws the signal's reason when it is aborted, Transient when the platform is gone. */
export async function followRun(client: Client, runId: string, options: FollowOptions): Promise<RunAssessed> {
  const done = new AbortController();
  const signal = AbortSignal.any([options.signal, done.signal]);
  try {
    return await Promise.race([readEvents(client, runId, options, signal), lookAgain(client, runId, options, signal)]);
  } finally {
    done.abort();
  }
}

/** A run's assessment from the gateway's JSON, enums as numbers or as names. */
export function assessmentOf(json: unknown): RunAssessed {
  return runAssessed.message.fromJson(json);
}

// Ends only with an assessment or the signal: that the stream broke is for `lookAgain` to judge.
async function readEvents(
  client: Client,
  runId: string,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<RunAssessed> {
  const told = new Set<string>();
  let lastId = '';
  while (!signal.aborted) {
    try {
      const query = {
        subject: options.withLogs
          ? ['assay.task.>', 'assay.run.>']
          : ['assay.task.started.>', 'assay.task.finished.>', 'assay.run.>'],
        ...(lastId ? {} : { since: await startOf(client, runId) }),
      };
      const headers: Record<string, string> = lastId ? { 'last-event-id': lastId } : {};
      for await (const message of client.messages('/api/v1/events', query, headers, signal)) {
        lastId = message.id || lastId;
        const event = readEvent(message.data);
        if (event?.runId !== runId || told.has(event.key)) continue;
        told.add(event.key);
        if (event.assessed) return event.assessed;
        if (event.progress) options.onProgress(event.progress);
      }
    } catch (error) {
      if (!(error instanceof Transient) && !signal.aborted) throw error;
    }
    await sleep(options.reconnectMs ?? 1000, undefined, { signal });
  }
  throw signal.reason;
}

async function lookAgain(
  client: Client,
  runId: string,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<RunAssessed> {
  for (;;) {
    await sleep(options.everyMs ?? 2000, undefined, { signal });
    const run = await findRun(client, runId);
    if (run?.assessed) return assessmentOf(run.assessed);
  }
}

// The ledger hears of a run a moment after the gateway accepted it.
async function findRun(client: Client, runId: string): Promise<StoredRun | undefined> {
  try {
    return await client.get<StoredRun>(`/api/v1/runs/${encodeURIComponent(runId)}`);
  } catch (error) {
    if (error instanceof InvalidInput) return undefined;
    throw error;
  }
}

// By the platform's clock where it is known; ours may be wrong.
async function startOf(client: Client, runId: string): Promise<string> {
  const requestedAt = (await findRun(client, runId))?.requested?.requestedAt;
  return requestedAt || new Date(Date.now() - 60_000).toISOString();
}

interface ReadEvent {
  runId: string;
  /** The same for the same event, however often it is told. */
  key: string;
  progress?: Progress;
  assessed?: RunAssessed;
}

function readEvent(text: string): ReadEvent | undefined {
  const { type, data } = JSON.parse(text) as { type?: string; data?: { runId?: string; task?: string } };
  const topic = topicOfType(type ?? '');
  const runId = data?.runId ?? '';
  const event = { runId, key: `${topic?.name} ${data?.task ?? ''}` };
  switch (topic?.name) {
    case taskStarted.name:
      return { ...event, progress: { kind: 'task-started', task: taskStarted.message.fromJson(data) } };
    case taskLogged.name: {
      const logged = taskLogged.message.fromJson(data);
      return {
        ...event,
        key: `${event.key} ${logged.step} ${logged.offset}`,
        progress: { kind: 'task-logged', logged },
      };
    }
    case taskFinished.name:
      return { ...event, progress: { kind: 'task-finished', task: taskFinished.message.fromJson(data) } };
    case 'run.finished':
      return { ...event, progress: { kind: 'run-finished' } };
    case runAssessed.name:
      return { ...event, assessed: assessmentOf(data) };
    default:
      return undefined;
  }
}
