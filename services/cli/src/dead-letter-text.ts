// A dead letter as people read it.
import { shortTime } from './listing.ts';
import { manyLines, oneLine, toJson } from './terminal-text.ts';

/** As the gateway shows a dead letter. */
export interface DeadLetterView {
  sequence: number;
  service: string;
  code: string;
  reason: string;
  subject: string;
  diedAt: string;
  attempts: number;
  /** Where the event was. */
  origin: { stream: string; sequence: number };
  /** Bytes of its payload. */
  size: number;
  headers?: Record<string, string>;
  /** The event's data, where it can be read … */
  data?: unknown;
  /** … else its bytes as base64 … */
  payload?: string;
  /** … else why neither is shown. */
  withheld?: string;
}

/** Characters of a payload that are shown. */
const maxShown = 4096;

export function describeLetter(letter: DeadLetterView): string {
  const headers = Object.entries(letter.headers ?? {});
  return [
    `${oneLine(letter.code)}: ${manyLines(letter.reason)}`,
    '',
    `  Died      ${shortTime(letter.diedAt)} in ${oneLine(letter.service)}, attempt ${letter.attempts}`,
    `  Subject   ${oneLine(letter.subject)}`,
    `  Stored    ${oneLine(letter.origin.stream)} ${letter.origin.sequence}, ${letter.size} bytes`,
    ...headers.map(([name, value]) => `  ${oneLine(name)}: ${oneLine(value)}`),
    '',
    ...content(letter).map((line) => `  ${line}`),
    '',
    `After its cause is repaired: assay dead redrive ${letter.sequence}; to forget it: assay dead drop ${letter.sequence}`,
  ].join('\n');
}

function content({ data, payload, withheld }: DeadLetterView): string[] {
  if (data !== undefined) return cut(toJson(data, 2));
  if (payload === undefined) return [oneLine(withheld ?? 'no payload')];
  const bytes = Buffer.from(payload, 'base64');
  const text = bytes.toString('utf8');
  // What is no text would be a page of escapes.
  return text.includes('\ufffd') ? [`${bytes.length} bytes that are no text; -o json has them as base64`] : cut(text);
}

function cut(text: string): string[] {
  const lines = manyLines(text.slice(0, maxShown)).split('\n');
  return text.length > maxShown ? [...lines, '… -o json has all of it'] : lines;
}
