// The ledger's log in MongoDB. What an entry keeps and saw is written first, under names of its own; then the entry, one
// document, which commits all of it. The marks it makes on earlier ones follow, and are made again by whoever next reads
// the history, should we die in between.
import { type Batch, type Severity, severityNames } from '@assay/contracts';
import type { Filter } from 'mongodb';
import { packContent, unpackContent } from '../content.ts';
import { addCounts, addFixed, emptyCounts } from '../counts.ts';
import type { EntryQuery, EntryReader } from '../entry-reader.ts';
import { historyId } from '../history-id.ts';
import type { EntryWrites } from '../ledger-of.ts';
import type { Append, Counts, Entry, StoredHistory } from '../ledger-store.ts';
import { byEntry, markKept } from '../mark-kept.ts';
import type { Connection, Doc } from './connect.ts';
import {
  entryDocument,
  entryId,
  entryOf,
  liveCounts,
  partId,
  seenDocument,
  seenOf,
  unpackMarkings,
} from './entry-documents.ts';

export class EntryCollections implements EntryReader, EntryWrites {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async history(target: string): Promise<StoredHistory> {
    const id = historyId(target);
    const known = await this.findHistory(id);
    if (known) return known;
    await this.#connection.insert('history', { _id: id, target, coverage: '{}' });
    return { id, target, coverage: {} };
  }

