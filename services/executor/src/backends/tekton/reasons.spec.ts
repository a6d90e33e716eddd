import { Outcome, outcomeNames } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { goingOn, meaningOf, meaningOfSkip, meanings, successes } from './reasons.ts';

// Every reason of pkg/apis/pipeline/v1 and pkg/pod of Tekton Pipelines 1.15 that a TaskRun or PipelineRun may have.
const tekton: [string, string][] = [
  ['Succeeded', 'success'],
  ['Completed', 'success'],
  ['Started', 'goes on'],
  ['Running', 'goes on'],
  ['Pending', 'goes on'],
  ['TaskRunPending', 'goes on'],
  ['PipelineRunPending', 'goes on'],
  ['ToBeRetried', 'goes on'],
  ['ResolvingTaskRef', 'goes on'],
  ['ResolvingStepActionRef', 'goes on'],
  ['ResolvingPipelineRef', 'goes on'],
  ['PipelineRunStopping', 'goes on'],
  ['CancelledRunningFinally', 'goes on'],
  ['StoppedRunningFinally', 'goes on'],
  ['PipelineRunTimeoutRunningFinally', 'goes on'],
  ['Failed', 'failed'],
  ['StepFailed', 'failed'],
  ['FailureIgnored', 'failed'],
  ['TaskRunResultLargerThanAllowedLimit', 'failed'],
  ['Cancelled', 'cancelled'],
  ['TaskRunCancelled', 'cancelled'],
  ['TaskRunTimeout', 'error'],
  ['PipelineRunTimeout', 'error'],
  ['TaskRunImagePullFailed', 'error'],
  ['PullImageFailed', 'error'],
  ['CreateContainerConfigError', 'error'],
  ['PodCreationFailed', 'error'],
  ['PodAdmissionFailed', 'error'],
  ['PodEvicted', 'error'],
  ['ExceededResourceQuota', 'error'],
  ['ExceededNodeResources', 'error'],
  ['StepOOM', 'error'],
  ['SidecarOOM', 'error'],
  ['SidecarFailed', 'error'],
  ['InitContainerOOM', 'error'],
  ['InitContainerFailed', 'error'],
  ['TaskRunStopSidecarFailed', 'error'],
  ['TaskRunResolutionFailed', 'error'],
  ['TaskRunValidationFailed', 'error'],
  ['TaskValidationFailed', 'error'],
  ['InvalidParamValue', 'error'],
  ['ResourceVerificationFailed', 'error'],
  ['CELEvaluationFailed', 'error'],
  ['PipelineRunCouldntCancel', 'error'],
  ['PipelineRunCouldntTimeOut', 'error'],
  ['CouldntGetPipeline', 'error'],
  ['CouldntGetPipelineResult', 'error'],
  ['CouldntGetTask', 'error'],
  ['CreateRunFailed', 'error'],
  ['PipelineValidationFailed', 'error'],
  ['InvalidPipelineResourceBindings', 'error'],
  ['PipelineInvalidGraph', 'error'],
  ['InvalidMatrixParameterTypes', 'error'],
  ['InvalidPipelineResultReference', 'error'],
  ['InvalidTaskResultReference', 'error'],
  ['InvalidTaskRunSpecs', 'error'],
  ['InvalidWorkspaceBindings', 'error'],
  ['ObjectParameterMissKeys', 'error'],
  ['ParamArrayIndexingInvalid', 'error'],
  ['ParameterMissing', 'error'],
  ['ParameterTypeMismatch', 'error'],
  ['RequiredWorkspaceMarkedOptional', 'error'],
  ['ReasonCouldntCreateOrUpdateAffinityAssistantStatefulSet', 'error'],
];

describe('what Tekton says', () => {
  it.each(tekton)('%s is %s', (reason, expected) => {
    if (expected === 'success') expect(successes).toContain(reason);
    else if (expected === 'goes on') expect(goingOn).toContain(reason);
    else expect(outcomeNames.of(meanings[reason]?.outcome ?? 0)).toBe(expected);
    // In one list only.
    expect([successes.has(reason), goingOn.has(reason), reason in meanings].filter(Boolean)).toHaveLength(1);
  });

  it('has no meaning for a reason that Tekton does not have', () => {
    const known = new Set(tekton.map(([reason]) => reason));
    expect(Object.keys(meanings).filter((reason) => !known.has(reason))).toEqual([]);
  });

  it.each(Object.entries(meanings))('%s has a sentence that needs no Tekton', (reason, { sentence }) => {
    expect(sentence).not.toContain(reason === 'Failed' || reason === 'Cancelled' ? '\n' : reason);
    expect(sentence).toMatch(/^[a-zT].{6,160}[^.]$/);
  });

  it('shows the words of a reason that is not known', () => {
    expect(meaningOf('NewReason', 'the moon is full\nand more')).toEqual({
      outcome: Outcome.ERROR,
      sentence: 'NewReason: the moon is full',
    });
  });

  it.each([
    ['PipelineRun Tasks timeout has been reached', 'error', /time was up/],
    ['PipelineRun was gracefully cancelled', 'cancelled', /cancelled before it began/],
    ['PipelineRun was stopping', 'error', /earlier task of the run failed/],
    ['Parent Tasks were skipped', 'error', /the task before it was skipped/],
    ['Results were missing', 'error', /wrote no result/],
    ['None', 'error', /not begun: None/],
  ])('a task that is skipped for "%s" is %s', (reason, outcome, sentence) => {
    const meaning = meaningOfSkip(reason);
    expect([outcomeNames.of(meaning.outcome), meaning.sentence]).toEqual([outcome, expect.stringMatching(sentence)]);
  });
});
