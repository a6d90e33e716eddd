// One sink at work: takes events from its durable in order, batches them, delivers, says so, acks. Nothing is acked
// before the sink has it; an event that it refuses for good is acked after it is in the dead letters.
import type { Bus, ConsumerSpec, Delivery, StoredMessage } from '@assay/bus';
import { DeliveryOutcome, explain, Transient } from '@assay/contracts';
import { inSpan } from '@assay/runtime';
import { backoffMs, pause } from './backoff.ts';
import type { Filter } from './compile-filter.ts';
import { deliverItems, isForGood, Stopped } from './deliver-items.ts';
import { type Held, HeldEvents, maxHeldEvents } from './held-events.ts';
import { credentialRefusedCode } from './http/door.ts';
import type { Pace } from './rate-limit.ts';
import type { Log, Sink, SinkItem } from './sink.ts';

/** How long a delivery that has begun may go on when the service stops. */
const graceMs = 10_000;

/** What is known of a batch when it is done. */
export interface Outcome {
  outcome: DeliveryOutcome;
  events: readonly StoredMessage[];
  findings: number;
  filtered: number;
  attempts: number;
  reason: string;
  traceparent: string | undefined;
}

export interface SinkRunOptions {
  bus: Pick<Bus, 'subscribe'>;
  consumer: ConsumerSpec;
  sink: Sink;
  filter: Filter;
  /** Most items of one delivery. */
  size: number;
  /** Longest wait for a full batch; 0: whatever is there. Milliseconds. */
  waitMs: number;
  /** How often the sink may be called. Default: as often as there is something. */
  pace?: Pace;
  log: Log;
  readItems(message: StoredMessage): Promise<SinkItem[]>;
  /** Resolves when the event is in the dead letters. */
  bury(message: Delivery, error: unknown): Promise<void>;
  /** Resolves when the outcome is published. */
  report(outcome: Outcome): Promise<void>;
  /** The sink did not take a delivery, which will be tried again. */
  failed?: () => void;
  /** The error's words without any secret. */
  describe(error: unknown): string;
  random?: () => number;
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SinkRun {
  /** Ends after `stop`, or with the error that ended the subscription. */
  readonly ended: Promise<void>;
  /** Gives back what is not delivered. */
  stop(): Promise<void>;
}

export async function runSink(options: SinkRunOptions): Promise<SinkRun> {
  const run = new Run(options);
  await run.start();
  return run;
}

class Run implements SinkRun {
  readonly #options: SinkRunOptions;
  readonly #stopping = new AbortController();
  readonly #killed = new AbortController();
  readonly #held = new HeldEvents(this.#stopping.signal);
  #drain: () => Promise<void> = async () => {};
  #filteredBefore = 0;
  ended: Promise<void> = Promise.resolve();

  constructor(options: SinkRunOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { bus, consumer } = this.#options;
    const subscription = await bus.subscribe(consumer, (delivery) => this.#held.take(delivery), {
      concurrency: maxHeldEvents,
    });
    let drained: Promise<void> | undefined;
    this.#drain = () => (drained ??= subscription.drain());
    this.ended = this.#live(subscription.closed);
    // Whoever runs the sink asks for `ended` later; until then a rejection is not unhandled.
    this.ended.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const drained = this.#drain();
    await this.ended.catch(() => {});
    await drained;
  }

  async #live(closed: Promise<void>): Promise<void> {
    const keepAlive = setInterval(() => this.#held.keepAlive(), this.#options.consumer.ackWaitMs / 3);
    let impatience: NodeJS.Timeout | undefined;
    this.#stopping.signal.addEventListener('abort', () => {
      impatience = setTimeout(() => this.#killed.abort(), graceMs);
    });
    const work = this.#work();
    try {
      await Promise.race([work, this.#lost(closed)]);
    } finally {
      this.#stopping.abort();
      await work.catch(() => {});
      clearInterval(keepAlive);
      clearTimeout(impatience);
      // Begun first: what is given back would come again at once, to nobody, and be away until its wait for an ack is over.
      const drained = this.#drain();
      this.#held.giveBack();
      await drained;
    }
  }

  async #lost(closed: Promise<void>): Promise<void> {
    await closed;
    if (this.#stopping.signal.aborted) return new Promise(() => {});
    throw new Error('the subscription ended');
  }

  async #work(): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        const batch = await this.#collect();
        if (batch.length > 0) await this.#deliver(batch);
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** The next events with what passes the filter of each: until the batch is full, or the wait is over. */
  async #collect(): Promise<Read[]> {
    const { size, waitMs } = this.#options;
    const batch: Read[] = [];
    let items = 0;
    let until = Number.POSITIVE_INFINITY;
    while (items < size && batch.length < maxHeldEvents) {
      const next = await this.#held.next(until);
      if (!next) break;
      const read = await this.#read(next);
      batch.push(read);
      items += read.items.length;
      until = Math.min(until, performance.now() + waitMs);
    }
    return batch;
  }

