// The events that a sink holds: taken from its durable in order, kept alive until they are acked or given back.
import type { Delivery } from '@assay/bus';

/** Most events a sink holds unacked, however large its batches are: at 512 KiB an event, 24 MiB. */
export const maxHeldEvents = 48;

export interface Held {
  delivery: Delivery;
  settled: () => void;
}

export class HeldEvents {
  readonly #stopping: AbortSignal;
  /** Every unacked event by its sequence, in order. */
  readonly #held = new Map<number, Held>();
  /** Taken from the stream, not yet asked for. */
  #queue: Held[] = [];
  /** Sequences that were acked lately: a server that did not hear of it sends them again. */
  readonly #acked = new Set<number>();
  #wake: () => void = () => {};

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => this.#wake());
  }

  /** Handles a delivery: resolves when it is settled. */
  take(delivery: Delivery): Promise<void> {
    if (this.#stopping.aborted) {
      delivery.retry(0);
      return Promise.resolve();
    }
    if (this.#acked.has(delivery.sequence)) return delivery.ack();
    if (this.#held.has(delivery.sequence)) return Promise.resolve();
    return new Promise((settled) => {
      const held = { delivery, settled };
      this.#held.set(delivery.sequence, held);
      this.#queue.push(held);
      this.#wake();
    });
  }

  /** The next event; undefined when none comes until the time (of performance.now) or the stop. */
  async next(until: number): Promise<Held | undefined> {
    for (;;) {
      const next = this.#queue.shift();
      const left = until - performance.now();
      if (next || left <= 0 || this.#stopping.aborted) return next;
      await this.#arrival(left);
    }
  }

  async ack({ delivery, settled }: Held): Promise<void> {
    await delivery.ack();
    this.#acked.add(delivery.sequence);
    const [oldest] = this.#acked;
    if (this.#acked.size > 8 * maxHeldEvents && oldest !== undefined) this.#acked.delete(oldest);
    this.#held.delete(delivery.sequence);
    settled();
  }

  keepAlive(): void {
    for (const { delivery } of this.#held.values()) delivery.working();
  }

  giveBack(): void {
    for (const { delivery, settled } of this.#held.values()) {
      delivery.retry(0);
      settled();
    }
    this.#held.clear();
    this.#queue = [];
  }

  async #arrival(mostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (Number.isFinite(mostMs)) timer = setTimeout(resolve, mostMs);
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
