// Custom resources: what people declare with kubectl. One zod schema each is what a controller parses and what the API
// server checks: the CustomResourceDefinition is made of it.
import { z } from 'zod';

export const resourceGroup = 'assay.dev';
export const resourceVersion = 'v1alpha1';
export const resourceApiVersion = `${resourceGroup}/${resourceVersion}`;

/** A rule that the API server holds a resource to, in CEL; `self` is the value, `oldSelf` the one before a change. */
export interface Rule {
  readonly rule: string;
  /** One sentence: what to do. */
  readonly message: string;
}

export interface ResourceDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** What one is for, as `kubectl explain` shows it. */
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Of the whole object. */
  readonly rules: readonly Rule[];
  /** What `kubectl get` shows; wide ones with -o wide. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'string' | 'integer' | 'date';
    readonly path: string;
    readonly isWide?: boolean;
  }[];
}

/** A schema with rules of its own. */
export function withRules<Schema extends z.ZodType>(schema: Schema, ...rules: Rule[]): Schema {
  return schema.meta({ 'x-kubernetes-validations': rules });
}

/** metav1.Condition, as Kubernetes' API conventions have it. */
export const condition = z.strictObject({
  type: z
    .string()
    .max(316)
    .regex(/^[A-Za-z][A-Za-z0-9]*$/),
  status: z.enum(['True', 'False', 'Unknown']),
  /** Generation of the spec that it speaks of. */
  observedGeneration: z.int().min(0).optional(),
  lastTransitionTime: z.string().meta({ format: 'date-time' }),
  reason: z
    .string()
    .max(1024)
    .regex(/^[A-Za-z][A-Za-z0-9]*$/),
  message: z.string().max(32_768),
});
export type Condition = z.output<typeof condition>;

export const conditions = z
  .array(condition)
  .max(16)
  .meta({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

/** Conditions with one more or another; its time is when its status changed. */
export function setCondition(
  all: readonly Condition[],
  {
    type,
    status,
    reason,
    message,
    generation,
  }: Omit<Condition, 'lastTransitionTime' | 'observedGeneration'> & { generation: number },
  at: Date,
): Condition[] {
  const before = all.find((one) => one.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : at.toISOString();
  const one = {
    type,
    status,
    observedGeneration: generation,
    lastTransitionTime,
    reason,
    message: message.slice(0, 32_768),
  };
  return [...all.filter((other) => other.type !== type), one].sort((a, b) => a.type.localeCompare(b.type));
}
