// Reads along with streams without taking anything from anybody: ordered, ephemeral consumers, one a filter.
import { DeliverPolicy, type JetStreamClient } from '@nats-io/jetstream';
import type { StoredMessage } from './bus.ts';
import { fromHeaders } from './headers.ts';
import { nouns, streamOf } from './streams.ts';

interface TailOptions {
  start: 'all' | 'new' | Date;
  signal: AbortSignal;
}

export async function* tail(
  js: JetStreamClient,
  filters: readonly string[],
  options: TailOptions,
): AsyncIterable<StoredMessage> {
  const sources = filters.flatMap(perStream);
  const queue: StoredMessage[] = [];
  let wake = () => {};
  let failure: unknown;
  const readers = sources.map(async ({ stream, filter }) => {
    const consumer = await js.consumers.get(stream, { filter_subjects: filter, ...startOf(options.start) });
    const messages = await consumer.consume({ max_messages: 256, expires: 10_000 });
    const stop = () => void messages.close();
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.signal.aborted) stop();
    for await (const message of messages) {
      queue.push({
        subject: message.subject,
        headers: fromHeaders(message.headers),
        payload: message.data,
        stream,
        sequence: message.seq,
        storedAt: message.time,
      });
      wake();
      // Backpressure: a reader that does not keep up stops the pulls, not the process.
      while (queue.length > 512 && !options.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  for (const reader of readers) {
    reader.catch((error) => {
      failure = error;
      wake();
    });
  }
  const onAbort = () => wake();
  options.signal.addEventListener('abort', onAbort, { once: true });
  while (!options.signal.aborted) {
    if (failure) throw failure;
    const message = queue.shift();
    if (message) yield message;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || options.signal.aborted || failure) resolve();
      });
  }
}

function perStream(filter: string): { stream: string; filter: string }[] {
  const [root, noun, ...rest] = filter.split('.');
  if (root !== 'assay') return [];
  if (noun === '>' || noun === undefined)
    return nouns.map((name) => ({ stream: streamOf(name), filter: `assay.${name}.>` }));
  if (noun === '*')
    return nouns.map((name) => ({ stream: streamOf(name), filter: ['assay', name, ...rest].join('.') }));
  return nouns.includes(noun) ? [{ stream: streamOf(noun), filter }] : [];
}

function startOf(start: TailOptions['start']): { deliver_policy?: DeliverPolicy; opt_start_time?: string } {
  if (start === 'all') return { deliver_policy: DeliverPolicy.All };
  if (start === 'new') return { deliver_policy: DeliverPolicy.New };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.toISOString() };
}
