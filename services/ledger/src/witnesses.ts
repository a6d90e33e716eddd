// Who witnesses each shared finding: the tools and scopes that reported it and still do, with what they said last. About
// 30 bytes each, in columns; a finding's own are a list, linked by number.

/** What an area said of a shared finding when it last said something new. */
export interface Witness {
  /** Number of the tool and scope. */
  area: number;
  /** Of the content it gave; the last bit says whether it accepts the finding. */
  hash: number;
  /** When its scan began. Milliseconds since 1970. */
  at: number;
  /** Number of the entry that keeps the content. */
  seq: number;
}

const none = 0;

export class Witnesses {
  /** First of a finding's list, by the finding's number. Witnesses are numbered from 1. */
  #head = new Uint32Array(0);
  #finding = new Uint32Array(16);
  #area = new Uint16Array(16);
  #hash = new Uint32Array(16);
  #at = new Float64Array(16);
  #seq = new Uint32Array(16);
  #next = new Uint32Array(16);
  /** Highest number in use; first of the list of those that are free again. */
  #last = 0;
  #free = none;
  readonly #left = new Set<number>();

  /** Whether the target has shared findings at all. */
  get isUsed(): boolean {
    return this.#last > 0;
  }

  /** Whether somebody witnesses a finding: it is shared, and not fixed. */
  has(finding: number): boolean {
    return (this.#head[finding] ?? none) !== none;
  }

  find(finding: number, area: number): Witness | undefined {
    for (let each = this.#head[finding] ?? none; each !== none; each = this.#next[each] ?? none)
      if (this.#area[each] === area) return this.#witness(each);
    return undefined;
  }

  *of(finding: number): Iterable<Witness> {
    for (let each = this.#head[finding] ?? none; each !== none; each = this.#next[each] ?? none)
      yield this.#witness(each);
  }

  /** All that an area witnesses: the findings' numbers. */
  *by(area: number): Iterable<[finding: number, witness: Witness]> {
    for (let each = 1; each <= this.#last; each++) {
      const finding = this.#finding[each] ?? 0;
      if (this.#area[each] === area && this.#isListed(finding, each)) yield [finding, this.#witness(each)];
    }
  }

  /** Whether a witness went since the finding's content was kept, which names it. */
  isStale(finding: number): boolean {
    return this.#left.has(finding);
  }

  /** An area's word, in the place of what it said before. */
  put(finding: number, { area, hash, at, seq }: Witness): void {
    this.remove(finding, area);
    this.#left.delete(finding);
    if (finding >= this.#head.length) this.#head = grown(this.#head, new Uint32Array(sizeFor(finding)));
    let number = this.#free;
    if (number === none) number = ++this.#last;
    else this.#free = this.#next[number] ?? none;
    if (number >= this.#next.length) this.#grow();
    this.#finding[number] = finding;
    this.#area[number] = area;
    this.#hash[number] = hash;
    this.#at[number] = at;
    this.#seq[number] = seq;
    this.#next[number] = this.#head[finding] ?? none;
    this.#head[finding] = number;
  }

  /** Does nothing where the area is none. */
  remove(finding: number, area: number): void {
    let before = none;
    for (let each = this.#head[finding] ?? none; each !== none; each = this.#next[each] ?? none) {
      if (this.#area[each] !== area) {
        before = each;
        continue;
      }
      const next = this.#next[each] ?? none;
      if (before === none) this.#head[finding] = next;
      else this.#next[before] = next;
      this.#next[each] = this.#free;
      this.#free = each;
      if (this.has(finding)) this.#left.add(finding);
      else this.#left.delete(finding);
      return;
    }
  }

  #witness(number: number): Witness {
    return {
      area: this.#area[number] ?? 0,
      hash: this.#hash[number] ?? 0,
      at: this.#at[number] ?? 0,
      seq: this.#seq[number] ?? 0,
    };
  }

  // One that is free keeps its columns.
  #isListed(finding: number, number: number): boolean {
    for (let each = this.#head[finding] ?? none; each !== none; each = this.#next[each] ?? none)
      if (each === number) return true;
    return false;
  }

  #grow(): void {
    const size = sizeFor(this.#next.length);
    this.#finding = grown(this.#finding, new Uint32Array(size));
    this.#area = grown(this.#area, new Uint16Array(size));
    this.#hash = grown(this.#hash, new Uint32Array(size));
    this.#at = grown(this.#at, new Float64Array(size));
    this.#seq = grown(this.#seq, new Uint32Array(size));
    this.#next = grown(this.#next, new Uint32Array(size));
  }
}

function sizeFor(number: number): number {
  return Math.max(64, Math.ceil((number + 1) * 1.25));
}

function grown<T extends { set(source: T): void }>(source: T, target: T): T {
  target.set(source);
  return target;
}
