// What JetStream itself does with the same client: publish messages of one size with a PubAck each, and take them
// from a durable with an ack each, on file storage. Every other figure is read against this one.
import { type Bus, streamOf } from '@assay/bus';

export interface Transport {
  messages: number;
  bytes: number;
  seconds: number;
}

/** Publishes and consumes at the same time, as a stage of the platform does. */
export async function measureTransport(bus: Bus, messages: number, size: number): Promise<Transport> {
  const subject = `assay.artifact.benched.${size}`;
  const spec = {
    stream: streamOf('artifact'),
    name: `bench-${size}`,
    filter: subject,
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
      .publish({ subject, headers: {}, payload }, `bench-${size}-${index}`)
      .finally(() => pending.delete(sent));
    pending.add(sent);
    if (pending.size >= 32) await Promise.race(pending);
  }
  await Promise.all(pending);
  await all;
  const seconds = (performance.now() - started) / 1000;
  await subscription.drain();
  await bus.deleteConsumer(spec.stream, spec.name);
  return { messages, bytes: messages * size, seconds };
}
