// Configuration: environment variables ASSAY_*, one zod schema for what every service shares and one a service.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** What every service reads; key natsUrl is ASSAY_NATS_URL. "$ASSAY_HOME" in a value stands for `home`. */
export const sharedConfig = z.object({
  home: z
    .string()
    .default(() => join(homedir(), '.assay'))
    .describe('Folder for data, caches and credentials'),
  natsUrl: z.string().default('nats://127.0.0.1:4222').describe('nats-server to talk to; several separated by commas'),
  natsCredentials: z
    .string()
    .optional()
    .describe('File with the service’s nkey seed; without it no credential is sent'),
  natsReplicas: z.coerce.number().int().min(1).max(5).default(1).describe('Replicas of every stream'),
  natsBudgetBytes: z.coerce
    .number()
    .int()
    .min(64 * 1024 ** 2)
    .default(4 * 1024 ** 3)
    .describe('What all streams together may take of the server’s disk. Bytes; `assay up` takes less on a small disk'),
  natsSetup: z
    .stringbool()
    .default(true)
    .describe('Create and update streams and durables on start; off where an administrator does'),
  storeUrl: z.string().default('sqlite:$ASSAY_HOME/data/assay.db').describe('sqlite:FILE or mongodb://…/DATABASE'),
  blobsUrl: z.string().default('file:$ASSAY_HOME/data/blobs').describe('file:FOLDER or jetstream:BUCKET'),
  httpHost: z.string().default('127.0.0.1').describe('Address that health, metrics and the gateway listen on'),
  httpPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe('Port of /healthz, /readyz and /metrics; 0: any free one'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  ackWaitMs: z.coerce
    .number()
    .int()
    .min(1000)
    .default(30_000)
    .describe('How long an unacked event waits before redelivery. Milliseconds'),
  maxDeliver: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(8)
    .describe('Deliveries of an event before it is dead-lettered'),
  leaseMs: z.coerce
    .number()
    .int()
    .min(1000)
    .default(15_000)
    .describe('How long a dead replica keeps its partitions. Milliseconds; the same for all replicas'),
  identityKey: z
    .string()
    .min(1)
    .default('assay')
    .describe('Keys the hash that stands for a secret in an identity; set the same for all producers'),
  runTokenKey: z
    .string()
    .min(16)
    .optional()
    .describe('Signs the tokens that a run’s tasks submit with; the same for executor and gateway'),
});
export type SharedConfig = z.output<typeof sharedConfig>;
