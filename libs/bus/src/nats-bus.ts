// The bus on NATS JetStream.
import { explain, InvalidInput, Transient } from '@assay/contracts';
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { ensureBucket, openBucket } from './bucket.ts';
import type {
  Bucket,
  BucketOptions,
  Bus,
  ConsumerSpec,
  ConsumerState,
  Delivery,
  ObjectBucket,
  Pressure,
  PublishResult,
  StoredMessage,
  SubscribeOptions,
  Subscription,
  WireMessage,
} from './bus.ts';
import { consume } from './consume.ts';
import { fromHeaders, toHeaders } from './headers.ts';
import { ensureObjects, openObjects } from './object-bucket.ts';
import { ensureStreams } from './streams.ts';
import { replay, tail } from './tail.ts';

const codes = { streamNotFound: 10059, consumerNotFound: 10014, messageNotFound: 10037, noRoom: [10023, 10028, 10047] };

export class NatsBus implements Bus {
  readonly serverVersion: string;
  readonly closed: Promise<Error | undefined>;
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #manager: Promise<JetStreamManager>;
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(
    connection: NatsConnection,
    version: string,
    inboxPrefix: string,
    onStatus: (sentence: string, isTrouble: boolean) => void,
  ) {
    this.serverVersion = version;
    this.#connection = connection;
    this.#js = jetstream(connection, { timeout: 10_000, watcherPrefix: inboxPrefix });
    this.#manager = jetstreamManager(connection, { checkAPI: false, timeout: 10_000 });
    this.closed = connection.closed().then((error) => error ?? undefined);
    void this.#watchStatus(onStatus);
  }

