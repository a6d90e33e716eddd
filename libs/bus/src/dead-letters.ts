// Dead letters: events nobody could handle, whole, with the reason; looked at, sent again or dropped by people.
import { AssayError, type DeadLetter, explain, InvalidInput, messageType } from '@assay/contracts';
import type { Bus, Delivery, StoredMessage } from './bus.ts';
import { streamOf } from './streams.ts';

export const deadStream = streamOf('dead');
const deadLetterType = messageType('DeadLetter');
/** Most bytes of a payload that a letter repeats: with headers and reason it must stay below what the server takes. */
const maxPayloadBytes = 900 * 1024;
/** Header of a letter whose payload is left in the event's own stream; its bytes. */
const leftHeader = 'assay-payload-left';

export function deadSubject(service: string, subject: string): string {
  const [, noun = 'unknown', verb = 'unknown'] = subject.split('.');
  return `assay.dead.${service}.${noun}.${verb}`;
}

/**
 * Publishes a delivery as a dead letter; resolves after the PubAck. The caller then acks the delivery. `by` tells one
 * consumer of a service from another (a sink's name): an event that two of them refuse is two dead letters.
 */
export async function deadLetter(
  bus: Bus,
  service: string,
  delivery: Delivery | StoredMessage,
  error: unknown,
  now: Date,
  by?: string,
): Promise<void> {
  // Only what came past our own publishers can be so large: they put it into a blob.
  const isLeft = delivery.payload.length > maxPayloadBytes;
  const letter = deadLetterType.encode({
    service,
    code: error instanceof AssayError ? error.code : 'fault',
    reason: explain(error).slice(0, 2000),
    subject: delivery.subject,
    headers: isLeft ? { ...delivery.headers, [leftHeader]: String(delivery.payload.length) } : delivery.headers,
    payload: isLeft ? new Uint8Array() : delivery.payload,
    attempts: 'attempt' in delivery ? delivery.attempt : 1,
    diedAt: now.toISOString(),
    stream: delivery.stream,
    sequence: delivery.sequence,
  });
  const headers = {
    'content-type': 'application/protobuf',
    'ce-specversion': '1.0',
    'ce-type': 'dev.assay.event.died.v1',
    'ce-source': `assay/${service}`,
  };
  await bus.publish(
    { subject: deadSubject(service, delivery.subject), headers, payload: letter },
    ['dead', by === undefined ? service : `${service}/${by}`, delivery.stream, delivery.sequence].join(':'),
  );
}

export interface DeadLetterEntry {
  /** Its place in the dead stream: what show, redrive and drop take. */
  sequence: number;
  letter: DeadLetter;
}

/** Oldest first. */
export async function deadLetters(
  bus: Bus,
  options: { from?: number; limit?: number; service?: string } = {},
): Promise<DeadLetterEntry[]> {
  const filter = options.service ? `assay.dead.${options.service}.>` : 'assay.dead.>';
  const messages = await bus.messages(deadStream, filter, {
    ...(options.from ? { from: options.from } : {}),
    limit: options.limit ?? 100,
  });
  return messages.map(toEntry);
}

/** Publishes the event as it came, then deletes the letter. */
export async function redriveDeadLetter(bus: Bus, sequence: number): Promise<DeadLetterEntry> {
  const entry = await find(bus, sequence);
  const { subject, headers } = entry.letter;
  const payload = await payloadOf(bus, entry.letter);
  const kept = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('nats-') && name !== leftHeader),
  );
  // A new message id: the stream may still remember the old one. ce-id stays, so every handler knows the event again.
  await bus.publish(
    { subject, headers: { ...kept, 'assay-redriven': String(sequence) }, payload },
    `redrive:${sequence}:${entry.letter.stream}:${entry.letter.sequence}`,
  );
  await bus.deleteMessage(deadStream, sequence);
  return entry;
}

export async function dropDeadLetter(bus: Bus, sequence: number): Promise<DeadLetterEntry> {
  const entry = await find(bus, sequence);
  await bus.deleteMessage(deadStream, sequence);
  return entry;
}

async function payloadOf(bus: Bus, letter: DeadLetter): Promise<Uint8Array> {
  if (letter.headers[leftHeader] === undefined) return letter.payload;
  const message = await bus.messageAt(letter.stream, letter.sequence);
  if (message) return message.payload;
  throw new InvalidInput(
    `the event was too large for its dead letter, and ${letter.stream} has forgotten it (${letter.sequence}): only drop is left`,
    { code: 'dead.forgotten' },
  );
}

async function find(bus: Bus, sequence: number): Promise<DeadLetterEntry> {
  const message = await bus.messageAt(deadStream, sequence);
  if (!message)
    throw new InvalidInput(`there is no dead letter ${sequence}: see assay dead ls`, { code: 'dead.missing' });
  return toEntry(message);
}

function toEntry(message: StoredMessage): DeadLetterEntry {
  return { sequence: message.sequence, letter: readLetter(message) };
}

// Somebody else's message on assay.dead.> must not hide the letters around it.
function readLetter({ payload, subject, headers, storedAt }: StoredMessage): DeadLetter {
  try {
    return deadLetterType.decode(payload);
  } catch (error) {
    const reason = `this is no dead letter of Assay: ${explain(error)}`;
    return deadLetterType.create({
      code: 'dead.unreadable',
      reason,
      subject,
      headers,
      payload,
      diedAt: storedAt.toISOString(),
    });
  }
}
