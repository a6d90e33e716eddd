// Counts how often each 64-bit key was seen, in flat typed arrays: a million keys cost 25 MB, where a Map of strings
// costs 150. Keys are parts of hashes, so they need no hashing of their own.

/** Grown beyond this share of used slots. */
const maxLoad = 0.7;

export class IdentityTable {
  #mask: number;
  #keys: Uint32Array;
  #counts: Uint32Array;
  #used = 0;

  /** Slots to begin with: a power of two. */
  constructor(slots = 4096) {
    this.#mask = slots - 1;
    this.#keys = new Uint32Array(slots * 2);
    this.#counts = new Uint32Array(slots);
  }

  /** Keys seen so far. */
  get size(): number {
    return this.#used;
  }

  /** Notes the key (two unsigned 32-bit halves) once more; says how often it was seen before. */
  add(low: number, high: number): number {
    const slot = this.#slotOf(low, high);
    const count = this.#counts[slot] ?? 0;
    this.#counts[slot] = count + 1;
    if (count === 0) {
      this.#keys[slot * 2] = low;
      this.#keys[slot * 2 + 1] = high;
      if (++this.#used > this.#counts.length * maxLoad) this.#grow();
    }
    return count;
  }

  // The key's slot, or the free one where it belongs.
  #slotOf(low: number, high: number): number {
    const keys = this.#keys;
    let slot = (low ^ (high >>> 3)) & this.#mask;
    while (this.#counts[slot] !== 0 && (keys[slot * 2] !== low || keys[slot * 2 + 1] !== high))
      slot = (slot + 1) & this.#mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const counts = this.#counts;
    this.#mask = counts.length * 2 - 1;
    this.#keys = new Uint32Array(counts.length * 4);
    this.#counts = new Uint32Array(counts.length * 2);
    for (let old = 0; old < counts.length; old++) {
      const count = counts[old] ?? 0;
      if (count === 0) continue;
      const low = keys[old * 2] ?? 0;
      const high = keys[old * 2 + 1] ?? 0;
      const slot = this.#slotOf(low, high);
      this.#keys[slot * 2] = low;
      this.#keys[slot * 2 + 1] = high;
      this.#counts[slot] = count;
    }
  }
}
