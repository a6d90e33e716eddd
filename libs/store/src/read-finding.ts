// One finding as the ledger remembers it, from the entry that keeps it, its content and its history's coverage.
// Keeps what it read for as long as one page is made.
import { type Batch, Fault, recordAt, severityNames, transitionNames } from '@assay/contracts';
import type { EntryReader } from './entry-reader.ts';
import { coverageKey, type Entry, FindingMark, type Place, type StoredHistory } from './ledger-store.ts';
import { numberAt, placeAt } from './places.ts';
import type { FindingState, StoredFinding } from './store.ts';

const states: Readonly<Record<number, FindingState>> = {
  [FindingMark.OPEN]: 'open',
  [FindingMark.SUPPRESSED]: 'suppressed',
  [FindingMark.FIXED]: 'fixed',
};

/** The word for a mark; undefined for a finding whose content moved on. */
export function stateOf(mark: number | undefined): FindingState | undefined {
  return states[mark ?? 0];
}

export class FindingPages {
  readonly #reader: EntryReader;
  readonly #entries = new Map<string, Promise<Entry | undefined>>();
  readonly #batches = new Map<string, Promise<Batch | undefined>>();
  readonly #histories = new Map<string, Promise<StoredHistory | undefined>>();

  constructor(reader: EntryReader) {
    this.#reader = reader;
  }

  /** The finding at a place; `seen` when it is asked for as a run saw it. */
  async finding(history: string, place: Place, seen?: { entry: Entry; transition: number }): Promise<StoredFinding> {
    const newest = await this.newest(history, place);
    const { entry, position } = newest;
    const content = await this.contentPlace(history, place);
    const batch = await this.batch(history, content.seq);
    if (!batch?.findings[content.position]) throw broken(history, place);
    const record = recordAt(batch, content.position);
    const first = await this.#entry(history, entry.kept ? numberAt(entry.kept.firsts, position) : entry.seq);
    const sight = await this.#lastSight(entry, position);
    const run = seen?.entry ?? sight;
    const tool = await this.toolOf(entry, position);
    // Another tool's words about a finding that goes by the name of the first one.
    if (tool !== record.tool) delete record.toolVersion;
    return {
      ...record,
      tool,
      ...(run.revision ? { revision: run.revision } : {}),
      severity: severityNames.of(seen?.entry.severity ?? entry.severity),
      run: run.runId,
      report: run.reportId,
      ...(seen ? { transition: transitionNames.of(seen.transition) } : {}),
      state: stateOf(entry.kept?.marks[position]) ?? 'open',
      firstSeen: first?.at ?? entry.at,
      firstRun: first?.runId ?? entry.runId,
      lastSeen: sight.at,
      lastRun: sight.runId,
      ...(sight.fixedAt ? { fixedAt: sight.fixedAt } : {}),
    };
  }

  /** The tool a finding goes by: of a shared one the tool that reported it first. */
  async toolOf(entry: Entry, position: number): Promise<string> {
    if (!entry.isShared || !entry.kept) return entry.tool;
    return (await this.#entry(entry.history, numberAt(entry.kept.firsts, position)))?.tool ?? entry.tool;
  }

  /** Where the newest content of a finding is, whose content was at a place once. */
  async newest(history: string, place: Place): Promise<{ entry: Entry; position: number }> {
    for (let at = place; ; ) {
      const entry = await this.#entry(history, at.seq);
      if (!entry?.kept) throw broken(history, place);
      if (entry.kept.marks[at.position] !== FindingMark.MOVED) return { entry, position: at.position };
      at = placeAt(entry.kept.pointers, at.position);
    }
  }

  /** A place whose content is still stored: the place itself, or the newest. */
  async contentPlace(history: string, place: Place): Promise<Place> {
    if (await this.batch(history, place.seq)) return place;
    const { entry, position } = await this.newest(history, place);
    return { seq: entry.seq, position };
  }

  /** What an entry keeps, its findings still encoded. */
  batch(history: string, seq: number): Promise<Batch | undefined> {
    return cached(this.#batches, `${history}/${seq}`, () => this.#reader.findContent(history, seq));
  }

  #entry(history: string, seq: number): Promise<Entry | undefined> {
    return cached(this.#entries, `${history}/${seq}`, () => this.#reader.findEntry(history, seq));
  }

  // Nothing is written for what recurs: an open finding was seen by the last complete scan of its scope.
  async #lastSight(entry: Entry, position: number) {
    const { at, runId, reportId, revision } = entry;
    const own = { at, runId, reportId, revision, fixedAt: '' };
    if (entry.kept?.marks[position] === FindingMark.FIXED) {
      const closing = await this.#entry(entry.history, placeAt(entry.kept.pointers, position).seq);
      const before = closing?.closing;
      if (!closing || !before) return own;
      const fixed = { ...own, fixedAt: closing.at };
      return before.beforeAt > at ? { ...fixed, at: before.beforeAt, runId: before.beforeRun } : fixed;
    }
    const history = await cached(this.#histories, entry.history, () => this.#reader.findHistory(entry.history));
    const coverage = history?.coverage[coverageKey(entry.tool, entry.scope)];
    return coverage && coverage.at >= at ? { ...coverage, fixedAt: '' } : own;
  }
}

function cached<T>(cache: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const reading = read();
  cache.set(key, reading);
  return reading;
}

function broken(history: string, { seq, position }: Place): Fault {
  return new Fault(
    `the ledger has no content for position ${position} of entry ${history}/${seq}: restore the store from a backup`,
    { code: 'store.content' },
  );
}
