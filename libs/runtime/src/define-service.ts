// The one abstraction: a service is handlers, what they subscribe to and what they may publish. A handler takes one
// event and yields events; it knows no NATS, no environment and no clock except through its context.
import type { BlobStore } from '@assay/blobs';
import type { Event, Outgoing, Topic } from '@assay/contracts';
import type { Logger } from 'pino';
import type { z } from 'zod';

/** What a handler may use of the world. */
export interface Context<Config = unknown, Resources = unknown> {
  readonly config: Config;
  /** What the service opened on start (its store, its sinks …). */
  readonly resources: Resources;
  readonly blobs: BlobStore;
  readonly log: Logger;
  now(): Date;
  /** Aborted when the service drains; long waits should end then with Transient. */
  readonly signal: AbortSignal;
}

export type Handler<T, Config = unknown, Resources = unknown> = (
  event: Event<T>,
  context: Context<Config, Resources>,
) => AsyncIterable<Outgoing> | Iterable<Outgoing>;

export interface SubscriptionOptions {
  /** Fixes keys of the subject, e.g. { severity: 'critical' }. Default: every subject of the topic. */
  keys?: Readonly<Record<string, string>>;
  /**
   * One durable a partition, each held by one replica at a time through a lease; events begin in order.
   * The topic's last key must be "partition". Default false: replicas share one durable.
   */
  partitioned?: boolean;
  /** Events handled at the same time by one replica, of each partition. At least 1, default 4, of a partition 1. */
  concurrency?: number;
  /** Takes an event only when a hand is free, none in advance: for handlers that take seconds or minutes. Default false. */
  onDemand?: boolean;
  /** Tells this subscription from another of the same service to the same topic. Default: none. */
  name?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of subscriptions holds handlers of different events; `on` checks each.
type Any = any;

export interface SubscriptionSpec {
  readonly topic: Topic;
  readonly handler: Handler<Any, Any, Any>;
  readonly options: SubscriptionOptions;
}

/** Work that no event asks for, on one replica at a time: "every minute, assess the runs that wait". */
export interface ScheduleSpec {
  readonly name: string;
  /** Milliseconds, at least 100. */
  readonly everyMs: number;
  /** Outputs must carry a natural key. */
  readonly handler: (context: Context<Any, Any>) => AsyncIterable<Outgoing> | Iterable<Outgoing>;
}

export function on<T>(
  topic: Topic<T>,
  handler: Handler<T, Any, Any>,
  options: SubscriptionOptions = {},
): SubscriptionSpec {
  return { topic: topic as unknown as Topic, handler, options };
}

export interface ServiceDefinition<Schema extends z.ZodObject = z.ZodObject, Resources = unknown> {
  readonly name: string;
  /** One line for people: what it is for. */
  readonly summary: string;
  /** Own configuration, each key an environment variable: batchSize is ASSAY_<SERVICE>_BATCH_SIZE. */
  readonly config: Schema;
  readonly subscribes: readonly SubscriptionSpec[];
  // biome-ignore lint/suspicious/noExplicitAny: topics of any data.
  readonly publishes: readonly Topic<any>[];
  readonly schedules?: readonly ScheduleSpec[];
  /** What else of the bus it needs; grants come from this. */
  readonly uses?: BusUses;
  /** Opens what handlers share; `close` is called after the drain. */
  readonly start?: (host: Host<z.output<Schema>>) => Promise<{ resources: Resources; close?: () => Promise<void> }>;
}

export interface BusUses {
  /** Key-value buckets it reads and watches. */
  readonly readsBuckets?: readonly string[];
  /** Key-value buckets it also writes. */
  readonly writesBuckets?: readonly string[];
  /** Makes durables of its own at run time on these topics' streams (sinks). */
  readonly dynamicConsumers?: boolean;
  /** Lists, reads and deletes dead letters and publishes their content again. */
  readonly administersDeadLetters?: boolean;
  /** Tails any subject (SSE). */
  readonly tails?: boolean;
  /** Asks how far durables lag, to refuse intake in time. */
  readonly measuresPressure?: boolean;
}

/** What a starting service gets from the runtime. */
export interface Host<Config> {
  readonly config: Config;
  readonly shared: SharedConfig;
  readonly bus: import('@assay/bus').Bus;
  readonly blobs: BlobStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
  now(): Date;
  /** Publishes outside a handler (an HTTP request, a process that ended); resolves with the PubAck. Same checks. */
  publish(
    outgoing: Outgoing,
    options: { id?: string; traceparent?: string },
  ): Promise<import('@assay/bus').PublishResult>;
  /** Adds a check to /readyz: resolves when ready, throws with a sentence when not. */
  readiness(name: string, check: () => Promise<void>): void;
}

export type SharedConfig = import('./config.ts').SharedConfig;

export function defineService<Schema extends z.ZodObject, Resources = unknown>(
  definition: ServiceDefinition<Schema, Resources>,
): ServiceDefinition<Schema, Resources> {
  return definition;
}

/** A service of any configuration: what hosts and generators take. */
export type AnyService = ServiceDefinition<Any, Any>;
