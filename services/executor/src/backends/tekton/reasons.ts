// What Tekton's reasons mean: how a task or a run ended, and a sentence for a person who knows no Tekton. The names are
// those of pkg/apis/pipeline/v1 and pkg/pod of Tekton Pipelines up to 1.15.
import { Outcome } from '@assay/contracts';

export interface Meaning {
  readonly outcome: Outcome;
  readonly sentence: string;
}

const failed = (sentence: string): Meaning => ({ outcome: Outcome.FAILED, sentence });
const error = (sentence: string): Meaning => ({ outcome: Outcome.ERROR, sentence });
const cancelled = (sentence: string): Meaning => ({ outcome: Outcome.CANCELLED, sentence });

const pipelineIsWrong =
  'Tekton refuses the pipeline: mend the component it names (assay pipeline validate finds most of it)';

/** Of a TaskRun or PipelineRun whose condition "Succeeded" is False. */
export const meanings: Readonly<Record<string, Meaning>> = {
  // A step said no.
  Failed: failed('a step failed'),
  StepFailed: failed('a step failed'),
  FailureIgnored: failed('a step failed; the run goes on without it'),
  TaskRunResultLargerThanAllowedLimit: failed(
    'a step wrote a result of more than 4096 bytes; results are for ids and digests',
  ),
  StepOOM: error('a step used more memory than it may: raise its limit in the component’s computeResources'),
  SidecarOOM: error('a sidecar used more memory than it may: raise its limit in the component'),
  InitContainerOOM: error('preparing the pod used more memory than it may: raise the namespace’s default limit'),
  SidecarFailed: error('a sidecar of the task failed'),
  InitContainerFailed: error('the pod could not be prepared'),
  TaskRunStopSidecarFailed: error('a sidecar could not be stopped'),
  // Time and will.
  TaskRunTimeout: error(
    'the task was ended after its time limit: raise ASSAY_EXECUTOR_TASK_TIMEOUT_MS if it needs longer',
  ),
  PipelineRunTimeout: error(
    'the run was ended after its time limit: raise ASSAY_EXECUTOR_RUN_TIMEOUT_MS if it needs longer',
  ),
  TaskRunCancelled: cancelled('cancelled'),
  Cancelled: cancelled('cancelled'),
  PipelineRunCouldntCancel: error('the run could not be cancelled: see the PipelineRun’s events'),
  PipelineRunCouldntTimeOut: error('the run could not be ended after its time limit: see the PipelineRun’s events'),
  // The cluster could not.
  TaskRunImagePullFailed: error(
    'an image of the task could not be fetched: check its name, and that the cluster may read it',
  ),
  PullImageFailed: error('an image of the task could not be fetched: check its name, and that the cluster may read it'),
  CreateContainerConfigError: error(
    'a container could not be configured: a Secret or ConfigMap that the component names is missing',
  ),
  PodCreationFailed: error(
    'the pod could not be made: see the message; a quota or an admission policy is the usual cause',
  ),
  PodAdmissionFailed: error('the node refused the pod'),
  PodEvicted: error('the pod was evicted from its node, which ran short of room or memory: run it again'),
  ExceededResourceQuota: error('the namespace’s quota is used up: raise it, or run less at the same time'),
  ExceededNodeResources: error('no node has room for the pod: lower its requests, or add nodes'),
  CreateRunFailed: error('Tekton could not make the TaskRun: see the message'),
  ReasonCouldntCreateOrUpdateAffinityAssistantStatefulSet: error(
    'Tekton could not bind the run’s volume to a node: check the storage class',
  ),
  // The pipeline is wrong.
  TaskRunResolutionFailed: error(pipelineIsWrong),
  TaskRunValidationFailed: error(pipelineIsWrong),
  TaskValidationFailed: error(pipelineIsWrong),
  InvalidParamValue: error('a param has a value that the task does not take'),
  ResourceVerificationFailed: error('the task’s signature does not fit the cluster’s verification policy'),
  CouldntGetTask: error('a Task that the pipeline refers to is not on the cluster: deploy it (assay pipeline deploy)'),
  CouldntGetPipeline: error('the Pipeline is not on the cluster: deploy it (assay pipeline deploy)'),
  CouldntGetPipelineResult: error('a result that the pipeline promises was not there'),
  PipelineValidationFailed: error(pipelineIsWrong),
  PipelineInvalidGraph: error(pipelineIsWrong),
  InvalidPipelineResourceBindings: error(pipelineIsWrong),
  InvalidWorkspaceBindings: error('a workspace of the pipeline is not bound'),
  InvalidTaskRunSpecs: error(pipelineIsWrong),
  InvalidMatrixParameterTypes: error(pipelineIsWrong),
  InvalidTaskResultReference: error('a task needs a result that no earlier task wrote'),
  InvalidPipelineResultReference: error('the pipeline promises a result that no task writes'),
  ObjectParameterMissKeys: error('a param lacks members that the task needs'),
  ParamArrayIndexingInvalid: error('a param has fewer entries than the task asks for'),
  ParameterMissing: error('a param of the pipeline has no value and no default'),
  ParameterTypeMismatch: error('a param of the pipeline has a value of another type'),
  RequiredWorkspaceMarkedOptional: error(pipelineIsWrong),
  CELEvaluationFailed: error('a condition (when) of the pipeline could not be evaluated'),
};

/** While it goes on: nothing is said. */
export const goingOn: ReadonlySet<string> = new Set([
  '',
  'Started',
  'Running',
  'Pending',
  'TaskRunPending',
  'ToBeRetried',
  'ResolvingTaskRef',
  'ResolvingStepActionRef',
  'ResolvingPipelineRef',
  'PipelineRunPending',
  'PipelineRunStopping',
  'CancelledRunningFinally',
  'StoppedRunningFinally',
  'PipelineRunTimeoutRunningFinally',
]);

export const successes: ReadonlySet<string> = new Set(['Succeeded', 'Completed']);

/** What a reason means; one that is not known is an error that says Tekton's own words. */
export function meaningOf(reason: string, message: string): Meaning {
  const known = meanings[reason];
  const words = firstSentence(message);
  if (!known)
    return error(words ? `${reason}: ${words}` : `Tekton ended it for the reason ${reason || 'it does not say'}`);
  return known;
}

/** Why a task of a run never began, by Tekton's words. */
export function meaningOfSkip(reason: string): Meaning {
  if (/timeout/i.test(reason)) return error('not begun: the run’s time was up');
  if (/cancel/i.test(reason)) return cancelled('cancelled before it began');
  if (/stopp/i.test(reason)) return error('not begun: an earlier task of the run failed');
  if (/parent/i.test(reason)) return error('not begun: the task before it was skipped');
  if (/results were missing/i.test(reason)) return error('not begun: an earlier task wrote no result that it needs');
  return error(`not begun: ${reason || 'Tekton does not say why'}`);
}

/** Tekton's reason of a task that had nothing to do. */
export const nothingToDo = 'When Expressions evaluated to false';

/** Most characters of Tekton's words in ours. */
const maxWords = 300;

export function firstSentence(message: string): string {
  return message.split('\n', 1)[0]?.trim().slice(0, maxWords) ?? '';
}
