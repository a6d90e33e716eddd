// The byte scanner behind jsonItems: walks the containers that lie on the way to a selected array and checks what
// stands between their values; passes over every other value by counting brackets, and leaves its inside to JSON.parse.
import { InvalidInput } from '@assay/contracts';
import type { JsonItem, JsonItemsOptions } from './json-items.ts';
import { compilePaths, type PathNode } from './json-paths.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

// What the scanner expects next. "value" also where a value may be missing (an array's start).
type State = 'value' | 'first-value' | 'key' | 'first-key' | 'in-key' | 'colon' | 'after' | 'in-value' | 'done';

/** What becomes of the bytes being read: part of the rest, of an item, or nothing. */
type Fate = 'rest' | 'item' | 'none';

interface Frame {
  readonly isArray: boolean;
  readonly node: PathNode;
  /** Its elements are items. */
  readonly pattern: string | undefined;
  /** Position of the current element. */
  index: number;
}

/** An item whose bytes are known. */
interface Waiting {
  readonly at: string;
  readonly indexes: readonly number[];
  readonly start: number;
  readonly end: number;
}

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** 1: something the pass over a compound value must look at. */
const marks = new Uint8Array(256);
for (const byte of [quote, openBrace, closeBrace, openBracket, closeBracket]) marks[byte] = 1;

/** 1: a JSON value may begin so. */
const starts = new Uint8Array(256);
for (const char of '{["-0123456789tfn') starts[char.charCodeAt(0)] = 1;

export class JsonScanner {
  readonly #root: PathNode;
  readonly #maxItemBytes: number;
  readonly #maxRestBytes: number;
  readonly #maxDepth: number;
  readonly #frames: Frame[] = [];
  #state: State = 'value';
  #items: JsonItem[] = [];
  /** Elements of one array that lie whole in the current chunk: parsed together, which costs half. */
  #waiting: Waiting[] = [];

  /** Bytes of the document before the current chunk. */
  #offset = 0;
  #chunk: Buffer = Buffer.alloc(0);
  /** Where in the chunk the bytes begin that share the current fate. */
  #from = 0;
  #fate: Fate = 'rest';
  readonly #rest: Buffer[] = [];
  #restBytes = 0;
  /** The start of an item or a key that came in earlier chunks. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** The member whose value comes next. */
  #member: PathNode | undefined;
  #valueStart = 0;

  // The value being passed over: open brackets (1: array), and where in a string it stands.
  readonly #brackets: Uint8Array;
  #depth = 0;
  #isScalar = false;
  #isInString = false;
  #isEscaped = false;

  constructor(patterns: readonly string[], options: JsonItemsOptions) {
    this.#root = compilePaths(patterns, options.skip ?? []);
    this.#member = this.#root;
    this.#maxItemBytes = options.maxItemBytes ?? 64 * 1024 * 1024;
    this.#maxRestBytes = options.maxRestBytes ?? 64 * 1024 * 1024;
    this.#maxDepth = options.maxDepth ?? 512;
    this.#brackets = new Uint8Array(this.#maxDepth + 1);
  }

