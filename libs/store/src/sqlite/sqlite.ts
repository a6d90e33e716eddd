// The embedded driver: one SQLite file through node:sqlite.
import { ledgerOf } from '../ledger-of.ts';
import { getFindings, listFindings } from '../list-findings.ts';
import type { Store } from '../store.ts';
import { openDatabase } from './database.ts';
import { EntryTables } from './entry-tables.ts';
import { ReportTable } from './report-table.ts';
import { RunTables } from './run-tables.ts';
import { tokenTable } from './token-table.ts';

export async function openSqlite(file: string, options: { readOnly?: boolean }): Promise<Store> {
  const db = openDatabase(file, options);
  const entries = new EntryTables(db);
  const runs = new RunTables(db);
  const reports = new ReportTable(db, (reportId) => entries.countsOfReport(reportId));
  return {
    findings: {
      list: (query) => listFindings(entries, query),
      get: (id) => getFindings(entries, id),
    },
    runs: { list: runs.list, get: runs.get },
    reports: { list: reports.list, get: reports.get },
    tokens: tokenTable(db),
    ledger: ledgerOf(entries, reports, runs),
    ping: async () => {
      db.get('SELECT 1');
    },
    close: () => db.close(),
  };
}
