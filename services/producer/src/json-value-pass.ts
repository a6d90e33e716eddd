// Passes over one JSON value, whatever chunks it comes in, by counting its brackets: the hot loop of reading a report.
// What is between them is left to JSON.parse.
import type { JsonFaults } from './json-faults.ts';

export const quote = 0x22;
export const backslash = 0x5c;
export const comma = 0x2c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** Most arrays and objects that are parsed at once: 60 to 100 bytes each. */
export const maxContainers = 1_000_000;

/** 1: something the pass over a compound value must look at. */
const marks = new Uint8Array(256);
for (const byte of [quote, openBrace, closeBrace, openBracket, closeBracket]) marks[byte] = 1;

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export class ValuePass {
  readonly #faults: JsonFaults;
  readonly #maxDepth: number;
  /** Open brackets, outermost first. */
  readonly #brackets: Uint8Array;
  #depth = 0;
  /** Arrays and objects in the value so far, itself among them: each costs far more than its two bytes once parsed. */
  containers = 0;
  /** Containers around the value. */
  #outer = 0;
  #isInString = false;
  #isEscaped = false;
  /** A number, true, false or null: it ends before the byte that is not its own, or with the document. */
  isScalar = false;

  constructor(maxDepth: number, faults: JsonFaults) {
    this.#maxDepth = maxDepth;
    this.#faults = faults;
    this.#brackets = new Uint8Array(maxDepth + 1);
  }

  /** A value begins with the byte at this position. */
  begin(byte: number, position: number, outer: number): void {
    this.#outer = outer;
    this.#depth = 0;
    this.containers = 0;
    this.#isEscaped = false;
    this.#isInString = byte === quote;
    this.isScalar = false;
    if (byte === openBrace || byte === openBracket) this.#enter(byte, position);
    else this.isScalar = !this.#isInString;
  }

  /** Goes on from a position; gives the one behind the value, -1 when the value goes on behind the chunk. */
  pass(chunk: Uint8Array, start: number): number {
    const end = chunk.length;
    let i = start;
    if (this.isScalar) {
      while (i < end && !endsScalar(chunk[i] ?? 0)) i++;
      return i < end ? i : -1;
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
          return -1;
        }
        i++;
        this.#isInString = false;
        if (this.#depth === 0) return i;
      }
      while (i < end && marks[chunk[i] ?? 0] === 0) i++;
      if (i >= end) return -1;
      const byte = chunk[i] ?? 0;
      if (byte === quote) this.#isInString = true;
      else if (byte === openBrace || byte === openBracket) this.#enter(byte, i);
      else {
        // A closing bracket's code is its opening one's plus two.
        if (this.#brackets[--this.#depth] !== byte - 2) throw this.#faults.unexpected(i);
        if (this.#depth === 0) return i + 1;
      }
      i++;
    }
  }

  #enter(byte: number, position: number): void {
    if (this.#outer + this.#depth >= this.#maxDepth) throw this.#faults.tooDeep(position, this.#maxDepth);
    if (++this.containers > maxContainers) throw this.#faults.tooMany(position, maxContainers);
    this.#brackets[this.#depth++] = byte;
  }
}

function endsScalar(byte: number): boolean {
  return byte === comma || byte === closeBracket || byte === closeBrace || isSpace(byte);
}

// Position of the closing quote; the chunk's length when it does not close here; one more when the chunk ends in a
// backslash that escapes the next chunk's first byte.
function endOfString(chunk: Uint8Array, start: number): number {
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
