// Applies marks to the findings an entry keeps. A mark only grows (open, suppressed → fixed → moved), so applying one
// twice, or late, changes nothing.
import { FindingMark, type Kept, type Marking, placeBytes } from './ledger-store.ts';
import { setPlace } from './places.ts';

export interface MarkCounts {
  open: number;
  suppressed: number;
  fixed: number;
}

export interface Marked {
  marks: Uint8Array;
  pointers: Uint8Array;
  counts: MarkCounts;
}

/** The marks and pointers after some markings; undefined when they change nothing. */
export function markKept(kept: Pick<Kept, 'marks' | 'pointers'>, markings: readonly Marking[]): Marked | undefined {
  const grown = markings.filter(({ at, mark }) => (kept.marks[at.position] ?? FindingMark.MOVED) < mark);
  if (grown.length === 0) return undefined;
  const marks = Uint8Array.from(kept.marks);
  const pointers = new Uint8Array(marks.length * placeBytes);
  pointers.set(kept.pointers);
  for (const { at, mark, to } of grown) {
    marks[at.position] = mark;
    setPlace(pointers, at.position, to);
  }
  return { marks, pointers, counts: countMarks(marks) };
}

export function countMarks(marks: Uint8Array): MarkCounts {
  const counts = { open: 0, suppressed: 0, fixed: 0 };
  for (const mark of marks) {
    if (mark === FindingMark.OPEN) counts.open++;
    else if (mark === FindingMark.SUPPRESSED) counts.suppressed++;
    else if (mark === FindingMark.FIXED) counts.fixed++;
  }
  return counts;
}

/** Markings by the number of the entry they are about. */
export function byEntry(markings: readonly Marking[]): Map<number, Marking[]> {
  const groups = new Map<number, Marking[]>();
  for (const marking of markings) {
    const group = groups.get(marking.at.seq);
    if (group) group.push(marking);
    else groups.set(marking.at.seq, [marking]);
  }
  return groups;
}
