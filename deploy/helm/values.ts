// The values of the chart, as a schema: Helm refuses what it does not know.
import { z } from 'zod';

const settings = z
  .record(z.string().regex(/^(ASSAY|OTEL)_[A-Z0-9_]+$/), z.union([z.string(), z.boolean()]))
  .describe('Variables of the environment (`assay config`); numbers as texts');
const resources = z.record(z.string(), z.unknown()).describe('Requests and limits, as of a container');
const image = z
  .strictObject({
    registry: z.string().describe('Where it is, without its name; "": image.registry'),
    version: z.string().describe('Its tag; "": image.version'),
  })
  .describe('Another image than the others’');
const storage = z.strictObject({
  size: z.string().describe('Of the volume'),
  class: z.string().describe('StorageClass; "": the cluster’s default'),
});

const service = z.strictObject({
  enabled: z.boolean().describe('Whether it is deployed'),
  image,
  replicas: z.int().min(1).nullable().describe('null: 1, or 2 with highAvailability'),
  resources,
  settings,
  existingSecret: z.string().describe('A Secret of yours in place of assay-<service>; what it lacks is added'),
});

export const valuesSchema = z.strictObject({
  image: z.strictObject({
    registry: z.string().describe('Of every image of Assay, of tasks too'),
    version: z.string().describe('Their tag; "": the chart’s appVersion'),
  }),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })),
  highAvailability: z
    .boolean()
    .describe('Three nats-servers, two of each service, spread over nodes, with disruption budgets and autoscaling'),
  settings,
  services: z.strictObject({
    consumer: service,
    enricher: service,
    executor: service,
    gateway: service,
    ledger: service,
    producer: service,
  }),
  setup: z.strictObject({
    enabled: z.boolean().describe('Makes credentials, streams and durables; off where you make them all'),
    image,
    resources,
  }),
  nats: z.strictObject({
    enabled: z.boolean().describe('Off for a nats-server of your own'),
    url: z.string().describe('Of your own'),
    image: z.string(),
    storage,
    resources,
  }),
  store: z.strictObject({
    existingSecret: z.string().describe('A Secret with the key url: mongodb://…/DATABASE'),
  }),
  ferretdb: z.strictObject({
    enabled: z.boolean().describe('A store to begin with, unless store.existingSecret is set'),
    image: z.string(),
    storage,
    resources,
  }),
  runs: z.strictObject({
    namespace: z.string().describe('Where runs are'),
    create: z.boolean().describe('Whether the chart makes that namespace'),
  }),
  roles: z.strictObject({
    create: z.boolean().describe('ClusterRoles for people and controllers; off where another installation made them'),
  }),
  admissionPolicy: z.strictObject({
    create: z.boolean().describe('Nobody but the executor makes or changes what runs are made of'),
  }),
  global: z.record(z.string(), z.unknown()).optional(),
});

export function schemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(valuesSchema, { target: 'draft-7' }), null, 2)}\n`;
}
