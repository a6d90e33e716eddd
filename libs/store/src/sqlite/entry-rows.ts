// Entries as rows of SQLite, and back.
import type { SQLInputValue } from 'node:sqlite';
import type { Closing, Entry, Kept, Seen, StoredHistory } from '../ledger-store.ts';
import { countMarks } from '../mark-kept.ts';
import type { Row } from './database.ts';

const facts =
  'history, seq, key, event, report, run, revision, tool, scope, at, stored_at, severity, count, is_shared, closing';
const kept = 'rules, min_path, max_path, kept_identities, kept_transitions, marks, pointers, hashes, firsts';
const seen = 'seen_identities, seen_transitions, seen_places';

export const insertEntry = `
  INSERT INTO entry (${facts}, open, suppressed, fixed, ${kept}, ${seen})
  VALUES (${new Array(30).fill('?').join(', ')})`;

/** Columns for a SELECT; what batches saw is read only where it is needed: it is as long as the rest. */
export const entryColumns = {
  whole: `${facts}, ${kept}, ${seen}`,
  kept: `${facts}, ${kept}`,
  /** What closings fixed, but not what batches saw. */
  folded: `${facts}, ${kept}, ${seen
    .split(', ')
    .map((column) => `CASE WHEN closing IS NULL THEN NULL ELSE ${column} END AS ${column}`)
    .join(', ')}`,
};

export function entryValues(entry: Entry): SQLInputValue[] {
  const counts = countMarks(entry.kept?.marks ?? new Uint8Array());
  return [
    entry.history,
    entry.seq,
    entry.key,
    entry.event,
    entry.reportId,
    entry.runId,
    entry.revision,
    entry.tool,
    entry.scope,
    entry.at,
    entry.storedAt,
    entry.severity,
    entry.count,
    Number(entry.isShared),
    entry.closing ? JSON.stringify(entry.closing) : null,
    counts.open,
    counts.suppressed,
    counts.fixed,
    ...keptValues(entry.kept),
    entry.seen?.identities ?? null,
    entry.seen?.transitions ?? null,
    entry.seen?.places ?? null,
  ];
}

function keptValues(value: Kept | undefined): SQLInputValue[] {
  if (!value) return new Array<null>(9).fill(null);
  const { rules, minPath, maxPath, identities, transitions, marks, pointers, hashes, firsts } = value;
  // A line feed on both sides of each, so that instr() finds whole rules only.
  return [`\n${rules.join('\n')}\n`, minPath, maxPath, identities, transitions, marks, pointers, hashes, firsts];
}

export function entryOf(row: Row): Entry {
  const entry: Entry = {
    history: text(row, 'history'),
    seq: number(row, 'seq'),
    key: text(row, 'key'),
    event: text(row, 'event'),
    reportId: text(row, 'report'),
    runId: text(row, 'run'),
    revision: text(row, 'revision'),
    tool: text(row, 'tool'),
    scope: text(row, 'scope'),
    at: text(row, 'at'),
    storedAt: text(row, 'stored_at'),
    severity: number(row, 'severity'),
    count: number(row, 'count'),
    isShared: number(row, 'is_shared') === 1,
  };
  const keptThere = keptOf(row);
  const seenThere = seenOf(row);
  if (keptThere) entry.kept = keptThere;
  if (seenThere) entry.seen = seenThere;
  if (row['closing']) entry.closing = JSON.parse(text(row, 'closing')) as Closing;
  return entry;
}

function keptOf(row: Row): Kept | undefined {
  if (!row['marks']) return undefined;
  return {
    rules: text(row, 'rules').slice(1, -1).split('\n'),
    minPath: text(row, 'min_path'),
    maxPath: text(row, 'max_path'),
    identities: bytes(row, 'kept_identities'),
    transitions: bytes(row, 'kept_transitions'),
    marks: bytes(row, 'marks'),
    pointers: bytes(row, 'pointers'),
    hashes: bytes(row, 'hashes'),
    firsts: bytes(row, 'firsts'),
  };
}

function seenOf(row: Row): Seen | undefined {
  if (!row['seen_identities']) return undefined;
  return {
    identities: bytes(row, 'seen_identities'),
    transitions: bytes(row, 'seen_transitions'),
    places: bytes(row, 'seen_places'),
  };
}

export function historyOf(row: Row): StoredHistory {
  return {
    id: text(row, 'id'),
    target: text(row, 'target'),
    coverage: JSON.parse(text(row, 'coverage')) as StoredHistory['coverage'],
  };
}

export function text(row: Row, column: string): string {
  return String(row[column] ?? '');
}

export function number(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array();
}
