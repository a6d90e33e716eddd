// What the ledger writes. What is known of a target's findings is its history: a log of entries, each what one batch or
// one closing taught, numbered without gaps. The number is unique: who appends with a stale memory is refused, and that
// is the last arbiter between replicas. An entry commits as a whole, so a crash leaves all of it or nothing.
import type {
  Batch,
  ReportParsed,
  RunAssessed,
  RunFinished,
  RunRequested,
  RunStarted,
  TaskFinished,
  Transition,
} from '@assay/contracts';

/** What became of a finding whose content an entry holds. It only ever grows, so that a late mark does no harm. */
export const FindingMark = {
  OPEN: 1,
  SUPPRESSED: 2,
  FIXED: 3,
  /** A newer entry holds its content. */
  MOVED: 4,
} as const;
export type FindingMark = (typeof FindingMark)[keyof typeof FindingMark];

/** Where a finding's content is: an entry's number and the position in it. */
export interface Place {
  seq: number;
  position: number;
}

/** Bytes of a place in a list of places: two unsigned 32-bit numbers, little-endian. */
export const placeBytes = 8;

/**
 * Every finding of a batch, or those that a closing changed; in order. A closing says fixed; suppressed, where only tools
 * that accept it are left; or unspecified, where others still see it or another entry goes on with it.
 */
export interface Seen {
  /** 16 bytes a finding. */
  identities: Uint8Array;
  /** A byte a finding: its Transition. */
  transitions: Uint8Array;
  /** 8 bytes a finding: where its content was then. */
  places: Uint8Array;
}

/** The findings whose newest content came with an entry; in order. */
export interface Kept {
  /** 16 bytes a finding. */
  identities: Uint8Array;
  /** A byte a finding: the Transition it had in this entry. */
  transitions: Uint8Array;
  /** A byte a finding: its FindingMark now. */
  marks: Uint8Array;
  /** 8 bytes a finding once one is fixed or moved: the closing that fixed it, or where its content went. */
  pointers: Uint8Array;
  /** 4 bytes a finding: hash of its content. */
  hashes: Uint8Array;
  /** 4 bytes a finding: number of the entry that opened it first. */
  firsts: Uint8Array;
  /** Distinct rules, and the least and the greatest path: what a query may skip the entry by. */
  rules: readonly string[];
  minPath: string;
  maxPath: string;
}

/** The end of a report: for each of its tools one entry a severity and chunk of what it fixed, and one that ends it. */
export interface Closing {
  /** Whether the report proved what is not there any more. */
  isProof: boolean;
  /** The tool is through: it fixes nothing more. */
  isEnd: boolean;
  /** So is the report. */
  isLast: boolean;
  /** Which parse of the report it closes by. */
  parse: string;
  /** When the last complete scan before it was, and its run; "" when there was none. */
  beforeAt: string;
  beforeRun: string;
}

export interface Entry {
  history: string;
  /** From 1. */
  seq: number;
  /** Unique in its history: which batch or closing of which report. */
  key: string;
  /** Id of the event that taught it. */
  event: string;
  reportId: string;
  runId: string;
  revision: string;
  tool: string;
  scope: string;
  /** When the scan began, RFC 3339 in UTC: what is newer is decided by it. */
  at: string;
  storedAt: string;
  /** Severity of all its findings. */
  severity: number;
  /** How many findings it saw. */
  count: number;
  /** Its findings are the target's, whichever tool reports them; else they are its tool's. */
  isShared: boolean;
  /** Absent once the scan is forgotten. */
  seen?: Seen;
  kept?: Kept;
  closing?: Closing;
}

/** The last complete scan of a scope by a tool. */
export interface Coverage {
  at: string;
  runId: string;
  reportId: string;
  revision: string;
}

/** What a coverage is about. */
export function coverageKey(tool: string, scope: string): string {
  return `${tool}\n${scope}`;
}

export interface StoredHistory {
  id: string;
  target: string;
  /** By coverageKey. */
  coverage: Record<string, Coverage>;
}

/** A mark on a finding that an earlier entry keeps, and where it points. */
export interface Marking {
  at: Place;
  mark: FindingMark;
  to: Place;
}

export interface Append {
  entry: Entry;
  /** The kept findings. */
  content?: Batch;
  markings: readonly Marking[];
  coverage?: { key: string; value: Coverage };
}

/** How the findings of a report were counted. */
export interface Counts {
  findings: number;
  /** By name. */
  transitions: Record<string, number>;
  severities: Record<string, number>;
}

export interface LedgerReport {
  parsed: ReportParsed;
  /** Which parse of it this is: id and time of the event that said so. */
  parse: string;
  storedAt: string;
  /** Set when every finding has been taken in and the report is closed. */
  closed?: ReportClosed;
}

export interface ReportClosed {
  at: string;
  /** Id of the event after which nothing was missing. */
  trigger: string;
  counts: Counts;
}

/** What one event tells of a run. */
export type RunNews =
  | { requested: RunRequested }
  | { started: RunStarted }
  | { task: TaskFinished }
  | { finished: RunFinished }
  | { assessed: RunAssessed }
  /** A report outside any run is a run of its own. */
  | { standalone: ReportParsed }
  /** A report of the run went on: which parse of which. */
  | { report: string };

export interface LedgerStore {
  /** The history of a target; made when there is none. */
  history(target: string): Promise<StoredHistory>;
  /** Entries behind a number, in order, without contents. `isWhole` false leaves out what batches saw. */
  entries(history: string, after: number, isWhole: boolean): AsyncIterable<Entry>;
  /** Entries of one report, in order, whole. */
  entriesOfReport(history: string, reportId: string): Promise<Entry[]>;
  /** The findings an entry keeps; undefined when nothing needs them any more. */
  content(history: string, seq: number): Promise<Batch | undefined>;
  /** False, and nothing is changed, when the entry's number is taken. Others see it at once; `settled` makes it safe. */
  append(append: Append): Promise<boolean>;
  /** Resolves when all that was appended before is safe against the power going; every other write waits for it itself. */
  settled(): Promise<void>;
  /** Forgets what closed scans saw before a time, but for the last complete one of each scope. Returns how many entries. */
  forget(history: string, before: string): Promise<number>;
  /** Every history there is. */
  histories(): Promise<StoredHistory[]>;

  /** Remembers that a report is parsed. A second parse replaces one that proved nothing; what was first stays else. */
  putReport(parsed: ReportParsed, parse: string, now: string): Promise<LedgerReport>;
  report(reportId: string): Promise<LedgerReport | undefined>;
  reportsOfRun(runId: string): Promise<LedgerReport[]>;
  /** Counts of what has come so far of a report. */
  countsOfReport(reportId: string): Promise<Counts & { storedAt: string }>;
  /** The mark that a report is done; written last. */
  closeReport(reportId: string, parse: string, closed: ReportClosed): Promise<void>;

  /** Adds what an event tells; in any order, any number of times. */
  noteRun(runId: string, news: RunNews, time: string): Promise<void>;
  /** Runs that are finished and not assessed since. */
  waitingRuns(): Promise<string[]>;
}

export type { Transition };
