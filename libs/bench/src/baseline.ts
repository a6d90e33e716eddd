// What every other figure is read against: messages of one size with a PubAck each, taken from a durable with an ack
// each, on file storage; by JetStream's own client, and by our bus on it, one after the other.
import { type Bus, streamOf } from '@assay/bus';
import { rawTransport } from '@assay/bus/testing/raw-transport';

/** Messages that wait for their PubAck at the same time, as many as a handler's. */
const unacked = 32;

export interface Transport {
  /** Bytes a second. */
  raw: number;
  ours: number;
}

/** Publishes and consumes at the same time, as a stage of the platform does. */
export async function measureTransport(
  { bus, url }: { bus: Bus; url: string },
  messages: number,
  size: number,
): Promise<Transport> {
  const stream = streamOf('artifact');
  const subject = 'assay.artifact.benched.raw';
  const seconds = await rawTransport({ url, stream, subject, messages, size, unacked });
  return { raw: (messages * size) / seconds, ours: (messages * size) / (await overBus(bus, messages, size)) };
}

async function overBus(bus: Bus, messages: number, size: number): Promise<number> {
  const spec = {
    stream: streamOf('artifact'),
    name: 'bench',
    filter: 'assay.artifact.benched.ours',
    ackWaitMs: 30_000,
    start: 'new' as const,
  };
  await bus.ensureConsumer(spec);
  const payload = new Uint8Array(size).fill(7);
  const started = performance.now();
  let taken = 0;
  let finish = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const subscription = await bus.subscribe(spec, async (delivery) => {
    await delivery.ack();
    if (++taken === messages) finish();
  });
  const pending = new Set<Promise<unknown>>();
  for (let index = 0; index < messages; index++) {
    const sent: Promise<unknown> = bus
      .publish({ subject: spec.filter, headers: {}, payload }, `bench-${index}`)
      .finally(() => pending.delete(sent));
    pending.add(sent);
    if (pending.size >= unacked) await Promise.race(pending);
  }
  await Promise.all(pending);
  await all;
  const seconds = (performance.now() - started) / 1000;
  await subscription.drain();
  await bus.deleteConsumer(spec.stream, spec.name);
  return seconds;
}
