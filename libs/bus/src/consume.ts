// Takes messages from a durable and hands them to a handler, as many at a time as it has hands.
import { explain } from '@assay/contracts';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { ConsumerSpec, Delivery, SubscribeOptions, Subscription } from './bus.ts';
import { fromHeaders } from './headers.ts';

const defaultMaxBytes = 4 * 1024 * 1024;

export async function consume(
  consumer: Consumer,
  spec: ConsumerSpec,
  handle: (delivery: Delivery) => Promise<void>,
  { concurrency = 1, maxBytes = defaultMaxBytes, onDemand = false }: SubscribeOptions,
): Promise<Subscription> {
  const hands = new Hands(concurrency);
  let isDraining = false;
  const take = async (message: JsMsg) => {
    await hands.free();
    if (isDraining) return;
    hands.work(handle(toDelivery(message, spec.stream)));
  };

  let stop: () => Promise<unknown>;
  let loop: Promise<void>;
  if (onDemand) {
    const stopping = new AbortController();
    stop = async () => stopping.abort();
    loop = pullOneByOne(consumer, hands, take, stopping.signal);
  } else {
    const messages = await consumer.consume({ max_bytes: maxBytes, expires: 10_000 });
    stop = () => messages.close();
    loop = (async () => {
      for await (const message of messages) await take(message);
    })();
  }
  return {
    closed: loop,
    drain: async () => {
      isDraining = true;
      await stop();
      await hands.empty();
    },
  };
}

async function pullOneByOne(
  consumer: Consumer,
  hands: Hands,
  take: (message: JsMsg) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await hands.free();
    if (signal.aborted) return;
    try {
      // Short polls, so that a drain is not held up; a message that comes after the drain is redelivered.
      const message = await consumer.next({ expires: 1000 });
      if (message) await take(message);
    } catch (error) {
      if (signal.aborted) return;
      if (/closed|draining/i.test(explain(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Counts what is being handled. */
class Hands {
  readonly #max: number;
  #busy = 0;
  #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  async free(): Promise<void> {
    while (this.#busy >= this.#max) await this.#change();
  }

  async empty(): Promise<void> {
    while (this.#busy > 0) await this.#change();
  }

  work(handled: Promise<void>): void {
    this.#busy++;
    void handled.finally(() => {
      this.#busy--;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function toDelivery(message: JsMsg, stream: string): Delivery {
  return {
    subject: message.subject,
    headers: fromHeaders(message.headers),
    payload: message.data,
    stream,
    sequence: message.seq,
    storedAt: message.time,
    attempt: message.info.deliveryCount,
    ack: async () => message.ack(),
    retry: (delayMs) => message.nak(delayMs),
    stop: () => message.term(),
    working: () => message.working(),
  };
}
