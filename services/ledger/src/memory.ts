// What is known of one target: the fold of its history's entries. Every change goes through `append`, which the store
// refuses when somebody else has written since; then the memory catches up, and the caller decides anew.
import { Fault, InvalidInput, Transition } from '@assay/contracts';
import {
  type Append,
  type Closing,
  type Coverage,
  coverageKey,
  type Entry,
  FindingMark,
  type Kept,
  type LedgerStore,
  numberAt,
} from '@assay/store';
import { maskOf, type ToolMask } from './identity-table.ts';
import { KnownFindings } from './known-findings.ts';
import { Scan } from './scan.ts';

/** Reports followed at the same time; more of one target are read again when they go on. */
const maxScans = 32;
/** Tools and scopes of one target; their numbers have 16 bits. */
const maxAreas = 65_535;

/** A tool and a scope: what one scan covers of a target. */
export interface Area {
  readonly number: number;
  readonly tool: string;
  readonly scope: string;
  readonly mask: ToolMask;
  /** The last complete scan of it, and the number of the entry that closed it. */
  coverage?: { value: Coverage; at: number; seq: number };
}

export class Memory {
  readonly target: string;
  readonly history: string;
  readonly findings = new KnownFindings();
  readonly #store: LedgerStore;
  readonly #areas = new Map<string, Area>();
  readonly #areaList: Area[] = [];
  /** Reports that began after the last complete scan of their area: their start, by id. */
  readonly #recent = new Map<string, { area: Area; at: number }>();
  readonly #scans = new Map<string, Scan>();
  #head = 0;

  private constructor(target: string, history: string, store: LedgerStore) {
    this.target = target;
    this.history = history;
    this.#store = store;
  }

  static async load(target: string, store: LedgerStore): Promise<Memory> {
    const { id } = await store.history(target);
    const memory = new Memory(target, id, store);
    for await (const entry of store.entries(id, 0, false)) memory.#fold(entry);
    return memory;
  }

  /** Number of the next entry. */
  get next(): number {
    return this.#head + 1;
  }

  /** Takes in what others wrote since. */
  async catchUp(): Promise<void> {
    for await (const entry of this.#store.entries(this.history, this.#head, true)) this.#fold(entry);
  }

  /** False when somebody else wrote first; the memory has caught up then. */
  async append(append: Append): Promise<boolean> {
    if (await this.#store.append(append)) {
      this.#fold(append.entry);
      return true;
    }
    await this.catchUp();
    return false;
  }

  area(tool: string, scope: string): Area {
    const key = coverageKey(tool, scope);
    const known = this.#areas.get(key);
    if (known) return known;
    if (this.#areas.size > maxAreas) {
      throw new InvalidInput(`target "${this.target}" has more than ${maxAreas} tools and scopes: name fewer scopes`, {
        code: 'ledger.scopes',
      });
    }
    const area: Area = { number: this.#areas.size, tool, scope, mask: maskOf(tool) };
    this.#areas.set(key, area);
    this.#areaList.push(area);
    return area;
  }

  areaAt(number: number): Area | undefined {
    return this.#areaList[number];
  }

  /** What has come of a report so far; it begins at `at` when nothing has. `keep` is in use and must not be let go. */
  async scan(reportId: string, begins: () => Promise<{ runId: string; at: string }>, keep = reportId): Promise<Scan> {
    const known = this.#scans.get(reportId);
    if (known) return known;
    const entries = await this.#store.entriesOfReport(this.history, reportId);
    if ((entries.at(-1)?.seq ?? 0) > this.#head) await this.catchUp();
    const scan = new Scan(entries[0] ?? { reportId, ...(await begins()) });
    for (const entry of entries) scan.take(entry, this.#numbers(entry));
    // Those of reports that never ended; what is needed again is read again.
    for (const oldest of [...this.#scans.keys()].slice(0, Math.max(0, this.#scans.size - maxScans)))
      if (oldest !== keep) this.release(oldest);
    this.#scans.set(reportId, scan);
    return scan;
  }

  /** Scans of an area that began after a time, but for one. */
  async scansAfter(area: Area, at: number, but: string): Promise<Scan[]> {
    const ids = [...this.#recent].filter(([id, recent]) => id !== but && recent.area === area && recent.at > at);
    const begins = () => Promise.reject(new Fault('a scan has no entries', { code: 'ledger.scan' }));
    const scans: Scan[] = [];
    for (const [id] of ids) scans.push(await this.scan(id, begins, but));
    return scans;
  }

  /** Lets go of what is known of a report; it is read again when it is needed. */
  release(reportId: string): void {
    this.#scans.delete(reportId);
  }

  #fold(entry: Entry): void {
    if (entry.seq <= this.#head) return;
    this.#head = entry.seq;
    const area = this.area(entry.tool, entry.scope);
    if (entry.kept) this.#keep(entry, entry.kept, area);
    if (entry.closing) this.#close(entry, entry.closing, area);
    else if (Date.parse(entry.at) > (area.coverage?.at ?? 0))
      this.#recent.set(entry.reportId, { area, at: Date.parse(entry.at) });
    this.#scans.get(entry.reportId)?.take(entry, this.#numbers(entry));
  }

  #keep({ seq, severity, at }: Entry, kept: Kept, area: Area): void {
    for (let position = 0; position < kept.transitions.length; position++) {
      this.findings.keep(kept.identities, position, area.mask, {
        place: { seq, position },
        hash: numberAt(kept.hashes, position),
        first: numberAt(kept.firsts, position),
        mark: kept.transitions[position] === Transition.SUPPRESSED ? FindingMark.SUPPRESSED : FindingMark.OPEN,
        severity,
        area: area.number,
        at: Date.parse(at),
      });
    }
  }

  #close(entry: Entry, { isProof, isEnd }: Closing, area: Area): void {
    for (const number of this.#numbers(entry)) this.findings.fix(number);
    const at = Date.parse(entry.at);
    if (!isProof || !isEnd || at < (area.coverage?.at ?? 0)) return;
    const { runId, reportId, revision } = entry;
    area.coverage = { value: { at: entry.at, runId, reportId, revision }, at, seq: entry.seq };
    for (const [id, recent] of this.#recent) if (recent.area === area && recent.at <= at) this.#recent.delete(id);
  }

  *#numbers({ seen, tool, scope }: Entry): Iterable<number> {
    if (!seen) return;
    const { mask } = this.area(tool, scope);
    for (let position = 0; position < seen.transitions.length; position++) {
      const number = this.findings.find(seen.identities, position, mask);
      if (number >= 0) yield number;
    }
  }
}
