// Where events are delivered to, declared with kubectl; the consumer delivers, and shows here whether it can. A Sink is
// the sink of sink.ts, whose parser has the last word: here is its shape, for the API server to check.
import { z } from 'zod';
import { parseSinkSpec, type SinkSpec } from '../sink.ts';
import { conditions, type ResourceDefinition, withRules } from './resource.ts';

const start = z
  .union([z.string().min(1).max(64), z.int().min(1)])
  .meta({ 'x-kubernetes-int-or-string': true })
  .describe('"all": from the oldest stored event, "new": only what comes; a stream sequence, or a time.');

const credential = withRules(
  z.strictObject({
    secretKeyRef: z
      .strictObject({
        name: z
          .string()
          .max(253)
          .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
        key: z
          .string()
          .max(253)
          .regex(/^[-._a-zA-Z0-9]+$/),
      })
      .optional()
      .describe('A key of a Secret that is mounted into the consumer’s folder of secrets, as <folder>/<name>/<key>.'),
    file: z
      .string()
      .max(1024)
      .regex(/^\/[^\0]+$/)
      .optional()
      .describe('A file in that folder.'),
    env: z
      .string()
      .max(128)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional()
      .describe('A variable of the consumer that begins ASSAY_SINK_.'),
  }),
  {
    rule: '[has(self.secretKeyRef), has(self.file), has(self.env)].filter(given, given).size() == 1',
    message: 'give one of secretKeyRef, file and env',
  },
);

export const sinkResourceSpec = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .describe('"webhook", "slack", "mongodb" … as "assay sink types" lists them.'),
  subject: z
    .string()
    .max(512)
    .regex(/^assay\.[a-z0-9_-]+\..+$/)
    .describe('Subject filter, e.g. "assay.finding.changed.opened.critical.>".'),
  filter: z.string().min(1).max(16_384).optional().describe('CEL expression over each finding or event.'),
  start: start.optional(),
  batch: z
    .strictObject({
      size: z.int().min(1).max(10_000).optional().describe('Most findings or events of one delivery.'),
      waitMs: z.int().min(0).max(60_000).optional().describe('Longest wait for a full one. Milliseconds.'),
    })
    .optional(),
  rateLimit: withRules(
    z.strictObject({
      perSecond: z.number().min(0.001).max(1000).optional(),
      perMinute: z.number().min(0.001).max(60_000).optional(),
      burst: z.int().min(1).max(1000).optional().describe('Most deliveries at once after a pause.'),
    }),
    { rule: 'has(self.perSecond) != has(self.perMinute)', message: 'give one of perSecond and perMinute' },
  ).optional(),
  dryRun: z.boolean().optional().describe('Everything but the delivery itself.'),
  template: z
    .record(z.string(), z.string().min(1).max(16_384))
    .meta({ maxProperties: 32 })
    .optional()
    .describe('Texts, by the name the type gives each.'),
  config: z.record(z.string(), z.unknown()).optional().describe('The type’s own settings.'),
  credentials: z
    .record(z.string(), credential)
    .meta({ maxProperties: 16 })
    .optional()
    .describe('Where secrets are read, by the name the type gives each.'),
  generation: z.int().min(1).max(2147483648).optional().describe('One more begins anew, at replayFrom.'),
  replayFrom: start.optional(),
});
export type SinkResourceSpec = z.output<typeof sinkResourceSpec>;

export const sinkResourceStatus = z.strictObject({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(['Pending', 'Ready', 'Refused']).optional(),
  conditions: conditions.optional(),
});
export type SinkResourceStatus = z.output<typeof sinkResourceStatus>;

export const sinkResource: ResourceDefinition = {
  kind: 'Sink',
  plural: 'sinks',
  singular: 'sink',
  shortNames: ['asink'],
  description: 'Where events are delivered to.',
  spec: sinkResourceSpec,
  status: sinkResourceStatus,
  rules: [
    {
      rule: "self.metadata.name.matches('^[a-z0-9-]{1,63}$')",
      message: 'metadata.name must be 1 to 63 characters of a-z, 0-9 and "-"',
    },
  ],
  columns: [
    { name: 'Type', type: 'string', path: '.spec.type' },
    { name: 'Phase', type: 'string', path: '.status.phase' },
    { name: 'Subject', type: 'string', path: '.spec.subject' },
    { name: 'Why', type: 'string', path: '.status.conditions[?(@.type=="Ready")].message', isWide: true },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
};

/** The sink that a resource declares; InvalidInput "sink.*" as parseSinkSpec. `secretsDir` is where Secrets are mounted. */
export function sinkOfResource(name: string, spec: unknown, secretsDir: string): SinkSpec {
  if (typeof spec !== 'object' || spec === null) return parseSinkSpec({ name });
  const { credentials } = spec as Readonly<Record<string, unknown>>;
  if (typeof credentials !== 'object' || credentials === null) return parseSinkSpec({ ...spec, name });
  const located = Object.entries(credentials).map(([key, reference]) => [key, locate(reference, secretsDir)]);
  return parseSinkSpec({ ...spec, name, credentials: Object.fromEntries(located) });
}

/** No Secret is read: who may declare sinks could carry off any. It must have been mounted for sinks. */
function locate(reference: unknown, secretsDir: string): unknown {
  const { data } = credential.safeParse(reference);
  if (!data?.secretKeyRef || Object.keys(data).length > 1) return reference;
  return { file: `${secretsDir}/${data.secretKeyRef.name}/${data.secretKeyRef.key}` };
}
