// Reads along with streams without taking anything from anybody: ordered, ephemeral consumers, one a filter.
import { DeliverPolicy, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import type { StoredMessage } from './bus.ts';
import { fromHeaders } from './headers.ts';
import { nouns, streamOf, streamOfSubject } from './streams.ts';

interface TailOptions {
  start: 'all' | 'new' | Date;
  signal: AbortSignal;
}

/** Asked for at a time, and read ahead of who takes them: a batch of findings is a thousand times a log line. */
const maxBytes = 4 * 1024 * 1024;

export async function* tail(
  js: JetStreamClient,
  filters: readonly string[],
  options: TailOptions,
): AsyncIterable<StoredMessage> {
  const sources = filters.flatMap(perStream);
  const queue: StoredMessage[] = [];
  let queuedBytes = 0;
  let wake = () => {};
  let failure: unknown;
  const readers = sources.map(async ({ stream, filter }) => {
    const consumer = await js.consumers.get(stream, { filter_subjects: filter, ...startOf(options.start) });
    const messages = await consumer.consume({ max_bytes: maxBytes, expires: 10_000 });
    const stop = () => void messages.close();
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.signal.aborted) stop();
    for await (const message of messages) {
      queue.push(toStored(message, stream));
      queuedBytes += message.data.length;
      wake();
      // Backpressure: a reader that does not keep up stops the pulls, not the process.
      while ((queuedBytes > maxBytes || queue.length > 4096) && !options.signal.aborted)
        await new Promise((resolve) => setTimeout(resolve, 20));
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
    if (message) {
      queuedBytes -= message.payload.length;
      yield message;
    } else
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || options.signal.aborted || failure) resolve();
      });
  }
}

/** What a filter of one noun matches now, oldest first, as fast as it is taken. */
export async function* replay(
  js: JetStreamClient,
  filter: string,
  { start, signal }: { start: 'all' | Date; signal: AbortSignal },
): AsyncIterable<StoredMessage> {
  const stream = streamOfSubject(filter);
  const consumer = await js.consumers.get(stream, { filter_subjects: filter, ...startOf(start) });
  let left = (await consumer.info()).num_pending;
  if (left === 0 || signal.aborted) return;
  const messages = await consumer.consume({ max_bytes: maxBytes, expires: 10_000 });
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const message of messages) {
      yield toStored(message, stream);
      // Some may have gone by age since they were counted.
      if (--left <= 0 || message.info.pending === 0) return;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await messages.close();
  }
}

function toStored(message: JsMsg, stream: string): StoredMessage {
  return {
    subject: message.subject,
    headers: fromHeaders(message.headers),
    payload: message.data,
    stream,
    sequence: message.seq,
    storedAt: message.time,
  };
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
