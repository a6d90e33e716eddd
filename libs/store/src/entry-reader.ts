// What a driver must be able to look up so that findings can be listed; list-findings.ts does the rest for all drivers.
import type { Batch } from '@assay/contracts';
import type { Entry, StoredHistory } from './ledger-store.ts';
import type { FindingState } from './store.ts';

/** A finding in the order of lists: worst first, then by history, entry and position. */
export interface Cursor {
  severity: number;
  history: string;
  seq: number;
  position: number;
}

export interface EntryQuery {
  /** Only this one; undefined: all. */
  history: string | undefined;
  /** Its own entries, and all that are shared. */
  tool: string | undefined;
  severities: readonly number[] | undefined;
  /** From this entry on, itself included. */
  from: Omit<Cursor, 'position'> | undefined;
  /** Most entries. */
  limit: number;
}

export interface EntryReader {
  findHistory(id: string): Promise<StoredHistory | undefined>;
  /** Entries that keep findings which did not move; rule and path prefix only narrow. Without what they saw. */
  keptEntries(
    query: EntryQuery & { state: FindingState | undefined; rule: string | undefined; path: string | undefined },
  ): Promise<Entry[]>;
  /** Entries of a run with what they saw. */
  seenEntries(query: EntryQuery & { run: string }): Promise<Entry[]>;
  /** Entries that keep an identity which starts with some bytes (others may be among them). Without what they saw. */
  entriesHolding(prefix: Uint8Array): Promise<Entry[]>;
  findEntry(history: string, seq: number): Promise<Entry | undefined>;
  findContent(history: string, seq: number): Promise<Batch | undefined>;
}
