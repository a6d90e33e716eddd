// Leases: who works on which partition or schedule. Keys of a bucket whose entries vanish unless they are renewed, so
// a replica that dies gives up what it held. Replicas share fairly: nobody holds more than its part.
import { randomUUID } from 'node:crypto';
import type { Bucket } from '@assay/bus';
import { explain } from '@assay/contracts';
import type { Logger } from 'pino';

export const leaseBucket = 'leases';

export interface LeaseOptions {
  bucket: Bucket;
  service: string;
  /** What can be held, e.g. ["p00", … "p15", "schedule-assess"]. */
  names: readonly string[];
  /** A lease that is not renewed this long is free. Milliseconds; that of the bucket. */
  ttlMs: number;
  gained(name: string): Promise<void>;
  /** Resolves when work on it has stopped. */
  lost(name: string): Promise<void>;
  log: Logger;
}

export class Leases {
  readonly #options: LeaseOptions;
  readonly #replica = randomUUID().slice(0, 8);
  readonly #held = new Map<string, { revision: number; renewedAt: number }>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#turn();
    this.#timer = setInterval(() => {
      this.#round = this.#round.then(() => this.#turn());
    }, this.#options.ttlMs / 4);
  }

  /** Stops the work and hands the leases over at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#round;
    const { bucket } = this.#options;
    await bucket.delete(this.#member()).catch(() => {});
    await Promise.all([...this.#held.keys()].map((name) => this.#release(name)));
  }

  async #turn(): Promise<void> {
    if (this.#isStopped) return;
    const { bucket, service, names, log } = this.#options;
    try {
      await bucket.put(this.#member(), encode(this.#replica));
      const keys = await bucket.keys();
      const members = keys.filter((key) => key.startsWith(`${service}.member.`)).length || 1;
      const taken = new Set(
        keys.filter((key) => key.startsWith(`${service}.lease.`)).map((key) => key.slice(`${service}.lease.`.length)),
      );
      await this.#renew();
      const share = Math.ceil(names.length / members);
      for (const name of [...this.#held.keys()].slice(share)) await this.#release(name);
      // Free ones in an order of our own, so that two replicas that start together rarely want the same one.
      const free = names.filter((name) => !taken.has(name) && !this.#held.has(name));
      const offset = Number.parseInt(this.#replica.slice(0, 4), 16) % Math.max(1, free.length);
      for (const name of [...free.slice(offset), ...free.slice(0, offset)]) {
        if (this.#held.size >= share) break;
        await this.#acquire(name);
      }
    } catch (error) {
      log.warn({ err: explain(error) }, 'leases could not be renewed');
      await this.#dropExpired();
    }
  }

  async #acquire(name: string): Promise<void> {
    const { bucket, service, gained } = this.#options;
    const revision = await bucket.put(`${service}.lease.${name}`, encode(this.#replica), 0);
    if (revision === undefined) return;
    this.#held.set(name, { revision, renewedAt: Date.now() });
    try {
      await gained(name);
    } catch (error) {
      // Held without being worked on, it would stand still for ever: whoever can shall take it.
      await this.#release(name);
      throw error;
    }
  }

  async #renew(): Promise<void> {
    const { bucket, service } = this.#options;
    await Promise.all(
      [...this.#held].map(async ([name, { revision }]) => {
        const next = await bucket.put(`${service}.lease.${name}`, encode(this.#replica), revision);
        if (next === undefined) await this.#giveUp(name);
        else this.#held.set(name, { revision: next, renewedAt: Date.now() });
      }),
    );
  }

  async #release(name: string): Promise<void> {
    const revision = this.#held.get(name)?.revision;
    await this.#giveUp(name);
    // Only while it is still ours: the work may have taken longer to end than the lease lived.
    await this.#options.bucket.delete(`${this.#options.service}.lease.${name}`, revision).catch(() => {});
  }

  async #giveUp(name: string): Promise<void> {
    if (!this.#held.delete(name)) return;
    await this.#options.lost(name);
  }

  // Without the bus a lease runs out by itself; then somebody else may hold it.
  async #dropExpired(): Promise<void> {
    const limit = Date.now() - this.#options.ttlMs;
    for (const [name, { renewedAt }] of this.#held) if (renewedAt < limit) await this.#giveUp(name);
  }

  #member(): string {
    return `${this.#options.service}.member.${this.#replica}`;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
