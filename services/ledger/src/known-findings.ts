// What the ledger must know of every finding of a target to say what became of it: about 50 bytes each, in columns
// of typed arrays.
import { FindingMark, type Place } from '@assay/store';
import { IdentityTable, longer, type ToolMask } from './identity-table.ts';
import { Witnesses } from './witnesses.ts';

/** What a new entry says of a finding whose content it keeps. */
export interface KeptFinding {
  place: Place;
  /** Hash of its content. */
  hash: number;
  /** Number of the entry that opened it first. */
  first: number;
  mark: FindingMark;
  severity: number;
  /** Number of its tool and scope; of a shared one, of those that reported it first. */
  area: number;
  /** When the scan began that it was written by. Milliseconds since 1970. */
  at: number;
}

/** Columns grow by a quarter: what is spare is memory nobody uses. */
const growth = 1.25;

export class KnownFindings {
  /** Of the shared ones. */
  readonly witnesses = new Witnesses();
  readonly #table = new IdentityTable();
  #seq = new Uint32Array(256);
  #position = new Uint16Array(256);
  #hash = new Uint32Array(256);
  #first = new Uint32Array(256);
  #area = new Uint16Array(256);
  /** Which of `#times`: scans are few, findings are many. */
  #time = new Uint32Array(256);
  #mark = new Uint8Array(256);
  #severity = new Uint8Array(256);
  readonly #times: number[] = [];
  readonly #timeNumbers = new Map<number, number>();

  get size(): number {
    return this.#table.size;
  }

  /** The number of a finding, -1 when it is not known. */
  find(identities: Uint8Array, position: number, mask: ToolMask): number {
    return this.#table.find(identities, position, mask);
  }

  /** Its number. */
  keep(identities: Uint8Array, position: number, mask: ToolMask, kept: KeptFinding): number {
    const number = this.#table.add(identities, position, mask);
    if (number >= this.#seq.length) this.#grow();
    this.#seq[number] = kept.place.seq;
    this.#position[number] = kept.place.position;
    this.#hash[number] = kept.hash;
    this.#first[number] = kept.first;
    this.#area[number] = kept.area;
    this.#time[number] = this.#timeNumber(kept.at);
    this.#mark[number] = kept.mark;
    this.#severity[number] = kept.severity;
    return number;
  }

  accept(number: number): void {
    this.#mark[number] = FindingMark.SUPPRESSED;
  }

  fix(number: number): void {
    this.#mark[number] = FindingMark.FIXED;
  }

  placeOf(number: number): Place {
    return { seq: this.#seq[number] ?? 0, position: this.#position[number] ?? 0 };
  }

  seqOf(number: number): number {
    return this.#seq[number] ?? 0;
  }

  hashOf(number: number): number {
    return this.#hash[number] ?? 0;
  }

  firstOf(number: number): number {
    return this.#first[number] ?? 0;
  }

  areaOf(number: number): number {
    return this.#area[number] ?? 0;
  }

  atOf(number: number): number {
    return this.#times[this.#time[number] ?? 0] ?? 0;
  }

  markOf(number: number): number {
    return this.#mark[number] ?? 0;
  }

  severityOf(number: number): number {
    return this.#severity[number] ?? 0;
  }

  /** Whether it is open or accepted. */
  isAlive(number: number): boolean {
    const mark = this.markOf(number);
    return number >= 0 && (mark === FindingMark.OPEN || mark === FindingMark.SUPPRESSED);
  }

  writeIdentity(number: number, mask: ToolMask, target: Uint8Array, position: number): void {
    this.#table.write(number, mask, target, position);
  }

  #timeNumber(at: number): number {
    let number = this.#timeNumbers.get(at);
    if (number === undefined) {
      number = this.#times.push(at) - 1;
      this.#timeNumbers.set(at, number);
    }
    return number;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#seq.length * growth);
    this.#seq = new Uint32Array(longer(this.#seq, capacity));
    this.#position = new Uint16Array(longer(this.#position, capacity));
    this.#hash = new Uint32Array(longer(this.#hash, capacity));
    this.#first = new Uint32Array(longer(this.#first, capacity));
    this.#area = new Uint16Array(longer(this.#area, capacity));
    this.#time = new Uint32Array(longer(this.#time, capacity));
    this.#mark = new Uint8Array(longer(this.#mark, capacity));
    this.#severity = new Uint8Array(longer(this.#severity, capacity));
  }
}
