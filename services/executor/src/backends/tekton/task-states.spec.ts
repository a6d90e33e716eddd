import { join } from 'node:path';
import { Outcome, outcomeNames, Skip } from '@assay/contracts';
import type { KubeObject } from '@assay/kube';
import { type Component, loadComponent } from '@assay/pipeline';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { taskNamesOf, taskStatesOf } from './task-states.ts';
import { pipelineRunKind, readPipelineRun, readTaskRun, taskRunKind } from './tekton-objects.ts';

let gosec: Component;
beforeAll(async () => {
  gosec = await loadComponent(join(import.meta.dirname, '../../../../producer/src/adapters/gosec/task.yaml'));
});

const condition = (status: string, reason: string, message = '') => [{ type: 'Succeeded', status, reason, message }];
const began = '2026-01-01T00:00:10Z';
const ended = '2026-01-01T00:00:13Z';

function view(taskStatus: object | undefined, runStatus: object = {}, annotations = {}) {
  const run: KubeObject = {
    ...pipelineRunKind,
    metadata: { name: 'run-1', creationTimestamp: '2026-01-01T00:00:00Z', annotations },
    spec: { pipelineSpec: { tasks: [{ name: 'gosec' }] } },
    status: {
      ...(taskStatus ? { childReferences: [{ kind: 'TaskRun', name: 'run-1-gosec', pipelineTaskName: 'gosec' }] } : {}),
      ...runStatus,
    },
  };
  const taskRun: KubeObject = { ...taskRunKind, metadata: { name: 'run-1-gosec' }, status: taskStatus };
  const taskRuns = new Map(taskStatus ? [['run-1-gosec', readTaskRun(taskRun)]] : []);
  const [state] = taskStatesOf(readPipelineRun(run), taskRuns, new Map([['gosec', gosec]]));
  if (!state) throw new Error('no state');
  return state;
}

const terminated = (exitCode: number, reason = 'Error') => ({
  name: 'scan',
  container: 'step-scan',
  terminated: { exitCode, reason },
});

describe('a task on the cluster', () => {
  it('waits, then goes on', () => {
    expect(view(undefined)).toEqual({ task: 'gosec' });
    expect(view({ conditions: condition('Unknown', 'Pending'), startTime: began })).toMatchObject({
      task: 'gosec',
      startedAt: new Date(began),
    });
    expect(view({ conditions: condition('Unknown', 'Running') }).end).toBeUndefined();
  });

  it('has ended well with the ids of its reports and its time', () => {
    const { end } = view({
      conditions: condition('True', 'Succeeded'),
      startTime: began,
      completionTime: ended,
      results: [{ name: 'report', type: 'string', value: 'id-1 id-2\n' }],
    });
    expect(end).toEqual({
      at: new Date(ended),
      end: {
        outcome: Outcome.SUCCEEDED,
        reason: '',
        exitCode: 0,
        durationMs: 3000,
        reportIds: ['id-1', 'id-2'],
        logTail: '',
      },
    });
  });

  const failing = { startTime: began, completionTime: ended };
  it.each<[string, object | undefined, object, string, RegExp]>([
    [
      'a step that fails',
      { conditions: condition('False', 'Failed', '"step-scan" exited with code 3'), steps: [terminated(3)] },
      {},
      'failed',
      /^step scan failed with exit code 3$/,
    ],
    [
      'a step without memory',
      { conditions: condition('False', 'Failed'), steps: [terminated(137, 'OOMKilled')] },
      {},
      'error',
      /more memory than it may/,
    ],
    [
      'a step that may fail, and one that does',
      {
        conditions: condition('False', 'Failed'),
        steps: [
          { ...terminated(1), terminationReason: 'Continued' },
          { ...terminated(2), name: 'submit' },
        ],
      },
      {},
      'failed',
      /step submit failed with exit code 2/,
    ],
    ['no report', { conditions: condition('True', 'Succeeded') }, {}, 'failed', /handed over no report/],
    [
      'an image that is not there',
      { conditions: condition('False', 'TaskRunImagePullFailed', 'the step "scan" failed to pull the image "nope:1"') },
      {},
      'error',
      /could not be fetched.*\(the step "scan" failed to pull the image "nope:1"\)/,
    ],
    [
      'too little time',
      { conditions: condition('False', 'TaskRunTimeout') },
      {},
      'error',
      /ASSAY_EXECUTOR_TASK_TIMEOUT_MS/,
    ],
    ['a cancellation', { conditions: condition('False', 'TaskRunCancelled') }, {}, 'cancelled', /^cancelled: enough$/],
    [
      'an evicted pod',
      { conditions: condition('False', 'PodEvicted', 'The node was low on resource: memory.') },
      {},
      'error',
      /evicted.*low on resource/,
    ],
    [
      'a task before it that failed',
      undefined,
      { skippedTasks: [{ name: 'gosec', reason: 'PipelineRun was stopping' }] },
      'error',
      /earlier task of the run failed/,
    ],
    [
      'a run that was over before it began',
      undefined,
      { conditions: condition('False', 'PipelineRunTimeout', 'too long') },
      'error',
      /ASSAY_EXECUTOR_RUN_TIMEOUT_MS.*\(too long\)/,
    ],
    [
      'a run that was cancelled before it began',
      undefined,
      { conditions: condition('False', 'Cancelled') },
      'cancelled',
      /^cancelled: enough$/,
    ],
    [
      'a run that failed before it began',
      undefined,
      { conditions: condition('False', 'Failed') },
      'error',
      /not begun/,
    ],
    [
      'a pod that still runs when the run is over',
      { conditions: condition('Unknown', 'Running') },
      { conditions: condition('False', 'PipelineRunTimeout') },
      'error',
      /./,
    ],
  ])('ends by %s', (_, task, run, outcome, reason) => {
    const { end } = view(task && { ...failing, ...task }, run, { 'assay.dev/cancelled-because': 'enough' });
    expect([outcomeNames.of(end?.end.outcome ?? 0), end?.end.reason]).toEqual([outcome, expect.stringMatching(reason)]);
  });

  it('is skipped where nothing is for it', () => {
    const { end } = view(undefined, {
      skippedTasks: [{ name: 'gosec', reason: 'When Expressions evaluated to false' }],
    });
    expect(end?.end).toMatchObject({ outcome: Outcome.SKIPPED, skip: Skip.NO_FILES });
  });

  it('is one of the tasks that Tekton resolved, when the run names a Pipeline', () => {
    const run = readPipelineRun({
      ...pipelineRunKind,
      metadata: { name: 'run-1' },
      spec: { pipelineRef: { name: 'scan' } },
      status: { pipelineSpec: { tasks: [{ name: 'a' }, { name: 'b' }] } },
    });
    expect(taskNamesOf(run)).toEqual(['a', 'b']);
  });

  it('of another shape is refused by its name', () => {
    expect(() => readTaskRun({ ...taskRunKind, metadata: { name: 'odd' }, status: { steps: 'none' } })).toThrow(
      /TaskRun odd.*status\.steps/,
    );
  });
});
