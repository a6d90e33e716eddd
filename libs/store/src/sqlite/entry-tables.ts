// The ledger's log in SQLite: appends, and the look-ups that lists are made of.
import type { SQLInputValue } from 'node:sqlite';
import { type Batch, severityNames } from '@assay/contracts';
import { packContent, unpackContent } from '../content.ts';
import { addCounts, addFixed, emptyCounts } from '../counts.ts';
import type { EntryQuery, EntryReader } from '../entry-reader.ts';
import { historyId } from '../history-id.ts';
import type { EntryWrites } from '../ledger-of.ts';
import type { Append, Counts, Entry, StoredHistory } from '../ledger-store.ts';
import { byEntry, markKept } from '../mark-kept.ts';
import type { Database } from './database.ts';
import { entryColumns, entryOf, entryValues, historyOf, insertEntry, number, text } from './entry-rows.ts';

/** Entries read at a time where all of a history are. */
const pageSize = 256;

export class EntryTables implements EntryReader, EntryWrites {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async history(target: string): Promise<StoredHistory> {
    const id = historyId(target);
    const known = await this.findHistory(id);
    if (known) return known;
    this.#db.run('INSERT INTO history (id, target) VALUES (?, ?) ON CONFLICT DO NOTHING', id, target);
    await this.#db.settled();
    return { id, target, coverage: {} };
  }

  async histories(): Promise<StoredHistory[]> {
    return this.#db.all('SELECT * FROM history ORDER BY id').map(historyOf);
  }

  async *entries(history: string, after: number, isWhole: boolean): AsyncIterable<Entry> {
    const columns = isWhole ? entryColumns.whole : entryColumns.folded;
    const sql = `SELECT ${columns} FROM entry WHERE history = ? AND seq > ? ORDER BY seq LIMIT ${pageSize}`;
    for (let from = after; ; ) {
      const rows = this.#db.all(sql, history, from);
      for (const row of rows) yield entryOf(row);
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return;
      from = number(last, 'seq');
    }
  }

  async entriesOfReport(history: string, reportId: string): Promise<Entry[]> {
    const sql = `SELECT ${entryColumns.whole} FROM entry WHERE report = ? AND history = ? ORDER BY seq`;
    return this.#db.all(sql, reportId, history).map(entryOf);
  }

  async content(history: string, seq: number): Promise<Batch | undefined> {
    const packed = this.#db.get('SELECT batch FROM content WHERE history = ? AND seq = ?', history, seq)?.['batch'];
    return packed instanceof Uint8Array ? unpackContent(packed) : undefined;
  }