  /** Reads on. Throws InvalidInput; items before the mistake can still be taken. */
  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#chunk = chunk;
    this.#from = 0;
    let i = 0;
    try {
      while (i < chunk.length) i = this.#step(chunk, i);
    } finally {
      // A mistake in an item comes before the one that ended the loop, if any: it is thrown in its place.
      this.#parseWaiting();
    }
    this.#flush(chunk.length);
    this.#offset += chunk.length;
  }

  /** The items found since the last call. */
  take(): JsonItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** The end of the document: the rest of it. */
  end(): unknown {
    this.#chunk = Buffer.alloc(0);
    this.#from = 0;
    if (this.#state === 'in-value' && this.#isScalar && this.#frames.length === 0) this.#state = 'done';
    if (this.#state !== 'done') {
      if (this.#state === 'value' && this.#frames.length === 0)
        throw new InvalidInput(
          'The report is empty; a tool that found nothing writes an empty list, not an empty file.',
          {
            code: 'report.empty',
          },
        );
      throw new InvalidInput(
        `The report ends at byte ${this.#offset} in the middle of its JSON; it was cut off, so submit it whole.`,
        { code: 'report.truncated' },
      );
    }
    return this.#parse(Buffer.concat(this.#rest).toString(), 'The report, around its records,', 0);
  }

  // One step from a byte; gives the position to go on from, behind what it has used.
  #step(chunk: Buffer, i: number): number {
    if (this.#state === 'in-value') return this.#passOver(chunk, i);
    if (this.#state === 'in-key') return this.#readKey(chunk, i);
    const byte = chunk[i] ?? 0;
    if (isSpace(byte)) return i + 1;
    if (this.#offset + i < 3 && this.#skipsMark(byte, i)) return i + 1;
    switch (this.#state) {
      case 'first-value':
        if (byte === closeBracket) return this.#close(i);
        return this.#open(byte, i);
      case 'value':
        return this.#open(byte, i);
      case 'first-key':
        if (byte === closeBrace) return this.#close(i);
        if (byte === quote) return this.#beginKey(i);
        break;
      case 'key':
        if (byte === quote) return this.#beginKey(i);
        break;
      case 'colon':
        if (byte === colon) {
          this.#state = 'value';
          return i + 1;
        }
        break;
      case 'after':
        return this.#separate(byte, i);
    }
    throw this.#unexpected(i);
  }

  // A byte order mark: UTF-8's is passed over, any other encoding is refused.
  #skipsMark(byte: number, i: number): boolean {
    if (this.#state !== 'value' || this.#frames.length > 0) return false;
    if (byte === 0xfe || byte === 0xff || byte === 0)
      throw new InvalidInput('The report is UTF-16 or UTF-32 text; save it as UTF-8.', { code: 'report.not-json' });
    if (byte !== [0xef, 0xbb, 0xbf][this.#offset + i]) return false;
    this.#from = i + 1;
    return true;
  }

  #separate(byte: number, i: number): number {
    const frame = this.#frames.at(-1);
    if (byte === comma && frame) {
      this.#state = frame.isArray ? 'value' : 'key';
      if (frame.isArray) {
        frame.index++;
        this.#member = frame.node.elements;
      }
      return i + 1;
    }
    if (frame && byte === (frame.isArray ? closeBracket : closeBrace)) return this.#close(i);
    throw this.#unexpected(i);
  }

  // The start of a value: walked into, or passed over to its end.
  #open(byte: number, i: number): number {
    if (starts[byte] !== 1) throw this.#unexpected(i);
    const frame = this.#frames.at(-1);
    this.#valueStart = this.#offset + i;
    if (frame?.pattern !== undefined) return this.#passFrom(byte, i, 'item');
    const node = this.#member;
    const isArray = byte === openBracket;
    if (!node || (!isArray && byte !== openBrace)) return this.#passFrom(byte, i, 'rest');
    if (node.isSkipped) {
      this.#flush(i);
      this.#keep(Buffer.from(isArray ? '[]' : '{}'));
      return this.#passFrom(byte, i, 'none');
    }
    if (isArray ? !node.elements : node.members.size === 0) return this.#passFrom(byte, i, 'rest');
    const pattern = isArray ? node.elements?.pattern : undefined;
    if (pattern !== undefined) {
      this.#flush(i);
      this.#keep(Buffer.from('[]'));
      this.#fate = 'none';
    }
    if (this.#frames.length >= this.#maxDepth) throw this.#tooDeep(i);
    this.#frames.push({ isArray, node, pattern, index: 0 });
    this.#member = isArray ? node.elements : undefined;
    this.#state = isArray ? 'first-value' : 'first-key';
    return i + 1;
  }

  #close(i: number): number {
    const frame = this.#frames.pop();
    if (frame?.pattern !== undefined) {
      this.#parseWaiting();
      this.#fate = 'rest';
      this.#from = i + 1;
    }
    this.#endValue();
    return i + 1;
  }

  #endValue(): void {
    this.#state = this.#frames.length === 0 ? 'done' : 'after';
  }

  #beginKey(i: number): number {
    this.#state = 'in-key';
    this.#valueStart = this.#offset + i;
    this.#pend(i, i + 1);
    return i + 1;
  }

  #readKey(chunk: Buffer, start: number): number {
    let i = start;
    for (; i < chunk.length; i++) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (chunk[i] === backslash) this.#isEscaped = true;
      else if (chunk[i] === quote) break;
    }
    const isComplete = i < chunk.length;
    this.#pend(start, isComplete ? i + 1 : i);
    if (!isComplete) return i;
    const key = this.#parse(this.#takePending(), 'A member name', this.#valueStart) as string;
    const members = this.#frames.at(-1)?.node.members;
    this.#member = members?.get(key) ?? members?.get('*');
    this.#state = 'colon';
    return i + 1;
  }

  // Begins to pass over the value whose first byte this is.
  #passFrom(byte: number, i: number, fate: Fate): number {
    if (fate !== 'rest') {
      this.#fate = fate;
      this.#from = i;
    }
    this.#state = 'in-value';
    this.#isScalar = false;
    this.#isInString = false;
    this.#isEscaped = false;
    this.#depth = 0;
    if (byte === quote) this.#isInString = true;
    else if (byte === openBrace || byte === openBracket) this.#enter(byte, i);
    else this.#isScalar = true;
    return i + 1;
  }

  #enter(byte: number, i: number): void {
    if (this.#frames.length + this.#depth >= this.#maxDepth) throw this.#tooDeep(i);
    this.#brackets[this.#depth++] = byte;
  }

  // The hot loop: to the end of the value, or of the chunk.
  #passOver(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let i = start;
    if (this.#isScalar) {
      while (i < end && !endsScalar(chunk[i] ?? 0)) i++;
      return i < end ? this.#passed(i) : i;
    }
    if (this.#isEscaped && i < end) {
      this.#isEscaped = false;
      i++;
    }
    for (;;) {
      if (this.#isInString) {
        i = endOfString(chunk, i);
        if (i >= end) {
          // Behind the chunk by one: it ends in a backslash, and what that escapes is in the next one.
          this.#isEscaped = i > end;
          return end;
        }
        i++;
        this.#isInString = false;
        if (this.#depth === 0) return this.#passed(i);
      }
      while (i < end && marks[chunk[i] ?? 0] === 0) i++;
      if (i >= end) return end;
      const byte = chunk[i] ?? 0;
      if (byte === quote) this.#isInString = true;
      else if (byte === openBrace || byte === openBracket) this.#enter(byte, i);
      else {
        // A closing bracket's code is its opening one's plus two.
        if (this.#brackets[--this.#depth] !== byte - 2) throw this.#unexpected(i);
        if (this.#depth === 0) return this.#passed(i + 1);
      }
      i++;
    }
  }

  // A value ends before this position.
  #passed(end: number): number {
    if (this.#fate === 'item') this.#emit(end);
    if (this.#fate !== 'rest') {
      const isInSelected = this.#frames.at(-1)?.pattern !== undefined;
      this.#fate = isInSelected ? 'none' : 'rest';
      this.#from = end;
    }
    this.#endValue();
    return end;
  }

  #emit(end: number): void {
    const indexes: number[] = [];
    for (const frame of this.#frames) if (frame.isArray) indexes.push(frame.index);
    const at = this.#frames.at(-1)?.pattern ?? '';
    if (this.#pendingBytes > 0) {
      this.#pend(this.#from, end);
      const value = this.#parse(this.#takePending(), recordName(at, indexes), this.#valueStart);
      this.#items.push({ at, indexes, value });
      return;
    }
    if (end - this.#from > this.#maxItemBytes) throw this.#tooLarge('A record', this.#maxItemBytes);
    this.#waiting.push({ at, indexes, start: this.#from, end });
  }

  #parseWaiting(): void {
    const waiting = this.#waiting;
    const [first] = waiting;
    const last = waiting.at(-1);
    if (!first || !last) return;
    this.#waiting = [];
    // What stands between them is known to be commas and white space.
    const together = parsed(`[${this.#chunk.toString('utf8', first.start, last.end)}]`) as unknown[] | undefined;
    for (const [position, { at, indexes, start, end }] of waiting.entries()) {
      const value = together
        ? together[position]
        : this.#parse(this.#chunk.toString('utf8', start, end), recordName(at, indexes), this.#offset + start);
      this.#items.push({ at, indexes, value });
    }
  }

  // What was read up to here gets where its fate says.
  #flush(end: number): void {
    if (this.#fate === 'rest') this.#keep(Buffer.from(this.#chunk.subarray(this.#from, end)));
    else if (this.#fate === 'item') this.#pend(this.#from, end);
    this.#from = end;
  }

  #keep(bytes: Buffer): void {
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#maxRestBytes) throw this.#tooLarge('The part around the records', this.#maxRestBytes);
    if (bytes.length > 0) this.#rest.push(bytes);
  }

  // Copied: a source may use its chunk again.
  #pend(start: number, end: number): void {
    this.#pendingBytes += end - start;
    if (this.#pendingBytes > this.#maxItemBytes) throw this.#tooLarge('A record', this.#maxItemBytes);
    this.#pending.push(Buffer.from(this.#chunk.subarray(start, end)));
  }

  #takePending(): string {
    const text = Buffer.concat(this.#pending).toString();
    this.#pending = [];
    this.#pendingBytes = 0;
    return text;
  }

  #parse(text: string, what: string, at: number): unknown {
    const value = parsed(text);
    if (value !== undefined) return value;
    throw new InvalidInput(`${what} (at byte ${at}) is not valid JSON; is this the tool's own JSON output?`, {
      code: 'report.not-json',
    });
  }

  #unexpected(i: number): InvalidInput {
    return new InvalidInput(
      `The report is not valid JSON: byte ${this.#offset + i} is not what may stand there; is this the tool's own JSON output?`,
      { code: 'report.not-json' },
    );
  }

  #tooDeep(i: number): InvalidInput {
    return new InvalidInput(
      `The report nests deeper than ${this.#maxDepth} levels at byte ${this.#offset + i}; no known tool writes that.`,
      { code: 'report.too-deep' },
    );
  }

  #tooLarge(what: string, limit: number): InvalidInput {
    return new InvalidInput(
      `${what} at byte ${this.#valueStart} is larger than ${limit} bytes; split the report or leave embedded content out.`,
      { code: 'report.too-large' },
    );
  }
}

// undefined when it is not JSON. The engine's own message is dropped: it quotes the text, which may be a secret.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordName(at: string, indexes: readonly number[]): string {
  return `The record ${at} number ${indexes.join('.')}`;
}

function endsScalar(byte: number): boolean {
  return byte === comma || byte === closeBracket || byte === closeBrace || isSpace(byte);
}

// Position of the closing quote; the chunk's length when it does not close here; one more when the chunk ends in a
// backslash that escapes the next chunk's first byte.
function endOfString(chunk: Buffer, start: number): number {
  const end = chunk.length;
  let i = start;
  while (i < end) {
    const byte = chunk[i];
    if (byte === quote) return i;
    if (byte === backslash) i++;
    i++;
  }
  return i;
}
