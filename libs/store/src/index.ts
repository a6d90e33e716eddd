export { addCounts, addFixed, emptyCounts } from './counts.ts';
export { FindingFields } from './finding-fields.ts';
export {
  type Append,
  type Closing,
  type Counts,
  type Coverage,
  coverageKey,
  type Entry,
  FindingMark,
  type Kept,
  type LedgerReport,
  type LedgerStore,
  type Marking,
  type Place,
  placeBytes,
  type ReportClosed,
  type RunNews,
  type Seen,
  type StoredHistory,
} from './ledger-store.ts';
export { type OpenStoreOptions, openStore } from './open-store.ts';
export { numberAt, numbersOf, placeAt, setPlace } from './places.ts';
export { standalonePipeline } from './run-phase.ts';
export type {
  FindingQuery,
  FindingState,
  Page,
  PageQuery,
  ReadStore,
  Store,
  StoredFinding,
  StoredReport,
  StoredRun,
  StoredToken,
  TokenStore,
} from './store.ts';