  async append({ entry, content, markings, coverage }: Append): Promise<boolean> {
    const { history, seq } = entry;
    const packed = content && packContent(content);
    return this.#db.transaction(() => {
      const head = this.#db.get('SELECT max(seq) AS head FROM entry WHERE history = ?', history);
      if (number(head ?? {}, 'head') !== seq - 1) return false;
      this.#db.run(insertEntry, ...entryValues(entry));
      if (packed) this.#db.run('INSERT INTO content (history, seq, batch) VALUES (?, ?, ?)', history, seq, packed);
      for (const [marked, some] of byEntry(markings)) this.#mark(history, marked, some);
      if (coverage) this.#cover(history, coverage);
      return true;
    });
  }

  settled(): Promise<void> {
    return this.#db.settled();
  }

  /** What was seen goes; an entry goes too unless it keeps content, fixed something or is the newest. */
  async forget(history: string, before: string): Promise<number> {
    const forgotten = this.#db.transaction(() => {
      const coverage = historyOf(this.#db.get('SELECT * FROM history WHERE id = ?', history) ?? {}).coverage;
      const last = JSON.stringify(Object.values(coverage).map(({ reportId }) => reportId));
      const old = `history = ?1 AND stored_at < ?2 AND closing IS NULL AND report NOT IN (SELECT value FROM json_each(?3))`;
      const head = 'seq < (SELECT max(seq) FROM entry WHERE history = ?1)';
      const gone = this.#db.run(`DELETE FROM entry WHERE ${old} AND marks IS NULL AND ${head}`, history, before, last);
      const stripped = this.#db.run(
        `UPDATE entry SET seen_identities = NULL, seen_transitions = NULL, seen_places = NULL
         WHERE ${old} AND seen_identities IS NOT NULL`,
        history,
        before,
        last,
      );
      this.#db.run(
        `DELETE FROM content WHERE history = ?1 AND seq IN (
           SELECT seq FROM entry WHERE history = ?1 AND stored_at < ?2 AND marks IS NOT NULL
             AND seen_identities IS NULL AND open + suppressed + fixed = 0)`,
        history,
        before,
      );
      return gone + stripped;
    });
    await this.#db.settled();
    return forgotten;
  }

  async countsOfReport(reportId: string): Promise<Counts & { storedAt: string }> {
    const counts = { ...emptyCounts(), storedAt: '' };
    const sql = 'SELECT severity, count, seen_transitions, closing, stored_at FROM entry WHERE report = ?';
    for (const row of this.#db.all(sql, reportId)) {
      const storedAt = text(row, 'stored_at');
      if (storedAt > counts.storedAt) counts.storedAt = storedAt;
      const transitions = row['seen_transitions'];
      const isKnown = transitions instanceof Uint8Array;
      if (row['closing']) addFixed(counts, isKnown ? transitions : new Uint8Array());
      else if (isKnown) addCounts(counts, number(row, 'severity'), transitions);
      else counts.findings += number(row, 'count');
    }
    return counts;
  }

  async findHistory(id: string): Promise<StoredHistory | undefined> {
    const row = this.#db.get('SELECT * FROM history WHERE id = ?', id);
    return row && historyOf(row);
  }

  async keptEntries(query: Parameters<EntryReader['keptEntries']>[0]): Promise<Entry[]> {
    const where = ['open + suppressed + fixed > 0'];
    const values: SQLInputValue[] = [];
    if (query.state) where.push(`${query.state} > 0`);
    if (query.rule !== undefined) {
      where.push('instr(rules, ?) > 0');
      values.push(`\n${query.rule}\n`);
    }
    if (query.path !== undefined) {
      where.push('max_path >= ? AND substr(min_path, 1, length(?)) <= ?');
      values.push(query.path, query.path, query.path);
    }
    return this.#ordered(entryColumns.kept, query, where, values);
  }

  async seenEntries(query: Parameters<EntryReader['seenEntries']>[0]): Promise<Entry[]> {
    return this.#ordered(entryColumns.whole, query, ['run = ?', 'seen_identities IS NOT NULL'], [query.run]);
  }

  async entriesHolding(prefix: Uint8Array): Promise<Entry[]> {
    const sql = `SELECT ${entryColumns.kept} FROM entry
      WHERE open + suppressed + fixed > 0 AND instr(kept_identities, ?) > 0 ORDER BY history, seq`;
    return this.#db.all(sql, prefix).map(entryOf);
  }

  async findEntry(history: string, seq: number): Promise<Entry | undefined> {
    const row = this.#db.get(`SELECT ${entryColumns.kept} FROM entry WHERE history = ? AND seq = ?`, history, seq);
    return row && entryOf(row);
  }

  findContent(history: string, seq: number): Promise<Batch | undefined> {
    return this.content(history, seq);
  }

  #mark(history: string, seq: number, markings: Append['markings']): void {
    const entry = this.#db.get(`SELECT ${entryColumns.kept} FROM entry WHERE history = ? AND seq = ?`, history, seq);
    const kept = entry && entryOf(entry).kept;
    const marked = kept && markKept(kept, markings);
    if (!marked) return;
    const { marks, pointers, counts } = marked;
    this.#db.run(
      'UPDATE entry SET marks = ?, pointers = ?, open = ?, suppressed = ?, fixed = ? WHERE history = ? AND seq = ?',
      marks,
      pointers,
      counts.open,
      counts.suppressed,
      counts.fixed,
      history,
      seq,
    );
  }

  #cover(history: string, { key, value }: NonNullable<Append['coverage']>): void {
    const { coverage } = historyOf(this.#db.get('SELECT * FROM history WHERE id = ?', history) ?? {});
    const json = JSON.stringify({ ...coverage, [key]: value });
    this.#db.run('UPDATE history SET coverage = ? WHERE id = ?', json, history);
  }

  #ordered(
    columns: string,
    { history, tool, severities, from, limit }: EntryQuery,
    where: string[],
    values: SQLInputValue[],
  ) {
    if (history !== undefined) {
      where.push('history = ?');
      values.push(history);
    }
    if (tool !== undefined) {
      where.push('(tool = ? OR is_shared = 1)');
      values.push(tool);
    }
    // A severity at a time, each by its part of the index.
    const entries: Entry[] = [];
    for (let severity = from?.severity ?? severityNames.all.length; severity >= 0; severity--) {
      if (severities && !severities.includes(severity)) continue;
      const isFirst = from?.severity === severity;
      const sql = `SELECT ${columns} FROM entry WHERE severity = ? AND ${where.join(' AND ')}
        ${isFirst ? 'AND (history, seq) >= (?, ?)' : ''} ORDER BY history, seq LIMIT ?`;
      const rows = this.#db.all(
        sql,
        severity,
        ...values,
        ...(isFirst ? [from.history, from.seq] : []),
        limit - entries.length,
      );
      for (const row of rows) entries.push(entryOf(row));
      if (entries.length >= limit) break;
    }
    return entries;
  }
}
