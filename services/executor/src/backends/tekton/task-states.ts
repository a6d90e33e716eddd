// From Tekton's objects to how each task of a run stands. Pure: the same objects say the same, however often they are read.
import { Outcome, Skip } from '@assay/contracts';
import type { Component } from '@assay/pipeline';
import type { TaskEnd } from '../../backend.ts';
import { toolOf } from '../../tools/tool-spec.ts';
import { cancelAnnotation } from './names.ts';
import { firstSentence, type Meaning, meaningOf, meaningOfSkip, nothingToDo } from './reasons.ts';
import { type PipelineRun, standing, type TaskRun } from './tekton-objects.ts';

export interface TaskState {
  readonly task: string;
  readonly startedAt?: Date;
  /** Undefined: it has not ended. Without log and logTail, which are not in the objects. */
  readonly end?: { readonly at: Date; readonly end: TaskEnd };
  /** Whose steps' logs are its own; undefined: it has no pod (yet). */
  readonly taskRun?: TaskRun;
}

/** The names of a run's tasks, in the pipeline's order. */
export function taskNamesOf({ spec, status }: PipelineRun): string[] {
  return (spec.pipelineSpec ?? status.pipelineSpec)?.tasks.map(({ name }) => name) ?? [];
}

export function isOver(run: PipelineRun): boolean {
  return standing(run).status !== 'Unknown';
}

/** How each task stands; `components` by task: what an exit code means there. */
export function taskStatesOf(
  run: PipelineRun,
  taskRuns: ReadonlyMap<string, TaskRun>,
  components: ReadonlyMap<string, Component>,
): TaskState[] {
  const skipped = new Map(run.status.skippedTasks.map(({ name, reason }) => [name, reason]));
  const names = new Map(run.status.childReferences.map((child) => [child.pipelineTaskName, child.name]));
  const endedAt = new Date(run.status.completionTime ?? run.metadata.creationTimestamp);
  return taskNamesOf(run).map((task) => {
    const taskRun = taskRuns.get(names.get(task) ?? '');
    const reason = skipped.get(task);
    if (taskRun) return stateOf(task, taskRun, run, components.get(task));
    if (reason !== undefined) return { task, end: { at: endedAt, end: skippedEnd(task, reason, run) } };
    if (!isOver(run)) return { task };
    return { task, end: { at: endedAt, end: endedWithoutBeginning(run) } };
  });
}

function stateOf(task: string, taskRun: TaskRun, run: PipelineRun, component: Component | undefined): TaskState {
  const { status } = taskRun;
  const { status: isTrue } = standing(taskRun);
  const startedAt = status.startTime === undefined ? {} : { startedAt: new Date(status.startTime) };
  if (isTrue === 'Unknown' && !isOver(run)) return { task, taskRun, ...startedAt };
  const at = new Date(status.completionTime ?? run.status.completionTime ?? run.metadata.creationTimestamp);
  const durationMs = Math.max(0, status.startTime ? at.getTime() - Date.parse(status.startTime) : 0);
  return { task, taskRun, ...startedAt, end: { at, end: { ...taskEnd(task, taskRun, run, component), durationMs } } };
}

function taskEnd(task: string, taskRun: TaskRun, run: PipelineRun, component: Component | undefined): TaskEnd {
  const { status } = taskRun;
  // One that Tekton had not ended yet when the run was over ended as the run did.
  const own = standing(taskRun);
  const { status: isTrue, reason, message } = own.status === 'Unknown' ? standing(run) : own;
  const reportIds = reportIdsOf(taskRun);
  if (isTrue === 'True') {
    const promises = component?.task.spec.results?.some(({ name }) => name === 'report') ?? false;
    if (promises && reportIds.length === 0)
      return ended({ outcome: Outcome.FAILED, sentence: `${task} ended well, but handed over no report` });
    return { ...ended({ outcome: Outcome.SUCCEEDED, sentence: '' }), reportIds };
  }
  const step = status.steps.find(
    ({ terminated, terminationReason }) => terminated && terminated.exitCode !== 0 && terminationReason !== 'Continued',
  );
  const exitCode = step?.terminated?.exitCode ?? 0;
  const tool = component && toolOf(component);
  if (tool?.skipCode && exitCode === tool.skipCode) {
    return { ...ended({ outcome: Outcome.SKIPPED, sentence: `${task} cannot be used here` }), exitCode };
  }
  const meaning = meaningOf(reason, message);
  const isSteps = ['Failed', 'StepFailed', 'FailureIgnored'].includes(reason);
  const said = isSteps && step ? stepFailed(step.name, exitCode, step.terminated?.reason ?? '') : meaning;
  // Whose will it was is said; how Tekton went about it helps nobody.
  const detail = isSteps || said.outcome === Outcome.CANCELLED ? '' : firstSentence(message);
  const sentence = withDetail(withWill(said.sentence, meaning, run), detail);
  return { ...ended({ outcome: said.outcome, sentence }), exitCode, reportIds };
}

function stepFailed(step: string, exitCode: number, reason: string): Meaning {
  if (reason === 'OOMKilled')
    return {
      outcome: Outcome.ERROR,
      sentence: `step ${step} used more memory than it may: raise its limit in the component’s computeResources`,
    };
  return { outcome: Outcome.FAILED, sentence: `step ${step} failed with exit code ${exitCode}` };
}

function withWill(sentence: string, { outcome }: Meaning, run: PipelineRun): string {
  const why = run.metadata.annotations[cancelAnnotation];
  return outcome === Outcome.CANCELLED && why ? `${sentence}: ${why}` : sentence;
}

// Tekton's own words say which image, which quota.
function withDetail(sentence: string, words: string): string {
  return words === '' ? sentence : `${sentence} (${words})`;
}

function skippedEnd(task: string, reason: string, run: PipelineRun): TaskEnd {
  if (reason === nothingToDo)
    return {
      ...ended({ outcome: Outcome.SKIPPED, sentence: `nothing in the target for ${task}` }),
      skip: Skip.NO_FILES,
    };
  const meaning = meaningOfSkip(reason);
  return ended({ ...meaning, sentence: withWill(meaning.sentence, meaning, run) });
}

function endedWithoutBeginning(run: PipelineRun): TaskEnd {
  const { reason, message } = standing(run);
  const meaning = meaningOf(reason, message);
  // A failure of another task, or of the run as a whole.
  if (meaning.outcome === Outcome.FAILED)
    return ended({ outcome: Outcome.ERROR, sentence: 'not begun: an earlier task of the run failed' });
  return ended({ ...meaning, sentence: withDetail(withWill(meaning.sentence, meaning, run), firstSentence(message)) });
}

function reportIdsOf({ status }: TaskRun): string[] {
  const found = status.results.find(({ name }) => name === 'report')?.value;
  return typeof found === 'string' ? found.split(/\s+/).filter(Boolean) : [];
}

function ended({ outcome, sentence }: Meaning): TaskEnd {
  return { outcome, reason: sentence, exitCode: 0, durationMs: 0, reportIds: [], logTail: '' };
}
