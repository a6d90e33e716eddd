// The durable of each sink: its name and place in the stream, remembered on the bus, so that it can be deleted when the
// sink was removed while nobody looked. Replicas do the same things in any order and come to the same end.
import { hash } from 'node:crypto';
import { type Bucket, type Bus, type ConsumerSpec, streamOfSubject } from '@assay/bus';
import type { SinkSpec, SinkStart } from '@assay/contracts';

export interface Durable {
  stream: string;
  name: string;
  filter: string;
  start: SinkStart;
}

/** What is remembered of a sink: its durable, and those before it that are not known to be deleted. */
interface Known {
  durable: Durable;
  obsolete: Durable[];
}

export class Durables {
  readonly #bus: Bus;
  readonly #bucket: Bucket;

  constructor(bus: Bus, bucket: Bucket) {
    this.#bus = bus;
    this.#bucket = bucket;
  }

  /** Names of the sinks that have one. */
  sinks(): Promise<string[]> {
    return this.#bucket.keys();
  }

  /** The durable that a sink shall have now; another one that it had before is deleted. */
  async claim(spec: SinkSpec): Promise<Durable> {
    const record = await this.#read(spec.name);
    const wanted = durableOf(spec);
    if (record && isSame(record.durable, wanted)) return this.#settle(spec.name, record);
    const before = record?.durable;
    const durable = before ? await this.#continued(before, wanted, spec) : wanted;
    // Written first: a durable that exists is always known, the one that is to go included.
    const obsolete = [...(record?.obsolete ?? []), ...(before ? [before] : [])];
    await this.#write(spec.name, { durable, obsolete });
    return this.#settle(spec.name, { durable, obsolete });
  }

  /** Deletes the durable of a sink that is gone. */
  async remove(sink: string): Promise<void> {
    const record = await this.#read(sink);
    for (const { stream, name } of record ? [record.durable, ...record.obsolete] : []) {
      await this.#bus.deleteConsumer(stream, name);
    }
    await this.#bucket.delete(sink);
  }

  // What could not be deleted the last time is tried again: nobody reads it, and it would hold back intake one day.
  async #settle(sink: string, { durable, obsolete }: Known): Promise<Durable> {
    for (const old of obsolete) if (!isSame(old, durable)) await this.#bus.deleteConsumer(old.stream, old.name);
    if (obsolete.length > 0) await this.#write(sink, { durable, obsolete: [] });
    return durable;
  }

  async #write(sink: string, known: Known): Promise<void> {
    await this.#bucket.put(sink, Buffer.from(JSON.stringify(known)));
  }

  async #read(sink: string): Promise<Known | undefined> {
    const entry = await this.#bucket.get(sink);
    return entry && (JSON.parse(Buffer.from(entry.value).toString()) as Known);
  }

  // A durable's filter cannot be changed in place: a sink whose subject was edited goes on where the old one was.
  async #continued(before: Durable, wanted: Durable, spec: SinkSpec): Promise<Durable> {
    const isReplay = !before.name.startsWith(prefixOf(spec));
    if (isReplay || before.stream !== wanted.stream) return wanted;
    const state = await this.#bus.consumerState(before.stream, before.name);
    return state ? { ...wanted, start: state.ackedUpTo + 1 } : wanted;
  }
}

export function durableOf(spec: SinkSpec): Durable {
  return {
    stream: streamOfSubject(spec.subject),
    name: `${prefixOf(spec)}${hash('sha256', spec.subject).slice(0, 8)}`,
    filter: spec.subject,
    start: spec.replayFrom ?? spec.start ?? 'all',
  };
}

/** Where the durable begins when it is made. */
export function positionOf(start: SinkStart): NonNullable<ConsumerSpec['start']> {
  if (typeof start === 'number') return start;
  if (start === 'all') return 'all';
  return start === 'new' ? 'new' : new Date(start);
}

function isSame(a: Durable, b: Durable): boolean {
  return a.name === b.name && a.stream === b.stream;
}

function prefixOf(spec: SinkSpec): string {
  return `sink-${spec.name}-${spec.generation}-`;
}
