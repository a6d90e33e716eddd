// Reports in MongoDB: what the producer said of each, and whether the ledger has all of it.
import { Completeness, type ReportParsed } from '@assay/contracts';
import { checkLimit } from '../finding-query.ts';
import type { Counts, LedgerReport, LedgerStore, ReportClosed } from '../ledger-store.ts';
import type { Page, ReadStore, StoredReport } from '../store.ts';
import type { Connection, Doc } from './connect.ts';
import { newestFirst } from './newest-first.ts';

export class ReportCollection {
  readonly #connection: Connection;
  readonly #countsOf: (reportId: string) => Promise<Counts>;

  constructor(connection: Connection, countsOf: (reportId: string) => Promise<Counts>) {
    this.#connection = connection;
    this.#countsOf = countsOf;
  }

  putReport: LedgerStore['putReport'] = async (parsed, parse, now) => {
    const next = {
      run: parsed.runId || parsed.reportId,
      parsed: JSON.stringify(parsed),
      parse,
      storedAt: now,
    };
    await this.#connection.update('report', parsed.reportId, (doc) => {
      if (!doc) return next;
      const stored = JSON.parse(doc['parsed']) as ReportParsed;
      return doc['parse'] === parse || stored.completeness === Completeness.COMPLETE ? undefined : next;
    });
    return this.#reportOf((await this.#connection.get('report', parsed.reportId)) ?? { _id: parsed.reportId, ...next });
  };

  report: LedgerStore['report'] = async (reportId) => {
    const doc = await this.#connection.get('report', reportId);
    return doc && this.#reportOf(doc);
  };

  reportsOfRun: LedgerStore['reportsOfRun'] = async (runId) => {
    const docs = await this.#connection.attempt(() =>
      this.#connection
        .collection('report')
        .find({ run: runId }, { sort: { _id: 1 } })
        .toArray(),
    );
    return Promise.all(docs.map((doc) => this.#reportOf(doc)));
  };

  closeReport: LedgerStore['closeReport'] = async (reportId, parse, closed) => {
    await this.#connection.insert('closed', { _id: closedId(reportId, parse), closed: JSON.stringify(closed) });
  };

  list: ReadStore['reports']['list'] = async (query): Promise<Page<StoredReport>> => {
    const filter = query.run ? { run: query.run } : {};
    const { docs, next } = await newestFirst(this.#connection, 'report', filter, {
      by: 'storedAt',
      after: query.after,
      limit: checkLimit(query),
    });
    const items = await Promise.all(docs.map((doc) => this.#storedReport(doc)));
    return next === undefined ? { items } : { items, next };
  };

  get: ReadStore['reports']['get'] = async (reportId) => {
    const doc = await this.#connection.get('report', reportId);
    return doc && this.#storedReport(doc);
  };

  async #storedReport(doc: Doc): Promise<StoredReport> {
    const { parsed, closed } = await this.#reportOf(doc);
    const counts = closed?.counts ?? (await this.#countsOf(parsed.reportId));
    return { ...parsed, ledgered: counts.findings, closed: closed !== undefined };
  }

  async #reportOf(doc: Doc): Promise<LedgerReport> {
    const report = {
      parsed: JSON.parse(doc['parsed']) as ReportParsed,
      parse: doc['parse'] as string,
      storedAt: doc['storedAt'] as string,
    };
    const mark = await this.#connection.get('closed', closedId(doc._id, report.parse));
    return mark ? { ...report, closed: JSON.parse(mark['closed']) as ReportClosed } : report;
  }
}

/** The mark that a parse of a report is closed: inserted, so that the first one stays. */
function closedId(reportId: string, parse: string): string {
  return `${reportId}/${parse}`;
}
