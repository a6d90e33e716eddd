// CloudEvents 1.0 over HTTP: binary, structured and batched. What comes out is the same for all three.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import type { IncomingHttpHeaders } from 'node:http';
import { InvalidInput, type Topic } from '@assay/contracts';
import { decodeValue, fromJson } from '@assay/runtime';
import { parseJson } from './json.ts';

/** One event as a client sent it; its data is not read yet. */
export interface ClientEvent {
  id: string;
  source: string;
  type: string;
  traceparent?: string;
  data: { json: unknown } | { bytes: Uint8Array };
}

/** Most events of one batch. */
const maxBatch = 100;
const structured = 'application/cloudevents+json';
const batched = 'application/cloudevents-batch+json';

/** The events of a request. Throws InvalidInput "event.*" naming the attribute that is wrong. */
export function readEvents(
  headers: IncomingHttpHeaders,
  body: Uint8Array,
): { events: ClientEvent[]; isBatch: boolean } {
  const mediaType = mediaTypeOf(headers['content-type'] ?? '');
  if (mediaType === batched) {
    const list = parseJson(body, 'the batch');
    if (!Array.isArray(list)) throw invalid('batch', 'a batch must be a JSON array of events');
    if (list.length > maxBatch) throw invalid('too-large', `a batch may hold at most ${maxBatch} events; send several`);
    return { events: list.map((each, index) => fromStructured(each, `event ${index} of the batch`)), isBatch: true };
  }
  if (mediaType === structured)
    return { events: [fromStructured(parseJson(body, 'the event'), 'the event')], isBatch: false };
  if (headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined)
    return { events: [fromBinary(headers, mediaType, body)], isBatch: false };
  throw invalid(
    'mode',
    `send a CloudEvent: headers ce-id, ce-source, ce-specversion and ce-type with the data as body, or content-type ${structured}`,
  );
}

/** The event's data as a message of its topic. Throws InvalidInput "event.data" naming the field that does not fit. */
export function dataOf<T>(event: ClientEvent, topic: Topic<T>): T {
  const { data } = event;
  if ('json' in data) return fromJson(topic, data.json, topic.type);
  try {
    // Read whole: where the topic's own view is lazy, a broken part would be found only by whoever reads it.
    topic.json.decode(data.bytes);
    return topic.message.decode(data.bytes);
  } catch (cause) {
    throw new InvalidInput(`the data of event ${event.id.slice(0, 80)} is not a protobuf ${topic.json.name}`, {
      code: 'event.data',
      cause,
    });
  }
}

function fromBinary(headers: IncomingHttpHeaders, mediaType: string, body: Uint8Array): ClientEvent {
  const attribute = (name: string): unknown => {
    const value = headers[`ce-${name}`];
    return typeof value === 'string' ? decodeValue(value) : value;
  };
  return withAttributes(attribute, 'the event', (where) => {
    if (mediaType === 'application/json' || mediaType === '') return { json: parseJson(body, `${where}’s data`) };
    if (isProtobuf(mediaType)) return { bytes: body };
    throw contentType(mediaType, where);
  });
}

function fromStructured(given: unknown, where: string): ClientEvent {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('structure', `${where} must be a JSON object`);
  const event = given as Record<string, unknown>;
  return withAttributes(
    (name) => event[name],
    where,
    () => {
      const { data_base64: base64, datacontenttype } = event;
      const mediaType = typeof datacontenttype === 'string' ? mediaTypeOf(datacontenttype) : '';
      if (base64 === undefined) return { json: event['data'] ?? {} };
      if (typeof base64 !== 'string' || event['data'] !== undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
        throw invalid('attribute', `${where}: data_base64 must be base64, and instead of data`);
      const bytes = Buffer.from(base64, 'base64');
      if (mediaType === 'application/json') return { json: parseJson(bytes, `${where}’s data`) };
      if (mediaType === '' || isProtobuf(mediaType)) return { bytes };
      throw contentType(mediaType, where);
    },
  );
}

function withAttributes(
  attribute: (name: string) => unknown,
  where: string,
  data: (where: string) => ClientEvent['data'],
): ClientEvent {
  const needed = (name: string): string => {
    const value = attribute(name);
    if (typeof value === 'string' && /^\P{Cc}{1,1024}$/u.test(value)) return value;
    throw invalid(
      'attribute',
      `${where} needs the attribute "${name}": a string of 1 to 1024 characters, none of them a control character`,
    );
  };
  const version = needed('specversion');
  if (version !== '1.0')
    throw invalid('attribute', `${where}: specversion must be "1.0", not "${version.slice(0, 20)}"`);
  const trace = attribute('traceparent');
  return {
    id: needed('id'),
    source: needed('source'),
    type: needed('type'),
    // One that is none starts a trace of its own, as the standard says (https://www.w3.org/TR/trace-context/).
    ...(typeof trace === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(trace)
      ? { traceparent: trace }
      : {}),
    data: data(where),
  };
}

function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isProtobuf(mediaType: string): boolean {
  return [
    'application/protobuf',
    'application/x-protobuf',
    'application/vnd.google.protobuf',
    'application/octet-stream',
  ].includes(mediaType);
}

function contentType(mediaType: string, where: string): InvalidInput {
  return invalid(
    'content-type',
    `${where}: data of type ${mediaType.slice(0, 80)} is not known; send application/json or application/protobuf`,
  );
}

function invalid(code: string, message: string): InvalidInput {
  return new InvalidInput(message, { code: `event.${code}` });
}
