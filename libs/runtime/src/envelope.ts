// CloudEvents 1.0 on the wire: binary mode with attributes in headers, or structured JSON; protobuf or JSON data.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
import { hash } from 'node:crypto';
import type { BlobStore } from '@assay/blobs';
import type { StoredMessage, WireMessage } from '@assay/bus';
import { type Event, explain, InvalidInput, type Topic, topicOfSubject } from '@assay/contracts';
import { decodeContent, encodeContent } from './content-encoding.ts';

/** Payloads above this go to a blob (claim check). A full batch of findings and what stands beside it stays below. */
export const maxInlineBytes = 576 * 1024;
/** Most bytes that a claim check may bring back. */
const maxClaimedBytes = 256 * 1024 * 1024;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const isTraceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const protobufType = 'application/protobuf';
const jsonType = 'application/json';
const structuredType = 'application/cloudevents+json';

export interface Attributes {
  id: string;
  /** Who emits it, e.g. "assay/producer". */
  source: string;
  /** RFC 3339. */
  time: string;
  traceparent?: string | undefined;
}

export async function toWire<T>(
  topic: Topic<T>,
  data: T,
  attributes: Attributes,
  blobs: BlobStore,
): Promise<WireMessage> {
  const plain = topic.message.encode(data as never);
  const { payload, encoding } = topic.isCompressed ? encodeContent(plain) : { payload: plain, encoding: undefined };
  const headers: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': encodeValue(attributes.id),
    'ce-type': topic.type,
    'ce-source': encodeValue(attributes.source),
    'ce-time': attributes.time,
    'content-type': protobufType,
  };
  if (encoding) headers['content-encoding'] = encoding;
  const about = topic.about(data);
  if (about) headers['ce-subject'] = encodeValue(about);
  if (attributes.traceparent) headers['traceparent'] = attributes.traceparent;
  const subject = topic.subject(data);
  if (payload.length <= maxInlineBytes) return { subject, headers, payload };
  const ref = await blobs.put(payload, { mediaType: protobufType });
  return {
    subject,
    headers: { ...headers, 'assay-blob': ref.digest, 'assay-blob-size': String(ref.size) },
    payload: new Uint8Array(),
  };
}

/** Reads a message of a topic, however it was sent. Throws InvalidInput "event.*" when it is none. */
export async function fromWire<T>(
  message: StoredMessage & { attempt?: number },
  topic: Topic<T>,
  blobs: BlobStore,
): Promise<Event<T>> {
  const sent = await claimed(message, blobs);
  const payload = decodeContent(sent, message.headers['content-encoding'], message.subject);
  const structured = isStructured(message, payload) ? parseJson(payload, message.subject) : undefined;
  const attribute = (name: string): string => {
    const value = structured ? structured[name] : decodeValue(message.headers[`ce-${name}`] ?? '');
    return typeof value === 'string' ? value : '';
  };
  const type = attribute('type');
  if (type && type !== topic.type) {
    throw new InvalidInput(`the event on ${message.subject} says it is a ${type}; expected ${topic.type}`, {
      code: 'event.type',
    });
  }
  const source = attribute('source') || 'unknown';
  const traceparent = message.headers['traceparent'] ?? attribute('traceparent');
  // Handed on as a header: what is none would be refused by every receiver for ever.
  const isTrace = isTraceparent.test(traceparent);
  return {
    id: idOf(message, attribute('id'), source),
    topic,
    source,
    subject: message.subject,
    time: attribute('time') || message.storedAt.toISOString(),
    ...(isTrace ? { traceparent } : {}),
    attempt: message.attempt ?? 1,
    data: structured
      ? structuredData(structured, topic, message.subject)
      : readData(payload, message.headers['content-type'], topic, message.subject),
  };
}

