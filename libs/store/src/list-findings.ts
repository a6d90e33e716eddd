// Lists findings from a ledger's entries, for every driver. An entry holds up to 1024 findings of one severity, so a
// page is a few entries, found by index and read in order: worst first, then as they were first written.
import { type Batch, InvalidInput, Transition } from '@assay/contracts';
import type { Cursor, EntryReader } from './entry-reader.ts';
import { FindingFields } from './finding-fields.ts';
import { type CheckedQuery, checkQuery, writeCursor } from './finding-query.ts';
import { historyId } from './history-id.ts';
import { type Entry, FindingMark, type Place } from './ledger-store.ts';
import { placeAt } from './places.ts';
import { FindingPages, stateOf } from './read-finding.ts';
import type { FindingQuery, FindingState, Page, StoredFinding } from './store.ts';

const smallestStep = 8;
const largestStep = 512;

/** A finding that a query found: where it stands in the order, and where its content is. */
interface Hit {
  cursor: Cursor;
  place: Place;
  /** The entry of the run it was seen in, and its transition there. */
  seen?: { entry: Entry; transition: number };
}

export async function listFindings(reader: EntryReader, query: FindingQuery): Promise<Page<StoredFinding>> {
  const checked = checkQuery(query);
  const history = checked.target === undefined ? undefined : historyId(checked.target);
  const pages = new FindingPages(reader);
  const hits: Hit[] = [];
  const search = checked.run === undefined ? keptHits : seenHits;
  for await (const hit of search(reader, pages, checked, history)) {
    hits.push(hit);
    if (hits.length > checked.limit) break;
  }
  const shown = hits.slice(0, checked.limit);
  const items: StoredFinding[] = [];
  for (const { cursor, place, seen } of shown) items.push(await pages.finding(cursor.history, place, seen));
  const last = shown.at(-1);
  return hits.length > shown.length && last ? { items, next: writeCursor(last.cursor) } : { items };
}

/** Findings by identity: 32 hex digits, or at least 8 that begin only one identity. */
export async function getFindings(reader: EntryReader, id: string): Promise<StoredFinding[]> {
  const prefix = id.toLowerCase();
  if (!/^[0-9a-f]{8,32}$/.test(prefix)) {
    throw new InvalidInput('a finding is named by 8 to 32 hex digits of its id', { code: 'finding.id' });
  }
  const bytes = Buffer.from(prefix.slice(0, prefix.length & ~1), 'hex');
  const pages = new FindingPages(reader);
  const found: { id: string; history: string; place: Place }[] = [];
  for (const entry of await reader.entriesHolding(bytes)) {
    const { kept } = entry;
    if (!kept) continue;
    for (let position = 0; position < kept.marks.length; position++) {
      if (kept.marks[position] === FindingMark.MOVED) continue;
      const identity = Buffer.from(kept.identities.subarray(position * 16, position * 16 + 16)).toString('hex');
      if (identity.startsWith(prefix)) {
        found.push({ id: identity, history: entry.history, place: { seq: entry.seq, position } });
      }
    }
  }
  if (new Set(found.map((each) => each.id)).size > 1) {
    throw new InvalidInput(`more than one finding's id begins with ${prefix}; give more digits`, {
      code: 'finding.ambiguous',
    });
  }
  return Promise.all(found.map(({ history, place }) => pages.finding(history, place)));
}

async function* keptHits(
  reader: EntryReader,
  pages: FindingPages,
  query: CheckedQuery,
  history: string | undefined,
): AsyncIterable<Hit> {
  for await (const entry of walk(query, (from, limit) => reader.keptEntries({ ...query, history, from, limit }))) {
    const { kept } = entry;
    if (!kept) continue;
    const first = firstPosition(query.after, entry);
    for (let position = first; position < kept.marks.length; position++) {
      const state = stateOf(kept.marks[position]);
      if (state === undefined || (query.state !== undefined && query.state !== state)) continue;
      if (query.tool !== undefined && (await pages.toolOf(entry, position)) !== query.tool) continue;
      const place = { seq: entry.seq, position };
      if (needsContent(query) && !matches(query, await pages.batch(entry.history, entry.seq), position)) continue;
      yield { cursor: { severity: entry.severity, history: entry.history, ...place }, place };
    }
  }
}

async function* seenHits(
  reader: EntryReader,
  pages: FindingPages,
  query: CheckedQuery,
  history: string | undefined,
): AsyncIterable<Hit> {
  const run = query.run ?? '';
  for await (const entry of walk(query, (from, limit) => reader.seenEntries({ ...query, history, run, from, limit }))) {
    const { seen } = entry;
    if (!seen || (query.tool !== undefined && entry.tool !== query.tool)) continue;
    const first = firstPosition(query.after, entry);
    for (let position = first; position < seen.transitions.length; position++) {
      const transition = seen.transitions[position] ?? Transition.UNSPECIFIED;
      // A closing's note about what goes on without its tool.
      if (transition === Transition.UNSPECIFIED) continue;
      if (query.transitions && !query.transitions.has(transition)) continue;
      const place = placeAt(seen.places, position);
      if (query.state !== undefined && (await stateNow(pages, entry.history, place)) !== query.state) continue;
      if (needsContent(query)) {
        const now = await pages.contentPlace(entry.history, place);
        if (!matches(query, await pages.batch(entry.history, now.seq), now.position)) continue;
      }
      const cursor = { severity: entry.severity, history: entry.history, seq: entry.seq, position };
      yield { cursor, place, seen: { entry, transition } };
    }
  }
}

async function stateNow(pages: FindingPages, history: string, place: Place): Promise<FindingState | undefined> {
  const { entry, position } = await pages.newest(history, place);
  return stateOf(entry.kept?.marks[position]);
}

/** Entries from where the page begins, a few at first, more when they do not fill it. */
async function* walk(
  { after }: CheckedQuery,
  read: (from: Omit<Cursor, 'position'> | undefined, limit: number) => Promise<Entry[]>,
): AsyncIterable<Entry> {
  let from: Omit<Cursor, 'position'> | undefined = after;
  for (let limit = smallestStep; ; limit = Math.min(limit * 2, largestStep)) {
    const entries = await read(from, limit);
    yield* entries;
    const last = entries.at(-1);
    if (!last || entries.length < limit) return;
    from = { severity: last.severity, history: last.history, seq: last.seq + 1 };
  }
}

function firstPosition(after: Cursor | undefined, { severity, history, seq }: Entry): number {
  const isThere = after?.severity === severity && after.history === history && after.seq === seq;
  return isThere ? after.position + 1 : 0;
}

function needsContent({ rule, path }: CheckedQuery): boolean {
  return rule !== undefined || path !== undefined;
}

const fields = new FindingFields();

function matches({ rule, path }: CheckedQuery, batch: Batch | undefined, position: number): boolean {
  const bytes = batch?.findings[position];
  if (!bytes) return false;
  fields.read(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (rule !== undefined && text.toString('utf8', fields.ruleStart, fields.ruleEnd) !== rule) return false;
  return path === undefined || text.toString('utf8', fields.pathStart, fields.pathEnd).startsWith(path);
}
