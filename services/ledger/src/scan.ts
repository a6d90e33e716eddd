// What has come of one report so far: which batches, how many findings, and which findings of the target were in it.
import { addCounts, addFixed, type Counts, type Entry, emptyCounts } from '@assay/store';

export class Scan {
  readonly reportId: string;
  readonly runId: string;
  /** When it began, as its first batch said. RFC 3339. */
  readonly at: string;
  readonly counts: Counts = emptyCounts();
  /** Names of the tools whose findings it has. */
  readonly tools = new Set<string>();
  /** Closings written so far, in order. */
  readonly closings: Entry[] = [];
  readonly #keys = new Set<string>();
  #seen = new Uint32Array(64);

  constructor({ reportId, runId, at }: Pick<Entry, 'reportId' | 'runId' | 'at'>) {
    this.reportId = reportId;
    this.runId = runId;
    this.at = at;
  }

  /** Findings that have come: once more for each that came twice. */
  get taken(): number {
    return this.counts.findings;
  }

  get batches(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Takes an entry of the report; `numbers` are those of the findings it saw. False when it has it already. */
  take(entry: Entry, numbers: Iterable<number>): boolean {
    if (entry.closing) {
      if (this.closings.some(({ key }) => key === entry.key)) return false;
      this.closings.push(entry);
      if (entry.seen) addFixed(this.counts, entry.seen.transitions);
      return true;
    }
    if (this.#keys.has(entry.key)) return false;
    this.#keys.add(entry.key);
    this.tools.add(entry.tool);
    // A batch that was forgotten still counts.
    if (entry.seen) addCounts(this.counts, entry.severity, entry.seen.transitions);
    else this.counts.findings += entry.count;
    for (const number of numbers) this.#see(number);
    return true;
  }

  saw(number: number): boolean {
    return ((this.#seen[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  #see(number: number): void {
    const word = number >>> 5;
    if (word >= this.#seen.length) {
      const seen = new Uint32Array(Math.max(word + 1, Math.ceil(this.#seen.length * 1.5)));
      seen.set(this.#seen);
      this.#seen = seen;
    }
    this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (number & 31));
  }
}
