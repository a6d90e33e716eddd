// Reports in SQLite: what the producer said of each, and whether the ledger has all of it.
import { Completeness, type ReportParsed } from '@assay/contracts';
import { checkLimit, wrongCursor } from '../finding-query.ts';
import type { Counts, LedgerReport, LedgerStore, ReportClosed } from '../ledger-store.ts';
import type { Page, ReadStore, StoredReport } from '../store.ts';
import type { Database, Row } from './database.ts';
import { text } from './entry-rows.ts';

export class ReportTable {
  readonly #db: Database;
  readonly #countsOf: (reportId: string) => Promise<Counts>;

  constructor(db: Database, countsOf: (reportId: string) => Promise<Counts>) {
    this.#db = db;
    this.#countsOf = countsOf;
  }

  putReport: LedgerStore['putReport'] = async (parsed, parse, now) => {
    this.#db.run(
      `INSERT INTO report (id, run, parsed, parse, stored_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         parsed = excluded.parsed, parse = excluded.parse, stored_at = excluded.stored_at, closed = NULL
       WHERE parse <> excluded.parse AND json_extract(parsed, '$.completeness') <> ?`,
      parsed.reportId,
      parsed.runId || parsed.reportId,
      JSON.stringify(parsed),
      parse,
      now,
      Completeness.COMPLETE,
    );
    await this.#db.settled();
    return ledgerReport(this.#db.get('SELECT * FROM report WHERE id = ?', parsed.reportId) ?? {});
  };

  report: LedgerStore['report'] = async (reportId) => {
    const row = this.#db.get('SELECT * FROM report WHERE id = ?', reportId);
    return row && ledgerReport(row);
  };

  reportsOfRun: LedgerStore['reportsOfRun'] = async (runId) =>
    this.#db.all('SELECT * FROM report WHERE run = ? ORDER BY id', runId).map(ledgerReport);

  closeReport: LedgerStore['closeReport'] = async (reportId, parse, closed) => {
    this.#db.run(
      'UPDATE report SET closed = ? WHERE id = ? AND parse = ? AND closed IS NULL',
      JSON.stringify(closed),
      reportId,
      parse,
    );
    await this.#db.settled();
  };

  list: ReadStore['reports']['list'] = async (query): Promise<Page<StoredReport>> => {
    const limit = checkLimit(query);
    const where = ['1'];
    const values: string[] = [];
    if (query.run) {
      where.push('run = ?');
      values.push(query.run);
    }
    if (query.after) {
      const [, time = '', id = ''] = /^([^ ]{1,40}) (.{1,300})$/s.exec(query.after) ?? [];
      if (!time) throw wrongCursor();
      where.push('(stored_at, id) < (?, ?)');
      values.push(time, id);
    }
    const sql = `SELECT * FROM report WHERE ${where.join(' AND ')} ORDER BY stored_at DESC, id DESC LIMIT ?`;
    const rows = this.#db.all(sql, ...values, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const items = await Promise.all(shown.map((row) => this.#storedReport(row)));
    return last && rows.length > limit ? { items, next: `${text(last, 'stored_at')} ${text(last, 'id')}` } : { items };
  };

  get: ReadStore['reports']['get'] = async (reportId) => {
    const row = this.#db.get('SELECT * FROM report WHERE id = ?', reportId);
    return row && this.#storedReport(row);
  };

  async #storedReport(row: Row): Promise<StoredReport> {
    const { parsed, closed } = ledgerReport(row);
    const counts = closed?.counts ?? (await this.#countsOf(parsed.reportId));
    return { ...parsed, ledgered: counts.findings, closed: closed !== undefined };
  }
}

function ledgerReport(row: Row): LedgerReport {
  const report = {
    parsed: JSON.parse(text(row, 'parsed')) as ReportParsed,
    parse: text(row, 'parse'),
    storedAt: text(row, 'stored_at'),
  };
  const closed = row['closed'];
  return typeof closed === 'string' ? { ...report, closed: JSON.parse(closed) as ReportClosed } : report;
}