/** Reads data given as protobuf or in the JSON mapping; without a content type, "{" tells JSON (no message of ours begins so). */
export function readData<T>(payload: Uint8Array, contentType: string | undefined, topic: Topic<T>, where: string): T {
  const isJson = contentType ? contentType.startsWith(jsonType) : payload[0] === 0x7b;
  if (isJson) return fromJson(topic, parseJson(payload, where), where);
  if (contentType && !/^application\/(x-)?protobuf|^application\/octet-stream/.test(contentType)) {
    throw new InvalidInput(
      `content type ${contentType.slice(0, 80)} on ${where} is not known: send ${protobufType} or ${jsonType}`,
      { code: 'event.content-type' },
    );
  }
  try {
    return topic.message.decode(payload);
  } catch (cause) {
    throw new InvalidInput(`the payload on ${where} is no ${topic.message.name}`, { code: 'event.payload', cause });
  }
}

/** Data of a topic from its JSON mapping. */
export function fromJson<T>(topic: Topic<T>, json: unknown, where: string): T {
  try {
    const full = topic.json.fromJson(json);
    return (
      topic.json === (topic.message as unknown) ? full : topic.message.decode(topic.json.encode(full as never))
    ) as T;
  } catch (cause) {
    throw new InvalidInput(`the data on ${where} does not fit: ${explain(cause)}`, { code: 'event.data', cause });
  }
}

/** A stored message as structured CloudEvents JSON, for people and SSE. Unknown topics keep their payload as base64. */
export async function toStructured(message: StoredMessage, blobs: BlobStore): Promise<Record<string, unknown>> {
  const topic = topicOfSubject(message.subject);
  const attributes = Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) =>
      name.startsWith('ce-') ? [[name.slice(3), decodeValue(value)]] : [],
    ),
  );
  const common = {
    specversion: '1.0',
    id: `${message.stream}:${message.sequence}`,
    source: 'unknown',
    type: topic?.type ?? 'unknown',
    ...attributes,
    assaysubject: message.subject,
  };
  if (!topic) return { ...common, data_base64: Buffer.from(message.payload).toString('base64') };
  const event = await fromWire(message, topic, blobs);
  return {
    ...common,
    id: attributes['id'] ?? common.id,
    time: event.time,
    datacontenttype: jsonType,
    data: topic.json.toJson(topic.json.decode(topic.message.encode(event.data as never)) as never),
  };
}

async function claimed(message: StoredMessage, blobs: BlobStore): Promise<Uint8Array> {
  const digest = message.headers['assay-blob'];
  if (!digest || message.payload.length > 0) return message.payload;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blobs.get(digest)) {
    size += chunk.length;
    if (size > maxClaimedBytes)
      throw new InvalidInput(`the blob of an event on ${message.subject} is larger than ${maxClaimedBytes} bytes`, {
        code: 'event.too-large',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// A source may be anybody: its ids are unique only together with it (CloudEvents 1.0, "id").
function idOf(message: StoredMessage, id: string, source: string): string {
  if (!id) return message.headers['nats-msg-id'] ?? `${message.stream}-${message.sequence}`;
  return source.startsWith('assay/') ? id : hash('sha256', `${source}\0${id}`).slice(0, 32);
}

function isStructured(message: StoredMessage, payload: Uint8Array): boolean {
  const contentType = message.headers['content-type'];
  if (contentType) return contentType.startsWith(structuredType);
  return (
    payload[0] === 0x7b &&
    message.headers['ce-specversion'] === undefined &&
    Buffer.from(payload.subarray(0, 4096)).includes('"specversion"')
  );
}

function structuredData<T>(event: Record<string, unknown>, topic: Topic<T>, where: string): T {
  const base64 = event['data_base64'];
  const contentType = event['datacontenttype'];
  if (typeof base64 === 'string')
    return readData(
      Buffer.from(base64, 'base64'),
      typeof contentType === 'string' ? contentType : protobufType,
      topic,
      where,
    );
  return fromJson(topic, event['data'] ?? {}, where);
}

function parseJson(payload: Uint8Array, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new InvalidInput(`the payload on ${where} is no JSON`, { code: 'event.json', cause });
  }
  throw new InvalidInput(`the payload on ${where} is no JSON object`, { code: 'event.json' });
}

/** Percent-encodes what a header value may not hold (HTTP binding, section 3.1.3.2). */
export function encodeValue(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => {
    return [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('');
  });
}

export function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A stray "%" is what it looks like.
    return value;
  }
}
