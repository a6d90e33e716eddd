// What a version of the platform left behind, recorded when it was current: its store after two reports of a target, and
// what its producer said of three of another. The next version must go on with both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Report } from './model.suite.ts';
import type { Message } from './produced.suite.ts';

export interface RecordedReport extends Omit<Report, 'transitions'> {
  runId: string;
  transitions: [string, string][];
  /** Its events; absent where the report was handed in. */
  messages?: (Omit<Message, 'payload'> & { payload: string })[];
}

/** A target's life as the model has it. */
export interface RecordedLife {
  target: string;
  states: [string, string][];
  reports: RecordedReport[];
}

export interface Recorded {
  stored: RecordedLife;
  /** What is to be known of it after its third report. */
  told: RecordedLife;
}

const folder = join(import.meta.dirname, 'fixtures');

export function recordedStore(version: string): Buffer {
  return gunzipSync(readFileSync(join(folder, `store-${version}.db.gz`)));
}

export function recorded(version: string): Recorded {
  return JSON.parse(gunzipSync(readFileSync(join(folder, `version-${version}.json.gz`))).toString()) as Recorded;
}

export function reportOf({ transitions, ...report }: RecordedReport): Report {
  return { ...report, transitions: new Map(transitions) };
}

export function messagesOf({ messages = [] }: RecordedReport): Message[] {
  return messages.map((message) => ({ ...message, payload: Buffer.from(message.payload, 'base64') }));
}
