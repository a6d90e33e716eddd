// What becomes of each finding of a batch, given what is known of the target. Nothing is written for what recurs
// unchanged; what is new, back, accepted or changed gets its newest content kept.
import { type Batch, identityBytes, Transition } from '@assay/contracts';
import { FindingMark, type Marking, type Place, placeBytes, setPlace } from '@assay/store';
import { sharedMask } from './identity-table.ts';
import { judgeShared } from './judge-shared.ts';
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

/** What one sighting of a known finding makes of it. */
export interface Verdict {
  transition: Transition;
  /** Its content is to be kept. */
  isKept: boolean;
}

export interface Sight {
  at: number;
  newer: readonly Scan[];
  isSuppressed: boolean;
  hash: number;
}

/**
 * `at` is when the batch's scan began, in milliseconds, `newer` are the scans that began after it: what they saw, an
 * older one does not change. `isShared`: its findings are the target's, whichever tool reports them.
 */
export function judgeBatch(
  memory: Memory,
  area: Area,
  batch: Batch,
  contents: BatchContents,
  { at, newer, isShared }: { at: number; newer: readonly Scan[]; isShared: boolean },
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
  const mask = isShared ? sharedMask : area.mask;
  const judge = isShared ? judgeShared : judgeKnown;
  const mayBeOther = isShared || findings.witnesses.isUsed;
  // The same identity twice in a batch: the second one is what the first one was made.
  const keptHere = new Map<string, Place>();
  for (let position = 0; position < count; position++) {
    const isSuppressed = contents.suppressed[position] === 1;
    const number = findings.find(batch.identities, position, mask);
    const verdict =
      number < 0
        ? { transition: isSuppressed ? Transition.SUPPRESSED : Transition.OPENED, isKept: true }
        : judge(memory, area, number, { at, newer, isSuppressed, hash: contents.hashes[position] ?? 0 });
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
      if (number >= 0) judgement.markings.push({ at: findings.placeOf(number), mark: FindingMark.MOVED, to: place });
      const other =
        mayBeOther && !findings.isAlive(number) ? otherForm(memory, area, number, batch, position, isShared) : -1;
      const known = number < 0 ? other : number;
      judgement.firsts.push(known < 0 ? memory.next : findings.firstOf(known));
      judgement.transitions[position] =
        other < 0 ? verdict.transition : goesOn(verdict.transition, findings.markOf(other));
    } else {
      place = findings.placeOf(number);
      judgement.transitions[position] = verdict.transition;
    }
    setPlace(judgement.places, position, place);
  }
  return judgement;
}

/** The finding of the same identity and tool, if it is alive, from before its findings were shared or shared no more. */
function otherForm(
  memory: Memory,
  { tool, mask }: Area,
  number: number,
  { identities }: Batch,
  position: number,
  isShared: boolean,
): number {
  const other = memory.aliveAt(identities, position, isShared ? mask : sharedMask);
  const isSame = other >= 0 && [other, number].every((each) => each < 0 || memory.toolOf(each) === tool);
  return isSame ? other : -1;
}

/** What was open or accepted all the time is not opened. */
function goesOn(transition: Transition, mark: number): Transition {
  if (transition === Transition.SUPPRESSED) return transition;
  return mark === FindingMark.SUPPRESSED ? Transition.REOPENED : Transition.RECURRED;
}

function judgeKnown(memory: Memory, area: Area, number: number, { at, newer, isSuppressed, hash }: Sight): Verdict {
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
