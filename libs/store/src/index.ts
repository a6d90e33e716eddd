export type {
  FindingQuery,
  FindingState,
  Page,
  PageQuery,
  ReadStore,
  StoredFinding,
  StoredReport,
  StoredRun,
  StoredToken,
  TokenStore,
} from './store.ts';
