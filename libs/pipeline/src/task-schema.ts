// The part of a Tekton Task (tekton.dev/v1) that Assay reads. What only a cluster needs passes through unread.
import { z } from 'zod';

export const stageLabel = 'v1.dracon.ocurity.com/component';
/** What our annotations begin with. */
export const annotationPrefix = 'assay.dev/';

/** In the order a pipeline runs them. */
export const stages = [
  'base',
  'source',
  'producer',
  'producer-aggregator',
  'enricher',
  'enricher-aggregator',
  'consumer',
] as const;
export type Stage = (typeof stages)[number];

// Kubernetes' rule for names of objects (RFC 1123 label).
const objectName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and "-"');
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'must start with a letter');
const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and "_"');
const opaque = z.unknown().optional();

const value = z.union([z.string(), z.array(z.string()), z.record(z.string(), z.string())]);
export type ParamValue = z.output<typeof value>;
export const paramValueSchema = value;

const param = z.strictObject({
  name: variableName,
  type: z.enum(['string', 'array', 'object']).optional(),
  description: z.string().optional(),
  default: value.optional(),
  enum: z.array(z.string()).optional(),
  properties: opaque,
});

const variable = z.strictObject({ name: environmentName, value: z.string().optional(), valueFrom: opaque });

export const durationSchema = z
  .string()
  .regex(/^(\d+h)?(\d+m)?(\d+s)?$/, 'must be like "1h30m" or "90s"')
  .refine((text) => text !== '', 'must be like "1h30m" or "90s"');

const container = {
  image: z.string().min(1).optional(),
  imagePullPolicy: opaque,
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(variable).optional(),
  envFrom: opaque,
  workingDir: z.string().optional(),
  computeResources: opaque,
  securityContext: opaque,
  volumeMounts: opaque,
  volumeDevices: opaque,
};

const result = z.strictObject({
  name: variableName,
  type: z.enum(['string', 'array', 'object']).optional(),
  description: z.string().optional(),
  properties: opaque,
});

const step = z
  .strictObject({
    name: objectName.optional(),
    displayName: z.string().optional(),
    ...container,
    script: z.string().optional(),
    timeout: durationSchema.optional(),
    onError: z.enum(['stopAndFail', 'continue']).optional(),
    /** Only these see the workspaces that a step names; the others do not have them mounted. */
    workspaces: z
      .array(z.strictObject({ name: variableName, mountPath: z.string().optional(), subPath: z.string().optional() }))
      .optional(),
    results: z.array(result).optional(),
    /** A StepAction of the cluster. */
    ref: z.looseObject({}).optional(),
    params: opaque,
  })
  .refine((it) => !(it.script && it.command), 'has both command and script; keep one')
  .refine(
    (it) => it.script || it.command || it.args || it.ref,
    'has nothing to run; give it a command, args or a script',
  );

const workspace = z.strictObject({
  name: variableName,
  description: z.string().optional(),
  mountPath: z.string().optional(),
  readOnly: z.boolean().optional(),
  optional: z.boolean().optional(),
});

export const taskSchema = z.strictObject({
  apiVersion: z.literal('tekton.dev/v1'),
  kind: z.literal('Task'),
  metadata: z.looseObject({
    name: objectName,
    labels: z.looseObject(
      { [stageLabel]: z.enum(stages, `must be one of ${stages.join(', ')}`) },
      `has no labels; a component says its stage by "${stageLabel}": one of ${stages.join(', ')}`,
    ),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.strictObject({
    displayName: z.string().optional(),
    description: z.string().optional(),
    params: z.array(param).optional(),
    workspaces: z.array(workspace).optional(),
    results: z.array(result).optional(),
    steps: z.array(step).min(1),
    stepTemplate: z.strictObject(container).optional(),
    volumes: opaque,
    sidecars: opaque,
  }),
});

export type TektonTask = z.output<typeof taskSchema>;
export type TaskStep = TektonTask['spec']['steps'][number];
export type TaskParam = NonNullable<TektonTask['spec']['params']>[number];

/** "1h30m" as milliseconds. */
export function durationMs(text: string): number {
  const [, hours, minutes, seconds] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
}
