// For benchmarks: what JetStream does with its own client and nothing of ours around it. Publishes messages of one size,
// some waiting for their PubAck at a time, while a durable takes them with an ack each.
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

export interface RawTransport {
  url: string;
  stream: string;
  /** Of the stream's; nobody else may use it. */
  subject: string;
  messages: number;
  /** Bytes of one. */
  size: number;
  /** Messages that wait for their PubAck at the same time. */
  unacked: number;
}

/** Seconds until every message was taken. */
export async function rawTransport({ url, stream, subject, messages, size, unacked }: RawTransport): Promise<number> {
  const connection = await connect({ servers: new URL(url).host });
  const js = jetstream(connection);
  const manager = await jetstreamManager(connection);
  const durable = 'raw-transport';
  await manager.consumers.add(stream, {
    durable_name: durable,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.New,
  });
  try {
    const payload = new Uint8Array(size).fill(7);
    const consumer = await js.consumers.get(stream, durable);
    const taking = await consumer.consume({ max_bytes: 4 * 1024 * 1024 });
    const started = performance.now();
    const taken = (async () => {
      let count = 0;
      for await (const message of taking) {
        message.ack();
        if (++count === messages) return;
      }
    })();
    const pending = new Set<Promise<unknown>>();
    for (let index = 0; index < messages; index++) {
      const sent: Promise<unknown> = js.publish(subject, payload).finally(() => pending.delete(sent));
      pending.add(sent);
      if (pending.size >= unacked) await Promise.race(pending);
    }
    await Promise.all(pending);
    await taken;
    return (performance.now() - started) / 1000;
  } finally {
    await manager.consumers.delete(stream, durable);
    await connection.close();
  }
}
