// Which runs of a pipeline may begin: those that came first, as many as there may be. Every replica computes the same
// from what the server has, so none has to ask another.
import { labelValueOf, pipelineLabel } from './names.ts';
import { isOver } from './task-states.ts';
import type { PipelineRun } from './tekton-objects.ts';

/** "PipelineRunPending": Tekton waits until somebody takes it away. */
export const pending = 'PipelineRunPending';

/** Whether a run is among the first `maxRuns` of its pipeline that have not ended. `runs`: of every pipeline. */
export function mayBegin(name: string, runs: readonly PipelineRun[], pipeline: string, maxRuns: number): boolean {
  const waiting = runs
    .filter((run) => run.metadata.labels[pipelineLabel] === labelValueOf(pipeline) && !isOver(run))
    .sort(byAge);
  const place = waiting.findIndex((run) => run.metadata.name === name);
  return place >= 0 && place < maxRuns;
}

/** Ended runs of a pipeline beyond the newest `keep`, oldest first. */
export function surplusOf(runs: readonly PipelineRun[], keep: number): PipelineRun[] {
  const ended = runs.filter(isOver).sort(byAge);
  return ended.slice(0, Math.max(0, ended.length - keep));
}

function byAge(left: PipelineRun, right: PipelineRun): number {
  const [a, b] = [left.metadata, right.metadata];
  return a.creationTimestamp.localeCompare(b.creationTimestamp) || a.name.localeCompare(b.name);
}
