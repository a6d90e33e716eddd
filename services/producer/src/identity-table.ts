// Remembers 64-bit keys in flat typed arrays: how often each was seen, and a word about the first time. A million keys
// cost 33 MB, where a Map of strings costs 150. Keys are parts of hashes, so they need no hashing of their own.

/** Grown beyond this share of used slots. */
const maxLoad = 0.75;

/** 32-bit words of a slot: low and high half of the key, count plus one (0: free), note. */
const width = 4;

export class IdentityTable {
  #mask: number;
  #slots: Uint32Array<ArrayBuffer>;
  #used = 0;

  /** Slots to begin with: a power of two. */
  constructor(slots = 4096) {
    this.#mask = slots - 1;
    this.#slots = new Uint32Array(slots * width);
  }

  /** Keys seen so far. */
  get size(): number {
    return this.#used;
  }

  /** Where the key (two unsigned 32-bit halves) is, put there with `note` when it is new; valid until the next call. */
  find(low: number, high: number, note = 0): number {
    let at = this.#slotOf(low, high);
    if (this.#slots[at + 2] !== 0) return at;
    if (this.#used + 1 > (this.#mask + 1) * maxLoad) {
      this.#grow();
      at = this.#slotOf(low, high);
    }
    this.#used++;
    this.#slots[at] = low;
    this.#slots[at + 1] = high;
    this.#slots[at + 2] = 1;
    this.#slots[at + 3] = note;
    return at;
  }

  /** Counts the key at this place once more; how often it had been counted before. */
  count(at: number): number {
    const before = this.counted(at);
    this.#slots[at + 2] = before + 2;
    return before;
  }

  /** How often the key at this place was counted. */
  counted(at: number): number {
    return (this.#slots[at + 2] ?? 1) - 1;
  }

  /** The note that the key at this place came with. */
  note(at: number): number {
    return this.#slots[at + 3] ?? 0;
  }

  // The key's slot, or the free one where it belongs.
  #slotOf(low: number, high: number): number {
    const slots = this.#slots;
    let slot = (low ^ (high >>> 3)) & this.#mask;
    for (let at = slot * width; slots[at + 2] !== 0; at = slot * width) {
      if (slots[at] === low && slots[at + 1] === high) return at;
      slot = (slot + 1) & this.#mask;
    }
    return slot * width;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += width) {
      if (old[from + 2] === 0) continue;
      const to = this.#slotOf(old[from] ?? 0, old[from + 1] ?? 0);
      for (let word = 0; word < width; word++) this.#slots[to + word] = old[from + word] ?? 0;
    }
    // Free at once: left to the collector it would stay beside the new one for a while.
    old.buffer.transfer(0);
  }
}