  async histories(): Promise<StoredHistory[]> {
    const docs = await this.#connection.attempt(() =>
      this.#connection
        .collection('history')
        .find({}, { sort: { _id: 1 } })
        .toArray(),
    );
    return docs.map(historyOf);
  }

  async *entries(history: string, after: number, isWhole: boolean): AsyncIterable<Entry> {
    const filter = { _id: { $gt: entryId(history, after), $lte: entryId(history, 9_999_999_999) } };
    const cursor = this.#connection.collection('entry').find(filter, { sort: { _id: 1 }, batchSize: 256 });
    let last: Doc | undefined;
    try {
      for (;;) {
        const doc = await this.#connection.attempt(() => cursor.next());
        if (!doc) break;
        last = doc;
        const entry = entryOf(doc);
        yield isWhole || entry.closing ? await this.#whole(entry) : entry;
      }
    } finally {
      await cursor.close();
    }
    if (last) await this.#follow(history, last);
  }

  async entriesOfReport(history: string, reportId: string): Promise<Entry[]> {
    const docs = await this.#find({ report: reportId, history });
    return Promise.all(docs.map((doc) => this.#whole(entryOf(doc))));
  }

  async content(history: string, seq: number): Promise<Batch | undefined> {
    const entry = await this.findEntry(history, seq);
    const packed: unknown = entry && (await this.#connection.get('content', partId(entry)))?.['batch'];
    return packed instanceof Uint8Array ? unpackContent(packed) : undefined;
  }

  async append(append: Append): Promise<boolean> {
    const { entry, content } = append;
    const forgotten = await this.#connection.get('forgotten', entry.history);
    if (entry.seq <= Number(forgotten?.['seq'] ?? 0)) return false;
    const id = partId(entry);
    if (content) {
      const packed = packContent(content);
      const batch = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
      await this.#connection.insert('content', { _id: id, batch });
    }
    if (entry.seen) await this.#connection.insert('seen', seenDocument(entry, entry.seen));
    const doc = entryDocument(append);
    if (!(await this.#connection.insert('entry', doc))) {
      const winner = await this.#connection.get('entry', doc._id);
      if (winner?.['key'] !== entry.key) for (const part of ['content', 'seen']) await this.#drop(part, [id]);
      return false;
    }
    await this.#follow(entry.history, doc);
    return true;
  }

  /** What the server has acknowledged is in its journal. */
  async settled(): Promise<void> {}

  async forget(history: string, before: string): Promise<number> {
    const coverage = (await this.findHistory(history))?.coverage ?? {};
    const last = Object.values(coverage).map(({ reportId }) => reportId);
    const docs = await this.#find({ history, storedAt: { $lt: before }, isClosing: false, report: { $nin: last } });
    if (docs.length === 0) return 0;
    const [head] = await this.#connection.attempt(() =>
      this.#connection
        .collection('entry')
        .find({ history }, { sort: { _id: -1 }, limit: 1 })
        .toArray(),
    );
    const parts = docs.map((doc) => partId(entryOf(doc)));
    const forgotten = await this.#drop('seen', parts);
    await this.#drop(
      'content',
      docs.filter((doc) => doc['live'] === 0).map((doc) => partId(entryOf(doc))),
    );
    const empty = docs.filter((doc) => !doc['kept'] && doc._id !== head?._id);
    const newest = Math.max(0, ...empty.map((doc) => Number(doc['seq'])));
    // First: a number that is free again must not be written by somebody with an old memory.
    await this.#connection.update('forgotten', history, (doc) =>
      newest > Number(doc?.['seq'] ?? 0) ? { seq: newest } : undefined,
    );
    return (
      forgotten +
      (await this.#drop(
        'entry',
        empty.map(({ _id }) => _id),
      ))
    );
  }

  async countsOfReport(reportId: string): Promise<Counts & { storedAt: string }> {
    const counts = { ...emptyCounts(), storedAt: '' };
    for (const doc of await this.#find({ report: reportId })) {
      const { closing, seen, severity, count, storedAt } = await this.#whole(entryOf(doc));
      if (storedAt > counts.storedAt) counts.storedAt = storedAt;
      if (closing) addFixed(counts, seen?.transitions ?? new Uint8Array());
      else if (seen) addCounts(counts, severity, seen.transitions);
      else counts.findings += count;
    }
    return counts;
  }

  async findHistory(id: string): Promise<StoredHistory | undefined> {
    const doc = await this.#connection.get('history', id);
    return doc && historyOf(doc);
  }

  keptEntries(query: Parameters<EntryReader['keptEntries']>[0]): Promise<Entry[]> {
    const { state, rule, path } = query;
    return this.#ordered(query, {
      live: { $gt: 0 },
      ...(state ? { [state]: { $gt: 0 } } : {}),
      ...(rule === undefined ? {} : { rules: rule }),
      ...(path === undefined ? {} : { maxPath: { $gte: path }, minPath: { $lt: `${path}\u{10ffff}` } }),
    });
  }

  async seenEntries(query: Parameters<EntryReader['seenEntries']>[0]): Promise<Entry[]> {
    const entries = await this.#ordered(query, { run: query.run });
    return Promise.all(entries.map((entry) => this.#whole(entry)));
  }

  async entriesHolding(prefix: Uint8Array): Promise<Entry[]> {
    const sought = Buffer.from(prefix);
    const cursor = this.#connection.collection('entry').find({ live: { $gt: 0 } });
    const found: Entry[] = [];
    await this.#connection.attempt(async () => {
      for await (const doc of cursor) {
        const entry = entryOf(doc);
        if (entry.kept && Buffer.from(entry.kept.identities).includes(sought)) found.push(entry);
      }
    });
    return found.sort((a, b) => (entryId(a.history, a.seq) < entryId(b.history, b.seq) ? -1 : 1));
  }

  async findEntry(history: string, seq: number): Promise<Entry | undefined> {
    const doc = await this.#connection.get('entry', entryId(history, seq));
    return doc && entryOf(doc);
  }

  findContent(history: string, seq: number): Promise<Batch | undefined> {
    return this.content(history, seq);
  }

  /** Makes the marks an entry asks for. Again does no harm; late does none either, because marks only grow. */
  async #follow(history: string, doc: Doc): Promise<void> {
    for (const [seq, markings] of byEntry(unpackMarkings(doc['markings']))) {
      await this.#connection.update('entry', entryId(history, seq), (marked) => {
        const kept = marked && entryOf(marked).kept;
        const result = kept && markKept(kept, markings);
        if (!result) return undefined;
        return {
          'kept.marks': Buffer.from(result.marks),
          'kept.pointers': Buffer.from(result.pointers),
          ...liveCounts(result.counts),
        };
      });
    }
    if (!doc['coverage']) return;
    const { key, value } = JSON.parse(doc['coverage']) as NonNullable<Append['coverage']>;
    await this.#connection.update('history', history, (stored) => {
      if (!stored) return undefined;
      const { coverage } = historyOf(stored);
      const known = coverage[key];
      if (known && known.at > value.at) return undefined;
      return { coverage: JSON.stringify({ ...coverage, [key]: value }) };
    });
  }

  async #ordered({ history, tool, severities, from, limit }: EntryQuery, filter: Filter<Doc>) {
    const entries: Entry[] = [];
    for (let severity = from?.severity ?? severityNames.all.length; severity >= 0; severity--) {
      if (severities && !severities.includes(severity as Severity)) continue;
      const isFirst = from?.severity === severity;
      const docs = await this.#find(
        {
          ...filter,
          severity,
          ...(history === undefined ? {} : { history }),
          ...(tool === undefined ? {} : { $or: [{ tool }, { isShared: true }] }),
          ...(isFirst ? { _id: { $gte: entryId(from.history, from.seq) } } : {}),
        },
        limit - entries.length,
      );
      for (const doc of docs) entries.push(entryOf(doc));
      if (entries.length >= limit) break;
    }
    return entries;
  }

  async #whole(entry: Entry): Promise<Entry> {
    const seen = await this.#connection.get('seen', partId(entry));
    return seen ? { ...entry, seen: seenOf(seen) } : entry;
  }

  #find(filter: Filter<Doc>, limit = 0): Promise<Doc[]> {
    return this.#connection.attempt(() =>
      this.#connection
        .collection('entry')
        .find(filter, { sort: { _id: 1 }, limit })
        .toArray(),
    );
  }

  /** How many there were. */
  async #drop(collection: string, ids: readonly string[]): Promise<number> {
    let dropped = 0;
    for (const _id of ids) {
      const { deletedCount } = await this.#connection.attempt(() =>
        this.#connection.collection(collection).deleteOne({ _id }),
      );
      dropped += deletedCount;
    }
    return dropped;
  }
}

function historyOf(doc: Doc): StoredHistory {
  return {
    id: doc._id,
    target: doc['target'],
    coverage: JSON.parse(doc['coverage']) as StoredHistory['coverage'],
  };
}
