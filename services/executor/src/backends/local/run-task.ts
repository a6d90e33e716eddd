// One task on this machine: its steps as processes, one after the other, in a workspace that is gone afterwards.
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AssayError, Fault, InvalidInput, Outcome } from '@assay/contracts';
import { type LocalStep, planLocally } from '@assay/pipeline';
import type { PlannedRun, PlannedTask, TaskEnd } from '../../backend.ts';
import { type ProcessEnd, runProcess } from '../../run-process.ts';
import { searchFolders, type ToolPlaces } from '../../tools/find-tool.ts';
import { type ToolSpec, toolOf } from '../../tools/tool-spec.ts';
import { lastLine, logTail } from '../readable-log.ts';
import { makeTaskFolder, type TaskFolder } from './task-folder.ts';

/** Most bytes read of a result: a report's id, a digest. Tekton's own limit is 4 KiB. */
const maxResultBytes = 4096;

export interface LocalSettings {
  readonly home: string;
  readonly places: ToolPlaces;
  /** The file that `assay` runs. */
  readonly cli: string;
  /** A whole task's limit. Milliseconds. */
  readonly taskTimeoutMs: number;
}

/** Never throws for what a tool does; throws Fault when the machine fails us (no room for the workspace). */
export async function runTask(
  task: PlannedTask,
  run: PlannedRun,
  settings: LocalSettings,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const started = performance.now();
  const end = (outcome: Outcome, reason: string, rest: Partial<TaskEnd> = {}): TaskEnd => ({
    exitCode: 0,
    reportIds: [],
    logTail: '',
    ...rest,
    outcome,
    reason,
    durationMs: Math.round(performance.now() - started),
  });
  const folder = await makeTaskFolder(settings.home, settings.cli, run.token).catch((cause: unknown) => {
    throw new Fault(`No workspace could be made below ${settings.home}`, { code: 'task.workspace', cause });
  });
  try {
    const plan = planLocally(task.component, {
      params: run.params,
      workspaces: {
        source: sourceOf(run),
        output: folder.output,
        config: task.component.folder,
        credentials: folder.credentials,
      },
      resultsFolder: folder.results,
      scriptsFolder: folder.scripts,
      taskRunName: `${run.runId}-${task.name}`,
    });
    const tool = toolOf(task.component);
    const environment = await environmentOf(tool, folder, settings);
    for (const [index, step] of plan.steps.entries()) {
      const left = settings.taskTimeoutMs - (performance.now() - started);
      const work = () => runStep(step, { ...environment, ...step.env }, folder, left, signal);
      const process = await (seesToken(task, index) ? folder.withToken(work) : work());
      const why = failureOf(step, process, settings.taskTimeoutMs);
      if (!why || (step.continues && process.how === 'exited')) continue;
      const tail = logTail(process.output, [run.token]);
      const said = lastLine(tail);
      if (tool?.skipCode && process.how === 'exited' && process.exitCode === tool.skipCode) {
        return end(Outcome.SKIPPED, said || why.reason, { exitCode: process.exitCode });
      }
      return end(why.outcome, [why.reason, said].filter(Boolean).join(': '), {
        exitCode: process.exitCode,
        logTail: tail,
      });
    }
    const reportIds = plan.results['report'] ? await readResult(plan.results['report']) : [];
    if (plan.results['report'] && reportIds.length === 0) {
      return end(Outcome.FAILED, `${task.name} ended well, but handed over no report`);
    }
    return end(Outcome.SUCCEEDED, '', { reportIds });
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return end(error instanceof InvalidInput ? Outcome.FAILED : Outcome.ERROR, error.message);
  } finally {
    await folder.remove();
  }
}

/** As on Tekton: a workspace that steps list is theirs alone, so that no scanner sees the token. */
function seesToken({ component: { steps } }: PlannedTask, index: number): boolean {
  const lists = (step: (typeof steps)[number] | undefined): boolean =>
    step?.workspaces?.some(({ name }) => name === 'credentials') ?? false;
  return lists(steps[index]) || !steps.some(lists);
}

function sourceOf({ runId, source }: PlannedRun): string {
  if ('folder' in source) return source.folder;
  throw new Fault(`run ${runId} was planned for another backend`, { code: 'task.source' });
}

async function runStep(
  step: LocalStep,
  env: Readonly<Record<string, string>>,
  folder: TaskFolder,
  leftMs: number,
  signal: AbortSignal,
): Promise<ProcessEnd> {
  if (step.script) await writeFile(step.script.file, step.script.content, { mode: 0o700 });
  // Without it the program would be said to be missing rather than its folder.
  if (!(await isFolder(step.cwd)))
    return { how: 'not-started', exitCode: 127, output: `there is no folder ${step.cwd}` };
  const [program = '', ...args] = step.argv;
  let remembered: Promise<void> = Promise.resolve();
  const end = await runProcess({
    // Looked up on the task's PATH, not on ours.
    argv: program.includes('/') ? step.argv : ['/usr/bin/env', program, ...args],
    cwd: step.cwd,
    env,
    timeoutMs: Math.max(1, Math.min(leftMs, step.timeoutMs ?? leftMs)),
    signal,
    onStart: (pid) => {
      remembered = folder.remember(pid);
    },
  });
  await remembered;
  return end;
}

function failureOf(
  step: LocalStep,
  end: ProcessEnd,
  taskTimeoutMs: number,
): { outcome: Outcome; reason: string } | undefined {
  switch (end.how) {
    case 'timed-out': {
      const seconds = Math.round(Math.min(step.timeoutMs ?? taskTimeoutMs, taskTimeoutMs) / 1000);
      const reason = `step ${step.name} was ended after its time limit of ${seconds} s; raise ASSAY_EXECUTOR_TASK_TIMEOUT_MS if it needs longer`;
      return { outcome: Outcome.ERROR, reason };
    }
    case 'cancelled':
      return { outcome: Outcome.CANCELLED, reason: `cancelled in step ${step.name}` };
    case 'not-started':
      return { outcome: Outcome.ERROR, reason: `step ${step.name} could not be started` };
    default:
      if (end.exitCode === 0) return undefined;
      return { outcome: Outcome.FAILED, reason: `step ${step.name} failed with exit code ${end.exitCode}` };
  }
}

/** All a task sees of this machine: nothing of ours but the places of its tool. */
async function environmentOf(
  spec: ToolSpec | undefined,
  folder: TaskFolder,
  { home, places }: LocalSettings,
): Promise<Record<string, string>> {
  const folders = spec ? searchFolders(spec, places) : places.path;
  const environment: Record<string, string> = {
    PATH: [folder.bin, ...folders].join(delimiter),
    HOME: folder.home,
    TMPDIR: folder.tmp,
    LANG: 'C.UTF-8',
  };
  for (const name of spec?.passEnv ?? []) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const name of spec?.cacheEnv ?? []) {
    const cache = join(home, 'cache/tasks', spec?.name ?? '', name.toLowerCase());
    await mkdir(cache, { recursive: true });
    environment[name] = cache;
  }
  return environment;
}

async function readResult(file: string): Promise<string[]> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return [];
  await using _ = handle;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxResultBytes), 0, maxResultBytes, 0);
  return buffer.subarray(0, bytesRead).toString().split(/\s+/).filter(Boolean);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
