// What becomes of each finding of a batch, given what is known of the target. Nothing is written for what recurs
// unchanged; what is new, back, accepted or changed gets its newest content kept.
import { type Batch, identityBytes, Transition } from '@assay/contracts';
import { FindingMark, type Marking, type Place, placeBytes, setPlace } from '@assay/store';
import type { Area, Memory } from './memory.ts';
import type { BatchContents } from './read-batch.ts';
import type { Scan } from './scan.ts';

export interface Judgement {
  /** A byte a finding. */
  transitions: Uint8Array;
  /** 8 bytes a finding: where its content is. */
  places: Uint8Array;
  /** Positions whose content is kept, in order. */
  kept: number[];
  /** For each kept one: the entry that opened it first. */
  firsts: number[];
  /** What the kept ones take the place of. */
  markings: Marking[];
}

/**
 * `at` is when the batch's scan began, in milliseconds, `newer` are the scans that began after it: what they saw, an
 * older one does not change.
 */
export function judgeBatch(
  memory: Memory,
  area: Area,
  batch: Batch,
  contents: BatchContents,
  { at, newer }: { at: number; newer: readonly Scan[] },
): Judgement {
  const { findings } = memory;
  const count = batch.findings.length;
  const judgement: Judgement = {
    transitions: new Uint8Array(count),
    places: new Uint8Array(count * placeBytes),
    kept: [],
    firsts: [],
    markings: [],
  };
  // The same identity twice in a batch: the second one is what the first one was made.
  const keptHere = new Map<string, Place>();
  for (let position = 0; position < count; position++) {
    const isSuppressed = contents.suppressed[position] === 1;
    const number = findings.find(batch.identities, position, area.mask);
    const verdict =
      number < 0
        ? { transition: isSuppressed ? Transition.SUPPRESSED : Transition.OPENED, isKept: true }
        : judgeKnown(memory, area, number, { at, newer, isSuppressed, hash: contents.hashes[position] ?? 0 });
    const identity = verdict.isKept ? nameOf(batch.identities, position) : '';
    const twin = verdict.isKept ? keptHere.get(identity) : undefined;
    let place: Place;
    if (twin) {
      place = twin;
      judgement.transitions[position] = isSuppressed ? Transition.SUPPRESSED : Transition.RECURRED;
    } else if (verdict.isKept) {
      place = { seq: memory.next, position: judgement.kept.length };
      keptHere.set(identity, place);
      judgement.kept.push(position);
      judgement.firsts.push(number < 0 ? memory.next : findings.firstOf(number));
      if (number >= 0) judgement.markings.push({ at: findings.placeOf(number), mark: FindingMark.MOVED, to: place });
      judgement.transitions[position] = verdict.transition;
    } else {
      place = findings.placeOf(number);
      judgement.transitions[position] = verdict.transition;
    }
    setPlace(judgement.places, position, place);
  }
  return judgement;
}

interface Sight {
  at: number;
  newer: readonly Scan[];
  isSuppressed: boolean;
  hash: number;
}

function judgeKnown(memory: Memory, area: Area, number: number, { at, newer, isSuppressed, hash }: Sight) {
  const { findings } = memory;
  const mark = findings.markOf(number);
  const wasSuppressed = mark === FindingMark.SUPPRESSED;
  const coveredAt = Math.max(area.coverage?.at ?? 0, memory.areaAt(findings.areaOf(number))?.coverage?.at ?? 0);
  // What is open was seen by the last complete scan too; what that scan did not see, no older one brings back.
  const isOlder = at < Math.max(findings.atOf(number), coveredAt) || newer.some((scan) => scan.saw(number));
  const same = isSuppressed ? Transition.SUPPRESSED : Transition.RECURRED;
  if (isOlder) return { transition: same, isKept: false };
  if (mark === FindingMark.FIXED || (wasSuppressed && !isSuppressed)) {
    return { transition: isSuppressed ? Transition.SUPPRESSED : Transition.REOPENED, isKept: true };
  }
  const isChanged =
    findings.hashOf(number) !== hash || findings.areaOf(number) !== area.number || wasSuppressed !== isSuppressed;
  return { transition: same, isKept: isChanged };
}

function nameOf(identities: Uint8Array, position: number): string {
  return Buffer.from(identities.buffer, identities.byteOffset + position * identityBytes, identityBytes).toString(
    'latin1',
  );
}
