// What the platform needs of a bus, in words that know no vendor. connect.ts makes one from NATS JetStream.
import type { BlobRef } from '@assay/contracts';

/** A message as it travels: CloudEvents attributes are headers "ce-*". */
export interface WireMessage {
  subject: string;
  /** Names are lower-case, one value a name. */
  headers: Record<string, string>;
  payload: Uint8Array;
}

/** A message that came out of a stream. */
export interface StoredMessage extends WireMessage {
  stream: string;
  sequence: number;
  /** When the stream stored it. */
  storedAt: Date;
}

/** A message that one consumer was given and must settle exactly once. */
export interface Delivery extends StoredMessage {
  /** 1 for the first. */
  attempt: number;
  /** Done: never again. Resolves when the server knows. */
  ack(): Promise<void>;
  /** Again, after this many milliseconds. */
  retry(delayMs: number): void;
  /** Never again, without success. */
  stop(reason: string): void;
  /** Still at it: the wait for the ack begins anew. */
  working(): void;
}

export interface ConsumerSpec {
  stream: string;
  /** Durable name. */
  name: string;
  /** One filter: with one, NATS can grant a credential this consumer and no other. */
  filter: string;
  ackWaitMs: number;
  /** Most unacked messages. Default 256. */
  maxAckPending?: number;
  /** Where a new durable begins: "all" (default), "new", a sequence or a time. */
  start?: 'all' | 'new' | number | Date;
  /** Lets a durable that nobody reads vanish. Milliseconds; default: never. */
  inactiveAfterMs?: number;
}

export interface ConsumerState {
  /** Not yet delivered. */
  pending: number;
  /** Delivered, not acked. */
  unacked: number;
  redelivered: number;
  /** Stream sequence up to which everything is acked. */
  ackedUpTo: number;
}

export interface Subscription {
  /** Takes no more, waits for what is being handled. */
  drain(): Promise<void>;
  /** Ends when the subscription has: normally after drain, else with the error. */
  readonly closed: Promise<void>;
}

export interface SubscribeOptions {
  /** Deliveries handled at the same time. Default 1. */
  concurrency?: number;
  /** Bytes asked for at a time. Default 4 MiB. */
  maxBytes?: number;
  /** Takes a message only when a hand is free, none in advance: for handlers that take seconds or minutes. */
  onDemand?: boolean;
}

/** A key-value bucket. */
export interface Bucket {
  get(key: string): Promise<{ value: Uint8Array; revision: number } | undefined>;
  /** With a revision (0: must not exist) only when it is still that one; else undefined. */
  put(key: string, value: Uint8Array, revision?: number): Promise<number | undefined>;
  /** With a revision only when it is still that one; else it rejects. */
  delete(key: string, revision?: number): Promise<void>;
  keys(): Promise<string[]>;
  /** Every key now, then every change; `value` undefined: deleted; `isCaughtUp`: the first round is over. */
  watch(signal: AbortSignal): AsyncIterable<{ key: string; value: Uint8Array | undefined; isCaughtUp: boolean }>;
}

export interface BucketOptions {
  /** Keys vanish this long after their last write. Milliseconds; default: never. */
  ttlMs?: number;
  /** Copies in a cluster. Default 1. */
  replicas?: number;
}

/** Large content on the bus (JetStream object store). */
export interface ObjectBucket {
  put(name: string, content: AsyncIterable<Uint8Array>, ref: BlobRef): Promise<void>;
  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  stat(name: string): Promise<{ size: number; modified: Date } | undefined>;
  delete(name: string): Promise<boolean>;
  list(): AsyncIterable<{ name: string; size: number; modified: Date }>;
}

export interface Pressure {
  stream: string;
  /** The durable that lags most. */
  consumer: string;
  /** Share of the stream's room that is taken by what it has not read, 0 to 1. */
  unread: number;
}

export interface PublishResult {
  stream: string;
  sequence: number;
  /** The stream had this id already, within its duplicate window. */
  isDuplicate: boolean;
}

export interface Bus {
  /** "2.15.2" */
  readonly serverVersion: string;
  /** Resolves after the PubAck. `id` is the Nats-Msg-Id. Throws Transient when nothing took it. */
  publish(message: WireMessage, id: string): Promise<PublishResult>;
  /** Creates or updates the platform's streams; never deletes one. */
  ensureStreams(options: { replicas: number; budgetBytes?: number }): Promise<void>;
  ensureConsumer(spec: ConsumerSpec): Promise<void>;
  deleteConsumer(stream: string, name: string): Promise<boolean>;
  consumerState(stream: string, name: string): Promise<ConsumerState | undefined>;
  subscribe(
    spec: ConsumerSpec,
    handle: (delivery: Delivery) => Promise<void>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Reads along without taking anything from anybody: stored messages from `start`, then live ones, in order. */
  tail(
    filters: readonly string[],
    options: { start: 'all' | 'new' | Date; signal: AbortSignal },
  ): AsyncIterable<StoredMessage>;
  /** Reads along too, but only what a filter of one noun matches now; ends with it. */
  replay(filter: string, options: { start: 'all' | Date; signal: AbortSignal }): AsyncIterable<StoredMessage>;
  /** One stored message; undefined when it is gone. */
  messageAt(stream: string, sequence: number): Promise<StoredMessage | undefined>;
  deleteMessage(stream: string, sequence: number): Promise<boolean>;
  /** How many messages a stream holds. */
  messageCount(stream: string): Promise<number>;
  /** Messages of a stream by subject filter, oldest first, those there are now. */
  messages(stream: string, filter: string, options?: { from?: number; limit?: number }): Promise<StoredMessage[]>;
  /** Opens a bucket, made when missing. */
  bucket(name: string): Promise<Bucket>;
  /** Makes a bucket, or brings one that is there to these options. */
  ensureBucket(name: string, options?: BucketOptions): Promise<Bucket>;
  objects(name: string): Promise<ObjectBucket>;
  /** Makes large content's bucket, or brings one that is there to so many copies. */
  ensureObjects(name: string, options?: Pick<BucketOptions, 'replicas'>): Promise<ObjectBucket>;
  /** The stream that would soon discard what one of its durables has not read; undefined when none would. */
  pressure(): Promise<Pressure | undefined>;
  /** Rejects with Transient when the server cannot be reached. */
  ping(): Promise<void>;
  /** Ends after what was published is acked; `atOnce`: without waiting, as when its server is gone. */
  close(options?: { atOnce?: boolean }): Promise<void>;
  /** Ends when the connection does: without an error after close(), else with the reason. */
  readonly closed: Promise<Error | undefined>;
}
