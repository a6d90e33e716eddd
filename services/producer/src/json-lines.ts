// Streaming JSON lines: one object behind the other, as tools write that report while they work. Memory is that of one
// piece and the longest object, whatever the length of the report.
import { JsonFaults } from './json-faults.ts';
import { isSpace, openBrace, ValuePass } from './json-value-pass.ts';
import { scanPieces } from './scan-pieces.ts';

/** One object of the report. */
export interface JsonLine {
  /** Which of them it is, from 0. */
  readonly index: number;
  readonly value: unknown;
}

export interface JsonLinesOptions {
  /** Longest object. Bytes, default 16 MiB. */
  maxItemBytes?: number;
  /** Deepest nesting. Default 512. */
  maxDepth?: number;
}

/**
 * Yields the objects of a report in order, some at a time. Between them stands white space or nothing: an object may
 * take several lines and a line hold several objects. Invalid UTF-8 becomes U+FFFD.
 *
 * What is wrong with a report is the same whichever way it is cut into chunks, and everything before it is yielded
 * first. Throws InvalidInput as jsonItems does: "report.empty" (nothing but white space), "report.truncated" (ends in
 * an object), "report.not-json" (something else than an object, too), "report.too-deep", "report.too-large".
 */
export async function* jsonLines(
  source: AsyncIterable<Uint8Array>,
  options: JsonLinesOptions = {},
): AsyncGenerator<JsonLine[], void> {
  const scanner = new LineScanner(options);
  yield* scanPieces(source, scanner);
  scanner.end();
}

class LineScanner {
  readonly #maxItemBytes: number;
  readonly #faults = new JsonFaults();
  readonly #value: ValuePass;
  #isInObject = false;
  /** Where the object begins in the report. */
  #start = 0;
  /** The start of an object that came in earlier chunks. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lines: JsonLine[] = [];
  #count = 0;

  constructor({ maxItemBytes = 16 * 1024 * 1024, maxDepth = 512 }: JsonLinesOptions) {
    this.#maxItemBytes = maxItemBytes;
    this.#value = new ValuePass(maxDepth, this.#faults);
  }

  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let i = 0;
    while (i < chunk.length) {
      const from = i;
      if (!this.#isInObject) {
        const byte = chunk[i] ?? 0;
        if (isSpace(byte) || this.#isMark(byte, i)) {
          i++;
          continue;
        }
        if (byte !== openBrace) throw this.#faults.unexpected(i);
        this.#isInObject = true;
        this.#start = this.#faults.offset + i;
        this.#value.begin(byte, i, 0);
        i++;
      }
      const end = this.#value.pass(chunk, i);
      i = end < 0 ? chunk.length : end;
      this.#keep(chunk.subarray(from, i));
      if (end >= 0) this.#endObject();
    }
    // Copied, what goes on in the next one: a source may use its chunk again.
    const last = this.#pending.pop();
    if (last) this.#pending.push(Buffer.from(last));
    this.#faults.offset += chunk.length;
  }

  take(): JsonLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  end(): void {
    if (this.#isInObject) throw this.#faults.truncated();
    if (this.#count === 0) throw this.#faults.empty();
  }

  // UTF-8's byte order mark is passed over, any other encoding is refused.
  #isMark(byte: number, i: number): boolean {
    const position = this.#faults.offset + i;
    if (position > 2 || this.#count > 0) return false;
    if (byte === 0xfe || byte === 0xff || byte === 0) throw this.#faults.encoding();
    return byte === [0xef, 0xbb, 0xbf][position];
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#maxItemBytes)
      throw this.#faults.tooLarge('A record', this.#start, this.#maxItemBytes);
    this.#pending.push(part);
  }

  #endObject(): void {
    const [only] = this.#pending;
    const bytes = only && this.#pending.length === 1 ? only : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#isInObject = false;
    const index = this.#count++;
    this.#lines.push({ index, value: this.#parse(bytes.toString(), index) });
  }

  #parse(text: string, index: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // Without the engine's own message: it quotes the text, which may be a secret.
      throw this.#faults.invalid(`The record number ${index}`, this.#start);
    }
  }
}
