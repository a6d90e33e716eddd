// The ledger's log in MongoDB. An entry is one document, so it commits as a whole; the marks it makes on earlier ones
// follow, and are made again by whoever next reads the history, should we die in between.
import { type Severity, severityNames } from '@assay/contracts';
import type { Filter } from 'mongodb';
import { addCounts, emptyCounts } from '../counts.ts';
import type { EntryQuery, EntryReader } from '../entry-reader.ts';
import { historyId } from '../history-id.ts';
import type { Append, Counts, Entry, LedgerStore, StoredHistory } from '../ledger-store.ts';
import { byEntry, markKept } from '../mark-kept.ts';
import type { Connection, Doc } from './connect.ts';
import { entryDocument, entryId, entryOf, keptProjection, liveCounts, unpackMarkings } from './entry-documents.ts';

/** How long the number of a forgotten entry stays taken, so that nobody with an old memory writes it again. */
const numberTakenMs = 7 * 24 * 3600 * 1000;

type EntryWrites = Pick<
  LedgerStore,
  'history' | 'histories' | 'entries' | 'entriesOfReport' | 'content' | 'append' | 'forget' | 'countsOfReport'
>;

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
        if (!isWhole && !entry.closing) delete entry.seen;
        yield entry;
      }
    } finally {
      await cursor.close();
    }
    if (last) await this.#follow(history, last);
  }

  async entriesOfReport(history: string, reportId: string): Promise<Entry[]> {
    return (await this.#find({ report: reportId, history }, {})).map(entryOf);
  }

  async content(history: string, seq: number): Promise<Uint8Array | undefined> {
    const entry = await this.#connection.get('entry', entryId(history, seq));
    const doc = entry && (await this.#connection.get('content', contentId(history, seq, entry['key'])));
    return doc?.['batch'];
  }

  async append(append: Append): Promise<boolean> {
    const { entry, content } = append;
    const { history, seq, key } = entry;
    if (seq > 1 && !(await this.#connection.get('entry', entryId(history, seq - 1)))) return false;
    // Named by its entry's key as well: what somebody else writes under the same number is not ours.
    if (content) {
      const batch = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      await this.#connection.insert('content', { _id: contentId(history, seq, key), batch });
    }
    const doc = entryDocument(append);
    if (!(await this.#connection.insert('entry', doc))) {
      const winner = await this.#connection.get('entry', doc._id);
      if (content && winner?.['key'] !== key) await this.#drop('content', [contentId(history, seq, key)]);
      return false;
    }
    await this.#follow(history, doc);
    return true;
  }

  async forget(history: string, before: string): Promise<number> {
    const coverage = (await this.findHistory(history))?.coverage ?? {};
    const last = Object.values(coverage).map(({ reportId }) => reportId);
    const old = { history, storedAt: { $lt: before }, isClosing: false, report: { $nin: last } };
    const collection = this.#connection.collection('entry');
    const { modifiedCount } = await this.#connection.attempt(() =>
      collection.updateMany({ ...old, hasSeen: true }, { $set: { hasSeen: false }, $unset: { seen: '' } }),
    );
    const dead = await this.#find({ ...old, hasSeen: false, live: 0 }, { seen: 0 });
    await this.#drop(
      'content',
      dead.map((doc) => contentId(history, doc['seq'], doc['key'])),
    );
    const [head] = await this.#connection.attempt(() =>
      collection.find({ history }, { sort: { _id: -1 }, limit: 1, projection: { _id: 1 } }).toArray(),
    );
    const longAgo = new Date(Date.parse(before) - numberTakenMs).toISOString();
    const gone = dead.filter((doc) => !doc['kept'] && doc['storedAt'] < longAgo && doc._id !== head?._id);
    await this.#drop(
      'entry',
      gone.map(({ _id }) => _id),
    );
    return modifiedCount + gone.length;
  }

  async countsOfReport(reportId: string): Promise<Counts & { storedAt: string }> {
    const counts = { ...emptyCounts(), storedAt: '' };
    for (const entry of (await this.#find({ report: reportId }, {})).map(entryOf)) {
      if (entry.storedAt > counts.storedAt) counts.storedAt = entry.storedAt;
      if (entry.seen) addCounts(counts, entry.severity, entry.seen.transitions);
      else if (!entry.closing) counts.findings += entry.count;
    }
    return counts;
  }

  async findHistory(id: string): Promise<StoredHistory | undefined> {
    const doc = await this.#connection.get('history', id);
    return doc && historyOf(doc);
  }

  keptEntries(query: Parameters<EntryReader['keptEntries']>[0]): Promise<Entry[]> {
    const { state, rule, path } = query;
    return this.#ordered(query, keptProjection, {
      live: { $gt: 0 },
      ...(state ? { [state]: { $gt: 0 } } : {}),
      ...(rule === undefined ? {} : { rules: rule }),
      ...(path === undefined ? {} : { maxPath: { $gte: path }, minPath: { $lt: `${path}\u{10ffff}` } }),
    });
  }

  seenEntries(query: Parameters<EntryReader['seenEntries']>[0]): Promise<Entry[]> {
    return this.#ordered(query, {}, { run: query.run, hasSeen: true });
  }

  async entriesHolding(prefix: Uint8Array): Promise<Entry[]> {
    const sought = Buffer.from(prefix);
    const cursor = this.#connection.collection('entry').find({ live: { $gt: 0 } }, { projection: keptProjection });
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

  findContent(history: string, seq: number): Promise<Uint8Array | undefined> {
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

  async #ordered({ history, tool, severities, from, limit }: EntryQuery, projection: object, filter: Filter<Doc>) {
    const entries: Entry[] = [];
    for (let severity = from?.severity ?? severityNames.all.length; severity >= 0; severity--) {
      if (severities && !severities.includes(severity as Severity)) continue;
      const isFirst = from?.severity === severity;
      const docs = await this.#find(
        {
          ...filter,
          severity,
          ...(history === undefined ? {} : { history }),
          ...(tool === undefined ? {} : { tool }),
          ...(isFirst ? { _id: { $gte: entryId(from.history, from.seq) } } : {}),
        },
        projection,
        limit - entries.length,
      );
      for (const doc of docs) entries.push(entryOf(doc));
      if (entries.length >= limit) break;
    }
    return entries;
  }

  #find(filter: Filter<Doc>, projection: object, limit = 0): Promise<Doc[]> {
    return this.#connection.attempt(() =>
      this.#connection
        .collection('entry')
        .find(filter, { projection, sort: { _id: 1 }, limit })
        .toArray(),
    );
  }

  async #drop(collection: string, ids: string[]): Promise<void> {
    for (const id of ids) {
      await this.#connection.attempt(() => this.#connection.collection(collection).deleteOne({ _id: id }));
    }
  }
}

function contentId(history: string, seq: number, key: string): string {
  return `${entryId(history, seq)}/${key}`;
}

function historyOf(doc: Doc): StoredHistory {
  return {
    id: doc._id,
    target: doc['target'],
    coverage: JSON.parse(doc['coverage']) as StoredHistory['coverage'],
  };
}
