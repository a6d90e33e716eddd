// What a run is called on the cluster. The same run always gets the same names, so that whoever begins it again finds it.
import { hash } from 'node:crypto';

export const managedBy = 'app.kubernetes.io/managed-by';
export const manager = 'assay-executor';
export const runLabel = 'assay.dev/run';
export const pipelineLabel = 'assay.dev/pipeline';
export const targetLabel = 'assay.dev/target';
/** The run's id and target as they are; labels may have to be shorter. */
export const runAnnotation = 'assay.dev/run-id';
export const targetAnnotation = 'assay.dev/target-name';
/** Why a run was cancelled. */
export const cancelAnnotation = 'assay.dev/cancelled-because';

/** The PipelineRun of a run: at most 44 characters, so that Tekton need not shorten the names of its TaskRuns' pods much. */
export function pipelineRunNameOf(runId: string): string {
  const isName = runId.length <= 40 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(runId);
  return `run-${isName ? runId : hash('sha256', runId).slice(0, 40)}`;
}

/** A label's value for any text: the text itself where Kubernetes takes it, else a hash of it. */
export function labelValueOf(text: string): string {
  const isValue = text.length <= 63 && /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(text);
  return isValue ? text : hash('sha256', text).slice(0, 40);
}
