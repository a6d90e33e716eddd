// What is remembered, in the domain's words. Two drivers: node:sqlite and MongoDB. The ledger writes findings, scans
// and runs; the gateway writes tokens; everybody else only reads.
import type {
  FindingRecord,
  ReportParsed,
  RunAssessed,
  RunFinished,
  RunRequested,
  RunStarted,
  TaskFinished,
} from '@assay/contracts';
import type { LedgerStore } from './ledger-store.ts';

export interface Page<T> {
  items: T[];
  /** Pass it as `after` for the next page; absent on the last. */
  next?: string;
}

export interface PageQuery {
  /** At least 1, at most 1000, default 100. */
  limit?: number;
  after?: string;
}

export type FindingState = 'open' | 'fixed' | 'suppressed';

/** A finding as the ledger remembers it. */
export interface StoredFinding extends FindingRecord {
  state: FindingState;
  /** RFC 3339. */
  firstSeen: string;
  /** When the last complete scan saw it. RFC 3339. */
  lastSeen: string;
  firstRun: string;
  lastRun: string;
  fixedAt?: string;
}

export interface FindingQuery extends PageQuery {
  target?: string;
  /** The tool that findings go by: of a shared one the first. With `run`: whose reports saw them. */
  tool?: string;
  rule?: string;
  state?: FindingState;
  /** Names, e.g. ["high", "critical"]. */
  severities?: string[];
  /** Findings that this run saw, fixed or left to tools that accept them, with the transition they had in it; forgotten some time after the run. */
  run?: string;
  /** Names, e.g. ["opened"]; only with `run`. */
  transitions?: string[];
  /** Start of the path. */
  path?: string;
}

/** All that is known of a run, as far as it has come. */
export interface StoredRun {
  runId: string;
  pipeline: string;
  target: string;
  revision: string;
  /** "requested", "started", "finished" or "assessed" */
  phase: string;
  requested?: RunRequested;
  started?: RunStarted;
  finished?: RunFinished;
  assessed?: RunAssessed;
  /** Those that ended so far, by name. */
  tasks?: TaskFinished[];
  /** RFC 3339 */
  updatedAt: string;
}

export interface StoredReport extends ReportParsed {
  /** Findings of it that the ledger has taken in. */
  ledgered: number;
  closed: boolean;
}

export interface StoredToken {
  /** sha256 of the token, hex; the token itself is never stored. */
  hash: string;
  name: string;
  scopes: string[];
  createdAt: string;
  expiresAt?: string;
}

/** What the gateway and people read. */
export interface ReadStore {
  findings: {
    /** Worst first, then by target and tool, then as they were first written. */
    list(query: FindingQuery): Promise<Page<StoredFinding>>;
    /** By identity; several targets may share one. A unique prefix of at least 8 digits will do. */
    get(id: string): Promise<StoredFinding[]>;
  };
  runs: {
    /** Newest first. */
    list(query: PageQuery & { target?: string; phase?: string }): Promise<Page<StoredRun>>;
    get(runId: string): Promise<StoredRun | undefined>;
  };
  reports: {
    list(query: PageQuery & { run?: string }): Promise<Page<StoredReport>>;
    get(reportId: string): Promise<StoredReport | undefined>;
  };
}

export interface TokenStore {
  find(hash: string): Promise<StoredToken | undefined>;
  put(token: StoredToken): Promise<void>;
  list(): Promise<StoredToken[]>;
  delete(name: string): Promise<boolean>;
}

export interface Store extends ReadStore {
  tokens: TokenStore;
  ledger: LedgerStore;
  /** Throws Transient when the store cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
