// The part of Tekton's objects (tekton.dev/v1) that the executor reads.
// https://tekton.dev/docs/pipelines/pipelineruns/#monitoring-execution-status
import { InvalidInput } from '@assay/contracts';
import type { KubeObject } from '@assay/kube';
import { z } from 'zod';

export const pipelineRunKind = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
export const taskRunKind = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun' } as const;
export const pipelineKind = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline' } as const;

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().default(''),
});

const condition = z.looseObject({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const container = z.looseObject({
  exitCode: z.number().default(0),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const taskRun = z.looseObject({
  metadata,
  status: z
    .looseObject({
      conditions: z.array(condition).default([]),
      podName: z.string().default(''),
      startTime: z.string().optional(),
      completionTime: z.string().optional(),
      steps: z
        .array(
          z.looseObject({
            name: z.string(),
            container: z.string(),
            terminationReason: z.string().default(''),
            terminated: container.optional(),
            running: z.looseObject({}).optional(),
          }),
        )
        .default([]),
      results: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).default([]),
      retriesStatus: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});

const pipelineTask = z.looseObject({ name: z.string() });

const pipelineRun = z.looseObject({
  metadata,
  spec: z.looseObject({
    status: z.string().default(''),
    pipelineSpec: z.looseObject({ tasks: z.array(pipelineTask).default([]) }).optional(),
  }),
  status: z
    .looseObject({
      conditions: z.array(condition).default([]),
      startTime: z.string().optional(),
      completionTime: z.string().optional(),
      childReferences: z
        .array(z.looseObject({ kind: z.string().default(''), name: z.string(), pipelineTaskName: z.string() }))
        .default([]),
      skippedTasks: z.array(z.looseObject({ name: z.string(), reason: z.string().default('') })).default([]),
      pipelineSpec: z.looseObject({ tasks: z.array(pipelineTask).default([]) }).optional(),
    })
    .prefault({}),
});

export type TaskRun = z.output<typeof taskRun>;
export type PipelineRun = z.output<typeof pipelineRun>;
export type Condition = z.output<typeof condition>;

export const readTaskRun = (object: KubeObject): TaskRun => read(taskRun, object);
export const readPipelineRun = (object: KubeObject): PipelineRun => read(pipelineRun, object);

/** How an object stands: its condition "Succeeded". */
export function standing({ status }: { readonly status: { readonly conditions: readonly Condition[] } }): Condition {
  return (
    status.conditions.find(({ type }) => type === 'Succeeded') ?? {
      type: 'Succeeded',
      status: 'Unknown',
      reason: '',
      message: '',
    }
  );
}

function read<T>(schema: z.ZodType<T>, object: KubeObject): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInput(
    `${object.kind} ${object.metadata.name} is of a shape that is not known: ${issue?.path.join('.')}: ${issue?.message}`,
    { code: 'tekton.shape' },
  );
}
