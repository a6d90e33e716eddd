// Takes messages from a durable and hands them to a handler, as many at a time as it has hands. What waits for a hand
// is kept alive, and given back when the subscription ends: no message is handled twice only because it had to wait.
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
  const give = (message: JsMsg) => hands.work(handle(toDelivery(message, spec.stream)));
  const source = onDemand
    ? pullOneByOne(consumer, hands, give)
    : await pullAhead(consumer, hands, give, { maxBytes, ackWaitMs: spec.ackWaitMs });
  // Whoever cares asks for `closed`; until then a rejection is not unhandled.
  source.closed.catch(() => {});
  return {
    closed: source.closed,
    drain: async () => {
      await source.stop();
      await hands.empty();
    },
  };
}

interface Source {
  closed: Promise<void>;
  /** Hands out no more and gives back what waits. */
  stop(): Promise<void>;
}

/** Asks for bytes ahead of the hands; the durable's limit of unacked messages bounds what waits. */
async function pullAhead(
  consumer: Consumer,
  hands: Hands,
  give: (message: JsMsg) => void,
  { maxBytes, ackWaitMs }: { maxBytes: number; ackWaitMs: number },
): Promise<Source> {
  const waiting: JsMsg[] = [];
  let isStopped = false;
  const handOut = () => {
    while (!isStopped && hands.hasFree) {
      const message = waiting.shift();
      if (!message) return;
      give(message);
    }
  };
  hands.onFree = handOut;
  const messages = await consumer.consume({
    max_bytes: maxBytes,
    expires: 10_000,
    callback: (message) => {
      if (isStopped) message.nak();
      else waiting.push(message);
      handOut();
    },
  });
  const keepAlive = setInterval(() => {
    for (const message of waiting) message.working();
  }, ackWaitMs / 3);
  const closed = messages.closed().then((error) => {
    clearInterval(keepAlive);
    if (error instanceof Error) throw error;
  });
  return {
    closed,
    stop: async () => {
      isStopped = true;
      for (const message of waiting.splice(0)) message.nak();
      await messages.close();
    },
  };
}

function pullOneByOne(consumer: Consumer, hands: Hands, give: (message: JsMsg) => void): Source {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async () => {
    while (!signal.aborted) {
      await hands.free();
      if (signal.aborted) return;
      try {
        // Short polls, so that a drain is not held up.
        const message = await consumer.next({ expires: 1000 });
        if (!message) continue;
        if (signal.aborted) message.nak();
        else give(message);
      } catch (error) {
        if (signal.aborted) return;
        if (/closed|draining/i.test(explain(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  const closed = loop();
  return {
    closed,
    stop: async () => {
      stopping.abort();
      await closed.catch(() => {});
    },
  };
}

/** Counts what is being handled. */
class Hands {
  readonly #max: number;
  #busy = 0;
  #waiting: (() => void)[] = [];
  /** Called when a hand comes free. */
  onFree = () => {};

  constructor(max: number) {
    this.#max = max;
  }

  get hasFree(): boolean {
    return this.#busy < this.#max;
  }

  async free(): Promise<void> {
    while (!this.hasFree) await this.#change();
  }

  async empty(): Promise<void> {
    while (this.#busy > 0) await this.#change();
  }

  work(handled: Promise<void>): void {
    this.#busy++;
    const done = () => {
      this.#busy--;
      for (const resolve of this.#waiting.splice(0)) resolve();
      this.onFree();
    };
    // A handler settles its own failures; one that does not must not take the process with it.
    handled.then(done, done);
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
