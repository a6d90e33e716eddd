// Server-sent events: reads along with the bus for one client, no faster than the client reads.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { ServerResponse } from 'node:http';
import { nouns, type StoredMessage, streamOf } from '@assay/bus';
import { explain, InvalidInput, topicOfSubject } from '@assay/contracts';
import { toStructured } from '@assay/runtime';
import type { Gateway } from './gateway.ts';
import { pacedWriter, TooSlow } from './paced-writer.ts';

export interface Position {
  start: 'all' | 'new' | Date;
  /** The last event that the client has; it and what came before it in its stream is left out. */
  seen?: { stream: string; sequence: number };
}

/** Where to go on after Last-Event-ID "stream:sequence". */
export async function resumeAfter(gateway: Gateway, lastEventId: string): Promise<Position> {
  const noun = nouns.find((each) => lastEventId.startsWith(`${streamOf(each)}:`));
  const digits = lastEventId.slice(lastEventId.indexOf(':') + 1);
  if (noun === undefined || !/^\d{1,15}$/.test(digits))
    throw new InvalidInput('Last-Event-ID must be what the stream gave: "stream:sequence"', { code: 'event.last-id' });
  const seen = { stream: streamOf(noun), sequence: Number(digits) };
  const message = await gateway.bus.messageAt(seen.stream, seen.sequence);
  if (message) return { start: message.storedAt, seen };
  // It is gone by age or by hand: go on with the next that is there.
  const [next] = await gateway.bus.messages(seen.stream, `assay.${noun}.>`, { from: seen.sequence + 1, limit: 1 });
  return { start: next?.storedAt ?? gateway.now(), seen };
}

/** Writes events until the client goes, does not keep up, or the service drains. Never rejects. */
export async function followEvents(
  gateway: Gateway,
  response: ServerResponse,
  subjects: readonly string[],
  { start, seen }: Position,
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, gateway.signal]);
  response.on('close', () => ending.abort());
  response.on('error', () => ending.abort());
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // What ends here ends for good: a stopping gateway would wait for a connection that nobody uses any more.
    connection: 'close',
    // Proxies would hold back what is small.
    'x-accel-buffering': 'no',
  });
  const write = pacedWriter(response, gateway.config.slowFollowerMs, signal);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n');
  }, gateway.config.heartbeatMs);
  let farewell = 'the gateway stops; connect again';
  try {
    await write(': following\nretry: 2000\n\n');
    for await (const message of gateway.bus.tail(subjects, { start, signal })) {
      if (seen && message.stream === seen.stream && message.sequence <= seen.sequence) continue;
      await write(await frameOf(gateway, message));
    }
  } catch (error) {
    farewell =
      error instanceof TooSlow
        ? 'disconnected: events were not read fast enough; connect again'
        : 'the bus is not there; connect again';
    if (!(error instanceof TooSlow) && !signal.aborted)
      gateway.log.warn({ err: explain(error) }, 'event stream broke off');
  } finally {
    clearInterval(heartbeat);
    ending.abort();
    response.end(`: ${farewell}\n\n`);
    // A client that does not read does not read this either.
    setTimeout(() => response.destroy(), 1000).unref();
  }
}

async function frameOf(gateway: Gateway, message: StoredMessage): Promise<string> {
  const event = await readable(gateway, message);
  return `id: ${message.stream}:${message.sequence}\ndata: ${JSON.stringify(withoutReport(message, event))}\n\n`;
}

// What cannot be read is named, not left out and not the end of the stream: it will be in the dead letters.
async function readable(gateway: Gateway, message: StoredMessage): Promise<Record<string, unknown>> {
  try {
    return await toStructured(message, gateway.blobs);
  } catch (error) {
    return {
      specversion: '1.0',
      id: `${message.stream}:${message.sequence}`,
      source: 'assay/gateway',
      type: topicOfSubject(message.subject)?.type ?? 'unknown',
      assaysubject: message.subject,
      assayerror: explain(error).slice(0, 500),
    };
  }
}

/** A raw report that came inline by the bus is for the producer only: it may hold secrets. */
function withoutReport(message: StoredMessage, event: Record<string, unknown>): Record<string, unknown> {
  if (!message.subject.startsWith('assay.report.submitted.'))
    return message.subject.startsWith('assay.dead.') ? withoutData(event) : event;
  if (typeof event['data'] !== 'object' || event['data'] === null) return withoutData(event);
  const { content, text, ...data } = event['data'] as Record<string, unknown>;
  return { ...event, data };
}

function withoutData({ data, data_base64: base64, ...attributes }: Record<string, unknown>): Record<string, unknown> {
  return attributes;
}