  async #read(held: Held): Promise<Read> {
    for (let attempt = 1; ; attempt++) {
      try {
        const all = await this.#options.readItems(held.delivery);
        const items = this.#options.filter(all);
        return { held, items, filtered: all.length - items.length, error: undefined };
      } catch (error) {
        if (isForGood(error, attempt)) return { held, items: [], filtered: 0, error };
        await this.#retryLater(attempt, error, 'event cannot be read yet');
      }
    }
  }

  async #deliver(batch: Read[]): Promise<void> {
    const { consumer, sink, size } = this.#options;
    const items = batch.flatMap((read) => read.items);
    const span = {
      name: `${consumer.name} deliver`,
      kind: 'consumer',
      traceparent: items[0]?.event.traceparent,
    } as const;
    const { attempts, refused } = await inSpan(span, () =>
      deliverItems(items, {
        sink,
        size,
        killed: this.#killed.signal,
        ready: () => this.#ready(),
        retryLater: (attempt, error) => {
          this.#options.failed?.();
          return this.#retryLater(attempt, error, 'sink did not take a delivery');
        },
      }),
    );
    const errorOf = ({ items, error }: Read) => error ?? refused.get(items[0]?.event.id ?? '');
    const [taken, lost] = [batch.filter((read) => !errorOf(read)), batch.filter((read) => errorOf(read))];
    for (const read of lost) await this.#bury(read, errorOf(read), attempts);
    await this.#reportTaken(taken, attempts);
    for (const { held } of batch) await this.#held.ack(held);
  }

  async #bury({ held: { delivery }, items }: Read, error: unknown, attempts: number): Promise<void> {
    const { bury, describe, log, report } = this.#options;
    const reason = describe(error);
    log.error({ stream: delivery.stream, sequence: delivery.sequence, reason }, 'sink refused an event for good');
    await this.#insist(() => bury(delivery, error));
    const outcome = { outcome: DeliveryOutcome.REFUSED, events: [delivery], findings: findingsOf(items), filtered: 0 };
    await this.#insist(() => report({ ...outcome, attempts, reason, traceparent: items[0]?.event.traceparent }));
  }

  async #reportTaken(taken: readonly Read[], attempts: number): Promise<void> {
    this.#filteredBefore += taken.reduce((sum, { filtered }) => sum + filtered, 0);
    const given = taken.filter(({ items }) => items.length > 0);
    // A filter that lets nothing through would otherwise make an event of every event.
    if (given.length === 0) return;
    const filtered = this.#filteredBefore;
    this.#filteredBefore = 0;
    await this.#insist(() =>
      this.#options.report({
        outcome: DeliveryOutcome.DELIVERED,
        events: given.map(({ held }) => held.delivery),
        findings: given.reduce((sum, { items }) => sum + findingsOf(items), 0),
        filtered,
        attempts,
        reason: '',
        traceparent: given[0]?.items[0]?.event.traceparent,
      }),
    );
  }

  async #insist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        await this.#retryLater(attempt, error, 'outcome of a delivery cannot be published yet');
      }
    }
  }

  async #ready(): Promise<void> {
    const { pace } = this.#options;
    if (!pace) return;
    await pace.wait(this.#stopping.signal);
    if (this.#stopping.signal.aborted) throw new Stopped();
  }

  async #retryLater(attempt: number, error: unknown, what: string): Promise<void> {
    const { describe, log, random = Math.random, pause: wait = pause } = this.#options;
    if (this.#stopping.signal.aborted) throw new Stopped();
    // Only a sink that is opened anew has other credentials.
    if (error instanceof Transient && error.code === credentialRefusedCode) throw error;
    const retryInMs = backoffMs(attempt, error, random());
    log.warn({ attempt, retryInMs, reason: describe(error) }, what);
    await wait(retryInMs, this.#stopping.signal);
    if (this.#stopping.signal.aborted) throw new Stopped();
  }
}

/** An event with the items that the filter lets through; or why it could not be read. */
interface Read {
  held: Held;
  items: SinkItem[];
  filtered: number;
  error: unknown;
}

function findingsOf(items: readonly SinkItem[]): number {
  return items.filter((item) => item.data === undefined).length;
}

/** The error's words without secrets, for logs and events; at most 1000 characters. */
export function describeWith(redact: (text: string) => string): (error: unknown) => string {
  return (error) => redact(explain(error)).slice(0, 1000);
}
