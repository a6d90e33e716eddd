// The identities of a target, flat in memory: a number for each, found by its 16 bytes in well under a microsecond.
// Open addressing with linear probing. Identities are hashes already, so their bytes say where to look. Two tools may
// have the same identity (one CVE of one package); each tool's are masked by its own 16 bytes, which keeps them apart,
// unless a step says that they are the same.
import { hash } from 'node:crypto';
import { identityBytes } from '@assay/contracts';

/** Four words that tell a tool's identities from another's. */
export type ToolMask = readonly [number, number, number, number];

export function maskOf(tool: string): ToolMask {
  const bytes = hash('sha256', tool, 'buffer');
  return [wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12)];
}

/** Of identities that are the same whichever tool reports them. */
export const sharedMask: ToolMask = [0, 0, 0, 0];

const wordsEach = identityBytes / 4;

export class IdentityTable {
  /** Four words an identity, by its number. */
  #words: Uint32Array<ArrayBuffer>;
  /** Number + 1 of the identity in each slot, 0 for none; a power of two, at most three quarters full. */
  #slots: Uint32Array<ArrayBuffer>;
  #size = 0;

  constructor(capacity = 256) {
    this.#words = new Uint32Array(capacity * wordsEach);
    this.#slots = new Uint32Array(slotsFor(capacity));
  }

  get size(): number {
    return this.#size;
  }

  /** The number of the identity at a position of a list of identities, -1 when there is none. */
  find(identities: Uint8Array, position: number, mask: ToolMask): number {
    return (this.#slots[this.#slot(identities, position, mask)] ?? 0) - 1;
  }

  /** Its number, a new one when it is not there: the next from 0. */
  add(identities: Uint8Array, position: number, mask: ToolMask): number {
    const slot = this.#slot(identities, position, mask);
    const known = (this.#slots[slot] ?? 0) - 1;
    if (known >= 0) return known;
    if ((this.#size + 1) * wordsEach > this.#words.length) {
      this.#grow();
      return this.add(identities, position, mask);
    }
    const number = this.#size++;
    for (let word = 0; word < wordsEach; word++) {
      const value = wordAt(identities, position * identityBytes + word * 4);
      this.#words[number * wordsEach + word] = value ^ (mask[word] ?? 0);
    }
    this.#slots[slot] = number + 1;
    return number;
  }

  /** Writes the identity of a number into a list of identities. */
  write(number: number, mask: ToolMask, target: Uint8Array, position: number): void {
    for (let word = 0; word < wordsEach; word++) {
      const value = (this.#words[number * wordsEach + word] ?? 0) ^ (mask[word] ?? 0);
      const at = position * identityBytes + word * 4;
      target[at] = value & 0xff;
      target[at + 1] = (value >>> 8) & 0xff;
      target[at + 2] = (value >>> 16) & 0xff;
      target[at + 3] = value >>> 24;
    }
  }

  #slot(identities: Uint8Array, position: number, mask: ToolMask): number {
    const at = position * identityBytes;
    const first = (wordAt(identities, at) ^ mask[0]) >>> 0;
    const second = (wordAt(identities, at + 4) ^ mask[1]) >>> 0;
    const third = (wordAt(identities, at + 8) ^ mask[2]) >>> 0;
    const fourth = (wordAt(identities, at + 12) ^ mask[3]) >>> 0;
    const last = this.#slots.length - 1;
    for (let slot = (first ^ fourth) & last; ; slot = (slot + 1) & last) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return slot;
      const word = number * wordsEach;
      const isSame =
        this.#words[word] === first &&
        this.#words[word + 1] === second &&
        this.#words[word + 2] === third &&
        this.#words[word + 3] === fourth;
      if (isSame) return slot;
    }
  }

  #grow(): void {
    const capacity = Math.max(256, Math.ceil(this.#size * 1.25));
    const words = new Uint32Array(longer(this.#words, capacity * wordsEach));
    this.#words = words;
    const count = slotsFor(capacity);
    if (count === this.#slots.length) return;
    // Made anew from the identities: the old ones are free before.
    this.#slots.buffer.transfer(0);
    const slots = new Uint32Array(count);
    const last = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = ((words[number * wordsEach] ?? 0) ^ (words[number * wordsEach + 3] ?? 0)) & last;
      while (slots[slot] !== 0) slot = (slot + 1) & last;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/**
 * The memory of a list of numbers, for a longer one that begins with the same. What the old one had is free at once: left to
 * the collector, the last few sizes of a list that grows stay with us.
 */
export function longer(
  { buffer, BYTES_PER_ELEMENT }: { buffer: ArrayBuffer; BYTES_PER_ELEMENT: number },
  length: number,
): ArrayBuffer {
  return buffer.transfer(length * BYTES_PER_ELEMENT);
}

function slotsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, (capacity * 4) / 3)));
}

function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
