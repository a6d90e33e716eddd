// CloudEvents by HTTP: binary mode from a type and data, structured mode from an event that is whole already.
import { randomUUID } from 'node:crypto';
import { InvalidInput } from '@assay/contracts/errors';

export interface EventOptions {
  type?: string;
  id?: string;
  source?: string;
  subject?: string;
}

export interface EventRequest {
  headers: Record<string, string>;
  body: Uint8Array;
}

/** "report.submitted" of ours, or a full type of anybody's. */
export function typeOf(name: string): string {
  return /^[a-z]+\.[a-z]+$/.test(name) ? `dev.assay.${name}.v1` : name;
}

/** What is sent. Throws InvalidInput "event.*" when the text is no JSON or no CloudEvent. */
export function eventRequest(text: Uint8Array, options: EventOptions): EventRequest {
  const json = parse(text);
  if (options.type === undefined) {
    const missing = ['specversion', 'id', 'source', 'type'].filter((name) => typeof json[name] !== 'string');
    if (missing.length)
      throw new InvalidInput(
        `this is no CloudEvent, it lacks ${missing.join(', ')}; to send data only, give its --type`,
        {
          code: 'event.attributes',
        },
      );
    return { headers: { 'content-type': 'application/cloudevents+json' }, body: text };
  }
  return {
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-type': attribute(typeOf(options.type)),
      'ce-id': attribute(options.id ?? randomUUID()),
      'ce-source': attribute(options.source ?? 'assay/cli'),
      'ce-time': new Date().toISOString(),
      ...(options.subject === undefined ? {} : { 'ce-subject': attribute(options.subject) }),
    },
    body: text,
  };
}

function parse(text: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw new InvalidInput('the event is not JSON', { code: 'event.json', cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidInput('the event must be one JSON object', { code: 'event.json' });
}

// CloudEvents HTTP binding §3.1.3.2: what a header cannot carry is percent-encoded.
function attribute(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character).replace('"', '%22'));
}
