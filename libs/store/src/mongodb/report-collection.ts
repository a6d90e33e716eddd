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
      closed: null,
    };
    await this.#connection.update('report', parsed.reportId, (doc) => {
      if (!doc) return next;
      const { parsed: stored } = ledgerReport(doc);
      return doc['parse'] === parse || stored.completeness === Completeness.COMPLETE ? undefined : next;
    });
    return ledgerReport((await this.#connection.get('report', parsed.reportId)) ?? { _id: parsed.reportId, ...next });
  };

  report: LedgerStore['report'] = async (reportId) => {
    const doc = await this.#connection.get('report', reportId);
    return doc && ledgerReport(doc);
  };

  reportsOfRun: LedgerStore['reportsOfRun'] = async (runId) => {
    const docs = await this.#connection.attempt(() =>
      this.#connection
        .collection('report')
        .find({ run: runId }, { sort: { _id: 1 } })
        .toArray(),
    );
    return docs.map(ledgerReport);
  };

  closeReport: LedgerStore['closeReport'] = async (reportId, parse, closed) => {
    await this.#connection.update('report', reportId, (doc) =>
      doc && doc['parse'] === parse && !doc['closed'] ? { closed: JSON.stringify(closed) } : undefined,
    );
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
    const { parsed, closed } = ledgerReport(doc);
    const counts = closed?.counts ?? (await this.#countsOf(parsed.reportId));
    return { ...parsed, ledgered: counts.findings, closed: closed !== undefined };
  }
}

function ledgerReport(doc: Doc): LedgerReport {
  const report = {
    parsed: JSON.parse(doc['parsed']) as ReportParsed,
    parse: doc['parse'] as string,
    storedAt: doc['storedAt'] as string,
  };
  return doc['closed'] ? { ...report, closed: JSON.parse(doc['closed']) as ReportClosed } : report;
}
