// Entries as documents, and back. `_id` is the history and the entry's number, padded so that it sorts.
import type { Append, Closing, Entry, Kept, Marking, Seen } from '../ledger-store.ts';
import { countMarks } from '../mark-kept.ts';
import type { Doc } from './connect.ts';

export function entryId(history: string, seq: number): string {
  return `${history}/${String(seq).padStart(10, '0')}`;
}

/** Name of what an entry keeps or saw: with its key, for somebody else may write under the same number first. */
export function partId({ history, seq, key }: Pick<Entry, 'history' | 'seq' | 'key'>): string {
  return `${entryId(history, seq)}/${key}`;
}

export function entryDocument({ entry, markings, coverage }: Append): Doc {
  const { history, seq, kept, closing, ...facts } = entry;
  const counts = countMarks(kept?.marks ?? new Uint8Array());
  return {
    _id: entryId(history, seq),
    history,
    seq,
    key: facts.key,
    event: facts.event,
    report: facts.reportId,
    run: facts.runId,
    revision: facts.revision,
    tool: facts.tool,
    scope: facts.scope,
    at: facts.at,
    storedAt: facts.storedAt,
    severity: facts.severity,
    count: facts.count,
    ...(facts.isShared ? { isShared: true } : {}),
    ...liveCounts(counts),
    isClosing: closing !== undefined,
    ...(kept ? { kept: keptDocument(kept), rules: kept.rules, minPath: kept.minPath, maxPath: kept.maxPath } : {}),
    ...(closing ? { closing } : {}),
    // What else this entry changes: one document is all that is written at once, so it says what must follow.
    ...(markings.length > 0 ? { markings: packMarkings(markings) } : {}),
    ...(coverage ? { coverage: JSON.stringify(coverage) } : {}),
  };
}

export function liveCounts(counts: { open: number; suppressed: number; fixed: number }) {
  return { ...counts, live: counts.open + counts.suppressed + counts.fixed };
}

function keptDocument({ identities, transitions, marks, pointers, hashes, firsts }: Kept) {
  return buffers({ identities, transitions, marks, pointers, hashes, firsts });
}

// The driver writes a Buffer as binary; a plain Uint8Array too, but only from version 7 on.
function buffers<T extends Record<string, Uint8Array>>(fields: T): Record<keyof T, Buffer> {
  const entries = Object.entries(fields).map(([name, bytes]) => [
    name,
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ]);
  return Object.fromEntries(entries) as Record<keyof T, Buffer>;
}

export function seenDocument(entry: Entry, seen: Seen): Doc {
  return { _id: partId(entry), storedAt: entry.storedAt, ...buffers({ ...seen }) };
}

export function seenOf({ identities, transitions, places }: Doc): Seen {
  return { identities, transitions, places };
}

export function entryOf(doc: Doc): Entry {
  const entry: Entry = {
    history: doc['history'],
    seq: doc['seq'],
    key: doc['key'],
    event: doc['event'],
    reportId: doc['report'],
    runId: doc['run'],
    revision: doc['revision'],
    tool: doc['tool'],
    scope: doc['scope'],
    at: doc['at'],
    storedAt: doc['storedAt'],
    severity: doc['severity'],
    count: doc['count'],
    isShared: doc['isShared'] === true,
  };
  if (doc['kept']) {
    entry.kept = {
      ...(doc['kept'] as Omit<Kept, 'rules' | 'minPath' | 'maxPath'>),
      rules: doc['rules'],
      minPath: doc['minPath'],
      maxPath: doc['maxPath'],
    };
  }
  if (doc['closing']) entry.closing = doc['closing'] as Closing;
  return entry;
}

export function packMarkings(markings: readonly Marking[]): Buffer {
  return Buffer.from(
    Uint32Array.from(markings.flatMap(({ at, mark, to }) => [at.seq, at.position, mark, to.seq, to.position])).buffer,
  );
}

export function unpackMarkings(bytes: Uint8Array | undefined): Marking[] {
  if (!bytes) return [];
  // A copy, because numbers of 32 bits must lie on a multiple of four.
  const numbers = new Uint32Array(Uint8Array.from(bytes).buffer);
  return Array.from({ length: numbers.length / 5 }, (_, index) => {
    const [seq = 0, position = 0, mark = 0, toSeq = 0, toPosition = 0] = numbers.subarray(index * 5, index * 5 + 5);
    return { at: { seq, position }, mark: mark as Marking['mark'], to: { seq: toSeq, position: toPosition } };
  });
}
