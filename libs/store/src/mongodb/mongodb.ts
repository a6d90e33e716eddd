// The cluster's driver: a server that speaks MongoDB's protocol.
import { ledgerOf } from '../ledger-of.ts';
import { getFindings, listFindings } from '../list-findings.ts';
import type { Store } from '../store.ts';
import { connect } from './connect.ts';
import { EntryCollections } from './entry-collections.ts';
import { ReportCollection } from './report-collection.ts';
import { RunCollections } from './run-collections.ts';
import { tokenCollection } from './token-collection.ts';

export async function openMongodb(url: string, options: { readOnly?: boolean }): Promise<Store> {
  const connection = await connect(url, options);
  const entries = new EntryCollections(connection);
  const runs = new RunCollections(connection);
  const reports = new ReportCollection(connection, (reportId) => entries.countsOfReport(reportId));
  return {
    findings: {
      list: (query) => listFindings(entries, query),
      get: (id) => getFindings(entries, id),
    },
    runs: { list: runs.list, get: runs.get },
    reports: { list: reports.list, get: reports.get },
    tokens: tokenCollection(connection),
    ledger: ledgerOf(entries, reports, runs),
    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}
