// From a stored message to what sinks take: a record for each finding, or the event's data in JSON.
import type { StoredMessage } from '@assay/bus';
import {
  type Batch,
  type FindingRecord,
  InvalidInput,
  identityAt,
  messageType,
  type RecordWriter,
  recordAt,
  topicOfSubject,
} from '@assay/contracts';
import { fromWire } from '@assay/runtime';
import type { Blobs, SinkEvent, SinkItem } from './sink.ts';

const deadLetterType = messageType('DeadLetter');

/** Whether the events of a subject filter hold findings. */
export function holdsFindings(subject: string): boolean {
  return subject.split('.')[1] === 'finding';
}

/** Throws InvalidInput "event.*" when the message is no event of ours. */
export async function readItems(message: StoredMessage, blobs: Blobs): Promise<SinkItem[]> {
  const order = `${message.storedAt.toISOString()}/${String(message.sequence).padStart(16, '0')}`;
  if (message.subject.startsWith('assay.dead.')) return [deadLetterItem(message, order)];
  const topic = topicOfSubject(message.subject);
  if (!topic) throw new InvalidInput(`no topic has the subject ${message.subject}`, { code: 'event.topic' });
  const { id, subject, time, traceparent, data } = await fromWire(message, topic, blobs);
  const event: SinkEvent = { id, type: topic.type, subject, time, order };
  if (traceparent !== undefined) event.traceparent = traceparent;
  if (!holdsFindings(message.subject)) return [{ id, event, position: 0, data: topic.json.toJson(data as never) }];
  const batch = data as Batch;
  return batch.findings.map((_, position) => new FindingItem(event, batch, position));
}

/**
 * A finding that is decoded when it is asked for, and not kept: the items of a delivery hold bytes, which cost nothing to
 * the garbage collector. Kept, a few thousand records outlive every scavenge and make a heap of 100 MB.
 */
class FindingItem implements SinkItem {
  readonly event: SinkEvent;
  readonly position: number;
  readonly #batch: Batch;

  constructor(event: SinkEvent, batch: Batch, position: number) {
    this.event = event;
    this.position = position;
    this.#batch = batch;
  }

  get id(): string {
    return `${this.event.id}:${identityAt(this.#batch, this.position)}`;
  }

  get finding(): FindingRecord {
    return this.#read(() => recordAt(this.#batch, this.position));
  }

  writeFinding(to: RecordWriter): void {
    this.#read(() => to.record(this.#batch, this.position));
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw new InvalidInput(`finding ${this.position} of event ${this.event.id} is no Finding`, {
        code: 'event.payload',
        cause,
      });
    }
  }
}

function deadLetterItem(message: StoredMessage, order: string): SinkItem {
  const letter = deadLetterType.decode(message.payload);
  const id = message.headers['nats-msg-id'] ?? `${message.stream}-${message.sequence}`;
  const event = { id, type: 'dev.assay.event.died.v1', subject: message.subject, time: letter.diedAt, order };
  return { id, event, position: 0, data: deadLetterType.toJson(letter) };
}
