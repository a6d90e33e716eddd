// What the routes need of the world: the service opens it, a spec hands in its own.
import type { BlobStore } from '@assay/blobs';
import type { Bucket, Bus } from '@assay/bus';
import type { Host } from '@assay/runtime';
import type { Store } from '@assay/store';
import type { FastifyBaseLogger } from 'fastify';
import type { GatewayConfig } from './config.ts';
import type { IsOverloaded } from './pressure.ts';
import type { Webhook } from './webhooks/read-webhooks.ts';

export interface Gateway {
  readonly config: GatewayConfig;
  readonly bus: Bus;
  readonly blobs: BlobStore;
  /** The ledger's part is not ours: the gateway only reads what it wrote. */
  readonly store: Pick<Store, 'findings' | 'runs' | 'reports' | 'tokens' | 'ping'>;
  readonly sinks: Bucket;
  readonly webhooks: ReadonlyMap<string, Webhook>;
  /** Which deliveries of webhooks were accepted. */
  readonly deliveries: Bucket;
  readonly log: FastifyBaseLogger;
  now(): Date;
  /** Publishes one of our topics; resolves after the PubAck. */
  readonly publish: Host<GatewayConfig>['publish'];
  readonly isOverloaded: IsOverloaded;
  /** Hash of the token that may do everything. */
  readonly bootstrapHash?: string | undefined;
  readonly runTokenKey?: string | undefined;
  /** Prometheus text. */
  readonly metrics?: (() => Promise<string>) | undefined;
  /** Aborted when the service drains: followers are told good-bye. */
  readonly signal: AbortSignal;
}
