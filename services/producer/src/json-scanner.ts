// The byte scanner behind jsonItems: walks the containers that lie on the way to a selected array and checks what
// stands between their values; passes over every other value by counting brackets, and leaves its inside to JSON.parse.
import { JsonFaults } from './json-faults.ts';
import type { JsonItem, JsonItemsOptions } from './json-items.ts';
import { compilePaths, type PathNode } from './json-paths.ts';
import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  isSpace,
  maxContainers,
  openBrace,
  openBracket,
  quote,
  ValuePass,
} from './json-value-pass.ts';

const colon = 0x3a;

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
  /** Its member's name is not in the rest either. */
  readonly isLeftOut: boolean;
}

/** An item whose bytes are known. */
interface Waiting {
  readonly at: string;
  readonly indexes: readonly number[];
  readonly start: number;
  readonly end: number;
}

const emptyList = Buffer.from('[]');
const emptyObject = Buffer.from('{}');

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

  #chunk: Buffer = Buffer.alloc(0);
  /** Where in the chunk the bytes begin that share the current fate. */
  #from = 0;
  #fate: Fate = 'rest';
  /** Grows; one buffer, as many small ones cost more than what is in them. */
  #rest: Buffer = Buffer.alloc(0);
  #restBytes = 0;
  #restContainers = 0;
  /** The start of an item or a key that came in earlier chunks. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** The member whose value comes next. */
  #member: PathNode | undefined;
  /** It is one only by "*". */
  #isAnyMember = false;
  /** Where its name begins in the rest. */
  #nameInRest = 0;
  /** A member before this point was left out of the rest: one of the commas around it must not stay. */
  #hasGap = false;
  #valueStart = 0;

  readonly #faults = new JsonFaults();
  readonly #value: ValuePass;
  #isKeyEscaped = false;

  constructor(patterns: readonly string[], options: JsonItemsOptions) {
    this.#root = compilePaths(patterns, options.skip ?? []);
    this.#member = this.#root;
    this.#maxItemBytes = options.maxItemBytes ?? 16 * 1024 * 1024;
    this.#maxRestBytes = options.maxRestBytes ?? 32 * 1024 * 1024;
    this.#maxDepth = options.maxDepth ?? 512;
    this.#value = new ValuePass(this.#maxDepth, this.#faults);
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
    this.#faults.offset += chunk.length;
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
    if (this.#state === 'in-value' && this.#value.isScalar && this.#frames.length === 0) this.#state = 'done';
    if (this.#state === 'value' && this.#frames.length === 0) throw this.#faults.empty();
    if (this.#state !== 'done') throw this.#faults.truncated();
    return this.#parse(this.#rest.toString('utf8', 0, this.#restBytes), 'The report, around its records,', 0);
  }

  // One step from a byte; gives the position to go on from, behind what it has used.
  #step(chunk: Buffer, i: number): number {
    if (this.#state === 'in-value') return this.#passOver(chunk, i);
    if (this.#state === 'in-key') return this.#readKey(chunk, i);
    const byte = chunk[i] ?? 0;
    if (isSpace(byte)) return i + 1;
    if (this.#faults.offset + i < 3 && this.#skipsMark(byte, i)) return i + 1;
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
    throw this.#faults.unexpected(i);
  }

  // A byte order mark: UTF-8's is passed over, any other encoding is refused.
  #skipsMark(byte: number, i: number): boolean {
    if (this.#state !== 'value' || this.#frames.length > 0) return false;
    if (byte === 0xfe || byte === 0xff || byte === 0) throw this.#faults.encoding();
    if (byte !== [0xef, 0xbb, 0xbf][this.#faults.offset + i]) return false;
    this.#from = i + 1;
    return true;
  }

  #separate(byte: number, i: number): number {
    const frame = this.#frames.at(-1);
    if (byte === comma && frame) {
      if (this.#hasGap) {
        this.#flush(i);
        this.#from = i + 1;
        this.#hasGap = false;
      }
      this.#state = frame.isArray ? 'value' : 'key';
      if (frame.isArray) {
        frame.index++;
        this.#member = frame.node.elements;
      }
      return i + 1;
    }
    if (frame && byte === (frame.isArray ? closeBracket : closeBrace)) return this.#close(i);
    throw this.#faults.unexpected(i);
  }

  // The start of a value: walked into, or passed over to its end.
  #open(byte: number, i: number): number {
    if (starts[byte] !== 1) throw this.#faults.unexpected(i);
    const frame = this.#frames.at(-1);
    this.#valueStart = this.#faults.offset + i;
    if (frame?.pattern !== undefined) return this.#passFrom(byte, i, 'item');
    const node = this.#member;
    const isArray = byte === openBracket;
    if (!node || (!isArray && byte !== openBrace)) return this.#passFrom(byte, i, 'rest');
    if (node.isSkipped) {
      this.#flush(i);
      this.#keep(isArray ? emptyList : emptyObject);
      return this.#passFrom(byte, i, 'none');
    }
    if (isArray ? !node.elements : node.members.size === 0) return this.#passFrom(byte, i, 'rest');
    const pattern = isArray ? node.elements?.pattern : undefined;
    const isLeftOut = pattern !== undefined && this.#isAnyMember && frame?.isArray === false;
    if (pattern !== undefined) {
      this.#flush(i);
      if (isLeftOut) this.#restBytes = this.#nameInRest;
      else this.#keep(emptyList);
      this.#fate = 'none';
    }
    if (this.#frames.length >= this.#maxDepth) throw this.#faults.tooDeep(i, this.#maxDepth);
    if (!isLeftOut) this.#countRest(1, i);
    this.#frames.push({ isArray, node, pattern, index: 0, isLeftOut });
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
      this.#hasGap = frame.isLeftOut;
    } else if (this.#hasGap) {
      this.#flush(i);
      this.#dropComma();
      this.#hasGap = false;
    }
    this.#endValue();
    return i + 1;
  }

  // The one that stood before a last member which was left out.
  #dropComma(): void {
    let end = this.#restBytes;
    while (end > 0 && isSpace(this.#rest[end - 1] ?? 0)) end--;
    if (this.#rest[end - 1] === comma) this.#restBytes = end - 1;
  }

  #endValue(): void {
    this.#state = this.#frames.length === 0 ? 'done' : 'after';
  }

  #beginKey(i: number): number {
    this.#state = 'in-key';
    this.#nameInRest = this.#restBytes + i - this.#from;
    this.#valueStart = this.#faults.offset + i;
    this.#pend(i, i + 1);
    return i + 1;
  }

  #readKey(chunk: Buffer, start: number): number {
    let i = start;
    for (; i < chunk.length; i++) {
      if (this.#isKeyEscaped) this.#isKeyEscaped = false;
      else if (chunk[i] === backslash) this.#isKeyEscaped = true;
      else if (chunk[i] === quote) break;
    }
    const isComplete = i < chunk.length;
    this.#pend(start, isComplete ? i + 1 : i);
    if (!isComplete) return i;
    const key = this.#parse(this.#takePending(), 'A member name', this.#valueStart) as string;
    const members = this.#frames.at(-1)?.node.members;
    const own = members?.get(key);
    this.#isAnyMember = own === undefined;
    this.#member = own ?? members?.get('*');
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
    this.#value.begin(byte, i, this.#frames.length);
    return i + 1;
  }

  #passOver(chunk: Buffer, i: number): number {
    const end = this.#value.pass(chunk, i);
    return end < 0 ? chunk.length : this.#passed(end);
  }

  // A value ends before this position.
  #passed(end: number): number {
    if (this.#fate === 'item') this.#emit(end);
    else if (this.#fate === 'rest') this.#countRest(this.#value.containers, end);
    if (this.#fate !== 'rest') {
      const isInSelected = this.#frames.at(-1)?.pattern !== undefined;
      this.#fate = isInSelected ? 'none' : 'rest';
      this.#from = end;
    }
    this.#endValue();
    return end;
  }

  #countRest(containers: number, end: number): void {
    this.#restContainers += containers;
    if (this.#restContainers > maxContainers) throw this.#faults.tooMany(end, maxContainers);
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
    if (end - this.#from > this.#maxItemBytes)
      throw this.#faults.tooLarge('A record', this.#valueStart, this.#maxItemBytes);
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
        : this.#parse(this.#chunk.toString('utf8', start, end), recordName(at, indexes), this.#faults.offset + start);
      this.#items.push({ at, indexes, value });
    }
  }

  // What was read up to here gets where its fate says.
  #flush(end: number): void {
    if (this.#fate === 'rest') this.#keep(this.#chunk.subarray(this.#from, end));
    else if (this.#fate === 'item') this.#pend(this.#from, end);
    this.#from = end;
  }

  #keep(bytes: Buffer): void {
    const end = this.#restBytes + bytes.length;
    if (end > this.#maxRestBytes)
      throw this.#faults.tooLarge('The part around the records', this.#valueStart, this.#maxRestBytes);
    if (end > this.#rest.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, 2 * this.#rest.length, 4096));
      this.#rest.copy(grown, 0, 0, this.#restBytes);
      this.#rest = grown;
    }
    bytes.copy(this.#rest, this.#restBytes);
    this.#restBytes = end;
  }

  // Copied: a source may use its chunk again.
  #pend(start: number, end: number): void {
    this.#pendingBytes += end - start;
    if (this.#pendingBytes > this.#maxItemBytes)
      throw this.#faults.tooLarge('A record', this.#valueStart, this.#maxItemBytes);
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
    throw this.#faults.invalid(what, at);
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
