// One event through one handler: read it, publish what the handler yields, await every PubAck, then ack. What goes
// wrong is retried, or dead-lettered with its reason; nothing is dropped with only a log line.
import type { BlobStore } from '@assay/blobs';
import { type Bus, type Delivery, deadLetter, type PublishResult } from '@assay/bus';
import {
  AssayError,
  type Batch,
  explain,
  Fault,
  InvalidInput,
  keyedId,
  type Outgoing,
  outputId,
  Transient,
} from '@assay/contracts';
import type { Logger } from 'pino';
import type { Context, ServiceDefinition, SubscriptionSpec } from './define-service.ts';
import { fromWire, toWire } from './envelope.ts';
import { contextFrom, failSpan, type Instruments, startSpan, traceparentOf } from './telemetry.ts';

/** Outputs of one handler that wait for their PubAck at the same time. */
const maxUnacked = 32;
/** Deliveries of an event whose handler breaks in a way nobody foresaw. */
const maxFaults = 3;
const backoffMs = [200, 1000, 5000, 15_000, 30_000, 60_000];

export interface Stage {
  definition: Pick<ServiceDefinition, 'name' | 'publishes'>;
  bus: Bus;
  blobs: BlobStore;
  context: Context;
  log: Logger;
  ackWaitMs: number;
  maxDeliver: number;
  instruments: Instruments;
  /** Throws when something the service needs is away: then nothing is given up on. */
  checkReady(): Promise<void>;
}

export async function handleDelivery(delivery: Delivery, subscription: SubscriptionSpec, stage: Stage): Promise<void> {
  const { topic, handler } = subscription;
  const { definition, instruments } = stage;
  const labels = { service: definition.name, topic: topic.name };
  const started = performance.now();
  const span = startSpan(
    `${topic.name} process`,
    'consumer',
    { 'messaging.system': 'nats', 'messaging.destination.name': delivery.subject },
    contextFrom(delivery.headers['traceparent']),
  );
  const heartbeat = setInterval(() => delivery.working(), stage.ackWaitMs / 3);
  let outcome = 'done';
  const publisher = new Publisher(stage, traceparentOf(span));
  try {
    const event = await fromWire(delivery, topic, stage.blobs);
    const publish = publisher.forInput(event.id);
    try {
      for await (const outgoing of handler(event, stage.context)) await publish(outgoing);
    } finally {
      await publisher.settled();
    }
    await delivery.ack();
  } catch (error) {
    failSpan(span, explain(error));
    outcome = await settleFailure(delivery, error, stage, subscription);
  } finally {
    clearInterval(heartbeat);
    span.end();
    instruments.handled.add(1, { ...labels, outcome });
    instruments.seconds.record((performance.now() - started) / 1000, labels);
  }
}

async function settleFailure(
  delivery: Delivery,
  error: unknown,
  stage: Stage,
  { options }: SubscriptionSpec,
): Promise<string> {
  const { log, definition } = stage;
  const facts = {
    err: explain(error),
    code: error instanceof AssayError ? error.code : 'fault',
    subject: delivery.subject,
    stream: delivery.stream,
    sequence: delivery.sequence,
    attempt: delivery.attempt,
    // What nobody foresaw is a mistake of ours: where it happened is needed to mend it.
    ...(error instanceof AssayError || !(error instanceof Error) ? {} : { stack: error.stack }),
  };
  if (!(await isHopeless(delivery, error, stage))) {
    const delay =
      (error instanceof Transient ? error.retryAfterMs : undefined) ??
      backoffMs[Math.min(delivery.attempt, backoffMs.length) - 1] ??
      1000;
    delivery.retry(delay);
    log[error instanceof Transient ? 'warn' : 'error']({ ...facts, retryInMs: delay }, 'event will be tried again');
    return 'retried';
  }
  try {
    await deadLetter(stage.bus, definition.name, delivery, error, stage.context.now(), options.name);
    await delivery.ack();
    log.error(facts, 'event is in the dead letters');
    return 'dead';
  } catch (cause) {
    delivery.retry(5000);
    log.error({ ...facts, cause: explain(cause) }, 'event could not be dead-lettered and will be tried again');
    return 'retried';
  }
}

async function isHopeless(delivery: Delivery, error: unknown, stage: Stage): Promise<boolean> {
  if (error instanceof InvalidInput) return true;
  if (!(error instanceof Transient)) return delivery.attempt >= maxFaults;
  if (delivery.attempt < stage.maxDeliver) return false;
  // While the store or another dependency is away, no event is to blame.
  return stage.checkReady().then(
    () => true,
    () => false,
  );
}

/** Publishes outputs, several at a time, with ids that are the same on every redelivery. */
export class Publisher {
  readonly #stage: Pick<Stage, 'definition' | 'bus' | 'blobs' | 'context' | 'instruments'>;
  readonly #traceparent: string | undefined;
  readonly #declared: ReadonlySet<string>;
  readonly #pending = new Set<Promise<void>>();
  #failure: unknown;

  constructor(
    stage: Pick<Stage, 'definition' | 'bus' | 'blobs' | 'context' | 'instruments'>,
    traceparent: string | undefined,
  ) {
    this.#stage = stage;
    this.#traceparent = traceparent;
    this.#declared = new Set(stage.definition.publishes.map((topic) => topic.name));
  }

  /** Publishes the outputs of one input, numbered by topic. */
  forInput(inputId: string): (outgoing: Outgoing) => Promise<void> {
    const ordinals = new Map<string, number>();
    return async (outgoing) => {
      const ordinal = ordinals.get(outgoing.topic.name) ?? 0;
      ordinals.set(outgoing.topic.name, ordinal + 1);
      const id =
        outgoing.key === undefined
          ? outputId(inputId, outgoing.topic.name, ordinal)
          : keyedId(outgoing.topic.name, outgoing.key);
      await this.publish(outgoing, id);
    };
  }

  /**
   * Resolves when there is room for the next; a failure is thrown by the next call or by `settled`. `taken` is told the
   * PubAck before `settled` resolves.
   */
  async publish({ topic, data }: Outgoing, id: string, taken?: (ack: PublishResult) => void): Promise<void> {
    if (!this.#declared.has(topic.name)) {
      throw new Fault(
        `${this.#stage.definition.name} publishes ${topic.name} without declaring it: add it to \`publishes\``,
        { code: 'service.undeclared' },
      );
    }
    if (this.#failure) throw this.#failure;
    const { definition, bus, blobs, context, instruments } = this.#stage;
    const attributes = {
      id,
      source: `assay/${definition.name}`,
      time: context.now().toISOString(),
      traceparent: this.#traceparent,
    };
    const sent = toWire(topic, data, attributes, blobs)
      .then((message) => bus.publish(message, id))
      .then((ack) => {
        taken?.(ack);
        const labels = { service: definition.name, topic: topic.name };
        instruments.published.add(1, labels);
        if (topic.noun === 'finding') instruments.findings.add((data as Batch).findings.length, labels);
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#pending.delete(sent));
    this.#pending.add(sent);
    while (this.#pending.size >= maxUnacked) await Promise.race(this.#pending);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure) throw this.#failure;
  }
}