  async publish(message: WireMessage, id: string): Promise<PublishResult> {
    this.#inFlight++;
    try {
      const ack = await this.#js.publish(message.subject, message.payload, {
        msgID: id,
        headers: toHeaders(message.headers),
      });
      return { stream: ack.stream, sequence: ack.seq, isDuplicate: ack.duplicate };
    } catch (cause) {
      if (cause instanceof Error && /permissions violation/i.test(explain(cause))) {
        throw new InvalidInput(`this credential may not publish ${message.subject}`, { code: 'bus.forbidden', cause });
      }
      throw new Transient(`${message.subject} was not taken by the stream`, { code: 'bus.publish', cause });
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async ensureStreams(options: { replicas: number; budgetBytes?: number }): Promise<void> {
    await this.#try('the streams could not be created', async () => {
      try {
        await ensureStreams(await this.#manager, options);
      } catch (cause) {
        if (!(cause instanceof JetStreamApiError && codes.noRoom.includes(cause.code))) throw cause;
        throw new InvalidInput(
          'nats-server has too little room for the streams: lower ASSAY_NATS_BUDGET_BYTES, or raise its max_file_store',
          { code: 'bus.no-room', cause },
        );
      }
    });
  }

  async ensureConsumer(spec: ConsumerSpec): Promise<void> {
    const jsm = await this.#manager;
    const config = consumerConfig(spec);
    await this.#try(`the durable ${spec.name} could not be created on ${spec.stream}`, async () => {
      const existing = await orUndefined(jsm.consumers.info(spec.stream, spec.name), codes.consumerNotFound);
      if (!existing) {
        await jsm.consumers.add(spec.stream, config);
        return;
      }
      if (existing.config.filter_subject !== spec.filter) {
        throw new InvalidInput(
          `durable ${spec.name} on ${spec.stream} filters ${existing.config.filter_subject}, not ${spec.filter}: delete it or rename the subscription`,
          { code: 'bus.durable-differs' },
        );
      }
      const { ack_wait, max_ack_pending } = config;
      if (existing.config.ack_wait !== ack_wait || existing.config.max_ack_pending !== max_ack_pending) {
        await jsm.consumers.update(spec.stream, spec.name, {
          ...existing.config,
          ...(ack_wait === undefined ? {} : { ack_wait }),
          ...(max_ack_pending === undefined ? {} : { max_ack_pending }),
        });
      }
    });
  }

  async deleteConsumer(stream: string, name: string): Promise<boolean> {
    const jsm = await this.#manager;
    return (await orUndefined(jsm.consumers.delete(stream, name), codes.consumerNotFound)) ?? false;
  }

  async consumerState(stream: string, name: string): Promise<ConsumerState | undefined> {
    const jsm = await this.#manager;
    const info = await orUndefined(jsm.consumers.info(stream, name), codes.consumerNotFound);
    return (
      info && {
        pending: info.num_pending,
        unacked: info.num_ack_pending,
        redelivered: info.num_redelivered,
        ackedUpTo: info.ack_floor.stream_seq,
      }
    );
  }

  async subscribe(
    spec: ConsumerSpec,
    handle: (delivery: Delivery) => Promise<void>,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const consumer: Consumer = await this.#try(`the durable ${spec.name} cannot be read`, () =>
      this.#js.consumers.get(spec.stream, spec.name),
    );
    return consume(consumer, spec, handle, options);
  }

  tail(
    filters: readonly string[],
    options: { start: 'all' | 'new' | Date; signal: AbortSignal },
  ): AsyncIterable<StoredMessage> {
    return tail(this.#js, filters, options);
  }

  replay(filter: string, options: { start: 'all' | Date; signal: AbortSignal }): AsyncIterable<StoredMessage> {
    return replay(this.#js, filter, options);
  }

  async messageAt(stream: string, sequence: number): Promise<StoredMessage | undefined> {
    const jsm = await this.#manager;
    const message = await orUndefined(jsm.streams.getMessage(stream, { seq: sequence }), codes.messageNotFound);
    return message ? fromStored(message, stream) : undefined;
  }

  async deleteMessage(stream: string, sequence: number): Promise<boolean> {
    const jsm = await this.#manager;
    return (await orUndefined(jsm.streams.deleteMessage(stream, sequence), codes.messageNotFound)) ?? false;
  }

  async messages(
    stream: string,
    filter: string,
    options: { from?: number; limit?: number } = {},
  ): Promise<StoredMessage[]> {
    const jsm = await this.#manager;
    const found: StoredMessage[] = [];
    let sequence = options.from ?? 1;
    while (found.length < (options.limit ?? 1000)) {
      const query = { seq: sequence, next_by_subj: filter };
      const message = await orUndefined(jsm.streams.getMessage(stream, query), codes.messageNotFound);
      if (!message) break;
      found.push(fromStored(message, stream));
      sequence = message.seq + 1;
    }
    return found;
  }

  async bucket(name: string): Promise<Bucket> {
    return this.#try(`bucket ${name} cannot be opened`, () => openBucket(new Kvm(this.#js), name));
  }

  async ensureBucket(name: string, options: BucketOptions = {}): Promise<Bucket> {
    const manager = await this.#manager;
    return this.#try(`bucket ${name} cannot be made`, () => ensureBucket(new Kvm(this.#js), manager, name, options));
  }

  async objects(name: string): Promise<ObjectBucket> {
    return this.#try(`object bucket ${name} cannot be opened`, () => openObjects(new Objm(this.#js), name));
  }

  async ensureObjects(name: string, options: Pick<BucketOptions, 'replicas'> = {}): Promise<ObjectBucket> {
    const manager = await this.#manager;
    const objm = new Objm(this.#js);
    return this.#try(`object bucket ${name} cannot be made`, () => ensureObjects(objm, manager, name, options));
  }

  async messageCount(stream: string): Promise<number> {
    const jsm = await this.#manager;
    const { state } = await this.#try(`stream ${stream} cannot be asked`, () => jsm.streams.info(stream));
    return state.messages;
  }

  async pressure(): Promise<Pressure | undefined> {
    const jsm = await this.#manager;
    let worst: Pressure | undefined;
    for await (const { config, state } of jsm.streams.list('assay.>')) {
      const room = config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
      if (room < 0.5 || state.messages === 0) continue;
      for await (const consumer of jsm.consumers.list(config.name)) {
        const unread =
          room *
          Math.min(1, (state.last_seq - Math.max(consumer.ack_floor.stream_seq, state.first_seq - 1)) / state.messages);
        const matters =
          consumer.num_pending + consumer.num_ack_pending > 0 && consumer.config.durable_name !== undefined;
        if (matters && unread > 0.8 && unread > (worst?.unread ?? 0))
          worst = { stream: config.name, consumer: consumer.name, unread };
      }
    }
    return worst;
  }

  async ping(): Promise<void> {
    if (this.#connection.isClosed())
      throw new Transient('the connection to nats-server is closed', { code: 'bus.closed' });
    await this.#try('nats-server does not answer', () => within(3000, this.#connection.flush()));
  }

  async close({ atOnce = false }: { atOnce?: boolean } = {}): Promise<void> {
    if (this.#connection.isClosed()) return;
    if (atOnce) return this.#connection.close();
    if (this.#inFlight > 0)
      await within(10_000, new Promise<void>((resolve) => this.#idle.push(resolve))).catch(() => {});
    await this.#connection.drain().catch(() => this.#connection.close());
  }

  async #watchStatus(onStatus: (sentence: string, isTrouble: boolean) => void): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') onStatus(`lost nats-server at ${status.server}; trying again`, true);
      else if (status.type === 'reconnect') onStatus(`nats-server at ${status.server} is back`, false);
      else if (status.type === 'error') onStatus(`nats-server says: ${explain(status.error)}`, true);
      else if (status.type === 'slowConsumer') onStatus(`slow subscription on ${status.sub.getSubject()}`, true);
    }
  }

  async #try<T>(sentence: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof InvalidInput || cause instanceof Transient) throw cause;
      if (cause instanceof Error && /permissions violation/i.test(explain(cause))) {
        throw new InvalidInput(
          `${sentence}: this credential may not. An administrator’s makes it: start once with that one and ASSAY_NATS_SETUP=true`,
          { code: 'bus.forbidden', cause },
        );
      }
      if (cause instanceof JetStreamApiError && cause.code === codes.streamNotFound) {
        throw new Transient(`${sentence}: its stream does not exist yet; start a service with ASSAY_NATS_SETUP=true`, {
          code: 'bus.no-stream',
          cause,
        });
      }
      throw new Transient(sentence, { code: 'bus.unavailable', cause });
    }
  }
}

function consumerConfig(spec: ConsumerSpec): Partial<ConsumerConfig> {
  return {
    durable_name: spec.name,
    filter_subject: spec.filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: spec.ackWaitMs * 1e6,
    max_ack_pending: spec.maxAckPending ?? 256,
    // Attempts are counted by the runtime, which dead-letters the last one; the server must never give up silently.
    max_deliver: -1,
    ...startOf(spec.start ?? 'all'),
    ...(spec.inactiveAfterMs ? { inactive_threshold: spec.inactiveAfterMs * 1e6 } : {}),
  };
}

function startOf(start: NonNullable<ConsumerSpec['start']>): Partial<ConsumerConfig> {
  if (start === 'all') return { deliver_policy: DeliverPolicy.All };
  if (start === 'new') return { deliver_policy: DeliverPolicy.New };
  if (typeof start === 'number') return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.toISOString() };
}

function fromStored(message: StoredMsg, stream: string): StoredMessage {
  return {
    subject: message.subject,
    headers: fromHeaders(message.header),
    payload: message.data,
    stream,
    sequence: message.seq,
    storedAt: message.time,
  };
}

/** The result, or undefined when the server says that there is no such thing. */
async function orUndefined<T>(work: Promise<T>, code: number): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Transient(`no answer within ${ms} ms`, { code: 'bus.timeout' })), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
