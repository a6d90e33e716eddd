// Events inside the platform: CloudEvents 1.0 attributes around one message of a topic.
import { hash } from 'node:crypto';
import type { Draft } from './message.ts';
import type { Topic } from './topic.ts';

export interface Event<T = unknown> {
  /** Unique in its source; also the Nats-Msg-Id. */
  readonly id: string;
  readonly topic: Topic<T>;
  /** Who emitted it: "assay/producer", or whatever another system calls itself. */
  readonly source: string;
  /** The subject it travelled on. */
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
  /** W3C Trace Context, when there is one. */
  readonly traceparent?: string;
  /** Deliveries of this event so far, 1 for the first. */
  readonly attempt: number;
  readonly data: T;
}

/** What a handler yields. */
export interface Outgoing<T = unknown> {
  readonly topic: Topic<T>;
  readonly data: T;
  /** Natural key that the id is made from; default: input id, topic and ordinal. */
  readonly key?: string;
}

/** An outgoing event; absent fields of the draft get their defaults. */
export function emit<T>(topic: Topic<T>, data: Draft<T> | T, key?: string): Outgoing<T> {
  const total = topic.message.create(data as Draft<T>);
  return key === undefined ? { topic, data: total } : { topic, data: total, key };
}

/** An outgoing event whose data is already total: nothing is copied. For hot paths. */
export function emitTotal<T>(topic: Topic<T>, data: T, key?: string): Outgoing<T> {
  return key === undefined ? { topic, data } : { topic, data, key };
}

/** The id of the n-th event that an input makes on a topic (design of redelivery: same input, same ids). */
export function outputId(inputId: string, topicName: string, ordinal: number): string {
  return hash('sha256', `1\0${inputId}\0${topicName}\0${ordinal}`).slice(0, 32);
}

/** The id of an event that has a natural key. */
export function keyedId(topicName: string, key: string): string {
  return hash('sha256', `k\0${topicName}\0${key}`).slice(0, 32);
}
