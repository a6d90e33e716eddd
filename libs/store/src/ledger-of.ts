import type { LedgerStore } from './ledger-store.ts';

/** What a driver's log of entries does for the ledger. */
export type EntryWrites = Pick<
  LedgerStore,
  | 'history'
  | 'histories'
  | 'entries'
  | 'entriesOfReport'
  | 'content'
  | 'append'
  | 'settled'
  | 'forget'
  | 'countsOfReport'
>;
type Reports = Pick<LedgerStore, 'putReport' | 'report' | 'reportsOfRun' | 'closeReport'>;
type Runs = Pick<LedgerStore, 'noteRun' | 'waitingRuns'>;

/** The ledger's side of a store from its three parts. */
export function ledgerOf(entries: EntryWrites, reports: Reports, runs: Runs): LedgerStore {
  return {
    history: (target) => entries.history(target),
    histories: () => entries.histories(),
    entries: (history, after, isWhole) => entries.entries(history, after, isWhole),
    entriesOfReport: (history, reportId) => entries.entriesOfReport(history, reportId),
    content: (history, seq) => entries.content(history, seq),
    append: (append) => entries.append(append),
    settled: () => entries.settled(),
    forget: (history, before) => entries.forget(history, before),
    countsOfReport: (reportId) => entries.countsOfReport(reportId),
    putReport: (parsed, parse, now) => reports.putReport(parsed, parse, now),
    report: (reportId) => reports.report(reportId),
    reportsOfRun: (runId) => reports.reportsOfRun(runId),
    closeReport: (reportId, parse, closed) => reports.closeReport(reportId, parse, closed),
    noteRun: (runId, news, time) => runs.noteRun(runId, news, time),
    waitingRuns: () => runs.waitingRuns(),
  };
}
