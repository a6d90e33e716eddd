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
    const before = await this.#read(spec.name);
    const wanted = durableOf(spec);
    if (before?.name === wanted.name && before.stream === wanted.stream) return before;
    const durable = before ? await this.#continued(before, wanted, spec) : wanted;
    // Written first: a durable that exists is always known.
    await this.#bucket.put(spec.name, Buffer.from(JSON.stringify(durable)));
    if (before) await this.#bus.deleteConsumer(before.stream, before.name);
    return durable;
  }

  /** Deletes the durable of a sink that is gone. */
  async remove(sink: string): Promise<void> {
    const durable = await this.#read(sink);
    if (durable) await this.#bus.deleteConsumer(durable.stream, durable.name);
    await this.#bucket.delete(sink);
  }

  async #read(sink: string): Promise<Durable | undefined> {
    const entry = await this.#bucket.get(sink);
    return entry && (JSON.parse(Buffer.from(entry.value).toString()) as Durable);
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

function prefixOf(spec: SinkSpec): string {
  return `sink-${spec.name}-${spec.generation}-`;
}
