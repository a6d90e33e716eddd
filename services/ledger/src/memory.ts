// What is known of one target: the fold of its history's entries. Every change goes through `append`, which the store
// refuses when somebody else has written since; then the memory catches up, and the caller decides anew.
import { Fault, InvalidInput, identityBytes, Transition } from '@assay/contracts';
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
import { maskOf, sharedMask, type ToolMask } from './identity-table.ts';
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

  /** The tool a finding goes by: of a shared one the tool that reported it first, for ever. */
  toolOf(number: number): string {
    return this.areaAt(this.findings.areaOf(number))?.tool ?? '';
  }

  /** The number of the finding that has the same identity under another mask, if it is open or accepted; else -1. */
  aliveAs(number: number, mask: ToolMask, other: ToolMask): number {
    const identity = new Uint8Array(identityBytes);
    this.findings.writeIdentity(number, mask, identity, 0);
    return this.aliveAt(identity, 0, other);
  }

  /** The number of an identity's finding, if it is open or accepted; else -1. */
  aliveAt(identities: Uint8Array, position: number, mask: ToolMask): number {
    const number = this.findings.find(identities, position, mask);
    return this.findings.isAlive(number) ? number : -1;
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

  #keep({ seq, severity, at: began, isShared }: Entry, kept: Kept, area: Area): void {
    const mask = isShared ? sharedMask : area.mask;
    const at = Date.parse(began);
    for (let position = 0; position < kept.transitions.length; position++) {
      const known = isShared ? this.findings.find(kept.identities, position, mask) : -1;
      const hash = numberAt(kept.hashes, position);
      const number = this.findings.keep(kept.identities, position, mask, {
        place: { seq, position },
        hash,
        first: numberAt(kept.firsts, position),
        mark: kept.transitions[position] === Transition.SUPPRESSED ? FindingMark.SUPPRESSED : FindingMark.OPEN,
        severity,
        area: known < 0 ? area.number : this.findings.areaOf(known),
        at,
      });
      if (isShared) this.findings.witnesses.put(number, { area: area.number, hash, at, seq });
    }
  }

  #close(entry: Entry, { isProof, isEnd }: Closing, area: Area): void {
    const { witnesses } = this.findings;
    // All findings of a closing's entry change the same way.
    const isAccepted = entry.seen?.transitions[0] === Transition.SUPPRESSED;
    for (const number of this.#numbers(entry)) {
      if (entry.isShared) witnesses.remove(number, area.number);
      if (!witnesses.has(number)) this.findings.fix(number);
      else if (isAccepted) this.findings.accept(number);
    }
    const at = Date.parse(entry.at);
    if (!isProof || !isEnd || at < (area.coverage?.at ?? 0)) return;
    const { runId, reportId, revision } = entry;
    area.coverage = { value: { at: entry.at, runId, reportId, revision }, at, seq: entry.seq };
    for (const [id, recent] of this.#recent) if (recent.area === area && recent.at <= at) this.#recent.delete(id);
  }

  *#numbers({ seen, tool, scope, isShared }: Entry): Iterable<number> {
    if (!seen) return;
    const mask = isShared ? sharedMask : this.area(tool, scope).mask;
    for (let position = 0; position < seen.transitions.length; position++) {
      const number = this.findings.find(seen.identities, position, mask);
      if (number >= 0) yield number;
    }
  }
}
