// What a complete scan proves to be gone: of its tool's own findings, and of the shared ones that it witnessed. A shared
// finding is fixed when nobody witnesses it any more.
import { Transition } from '@assay/contracts';
import { FindingMark, type Place } from '@assay/store';
import { sharedMask } from './identity-table.ts';
import { isAccepted } from './judge-shared.ts';
import type { Area, Memory } from './memory.ts';
import type { Scan } from './scan.ts';

/** Findings of one entry that says what is gone. */
const maxGone = 4096;

/** Findings that change the same way; one entry says so. */
export interface Portion {
  isShared: boolean;
  /** Fixed; suppressed: only tools that accept it are left; unspecified: it goes on without this one. */
  transition: Transition;
  severity: number;
  gone: Gone[];
}

export interface Gone {
  number: number;
  /** Where it goes on, when it became shared, or is shared no more. */
  movedTo?: Place;
}

/** By way of change and severity, worst first, in entries' portions. */
export function findGone(
  memory: Memory,
  area: Area,
  scan: Scan,
  { newer, isOlder }: { newer: readonly Scan[]; isOlder: boolean },
): Portion[] {
  const { findings } = memory;
  const at = Date.parse(scan.at);
  const closedBy = area.coverage?.seq ?? 0;
  const isGone = (number: number, since: { at: number; seq: number }) => {
    // A newer complete scan came in first: it spoke for all but what only this one saw, and brought after it.
    const isUnseen = isOlder ? scan.saw(number) && since.seq > closedBy : !scan.saw(number);
    return isUnseen && since.at <= at && !newer.some((other) => other.saw(number));
  };
  const portions = new Portions(memory);
  const own = new Set<number>();
  for (let number = 0; number < findings.size; number++) {
    if (findings.areaOf(number) !== area.number || !findings.isAlive(number) || findings.witnesses.has(number))
      continue;
    if (!isGone(number, { at: findings.atOf(number), seq: findings.seqOf(number) })) continue;
    own.add(number);
    portions.add(number, ownFate(memory, area, number));
  }
  for (const [number, witness] of findings.witnesses.by(area.number))
    if (isGone(number, witness)) portions.add(number, sharedFate(memory, area, number, own));
  return portions.inOrder();
}

type Fate = Pick<Portion, 'isShared' | 'transition'> & Pick<Gone, 'movedTo'>;

function ownFate(memory: Memory, { mask, tool }: Area, number: number): Fate {
  const shared = memory.findings.witnesses.isUsed ? memory.aliveAs(number, mask, sharedMask) : -1;
  if (shared < 0 || memory.toolOf(shared) !== tool) return { isShared: false, transition: Transition.FIXED };
  return { isShared: false, transition: Transition.UNSPECIFIED, movedTo: memory.findings.placeOf(shared) };
}

/** `own` are the findings that go in the same closing: what they were cannot go on as one of them. */
function sharedFate(memory: Memory, area: Area, number: number, own: ReadonlySet<number>): Fate {
  const { findings } = memory;
  const others = [...findings.witnesses.of(number)].filter((each) => each.area !== area.number);
  if (others.length > 0) {
    const isNowAccepted = findings.markOf(number) === FindingMark.OPEN && others.every(isAccepted);
    return { isShared: true, transition: isNowAccepted ? Transition.SUPPRESSED : Transition.UNSPECIFIED };
  }
  const { mask } = memory.areaAt(findings.areaOf(number)) ?? area;
  const single = memory.aliveAs(number, sharedMask, mask);
  if (single < 0 || own.has(single)) return { isShared: true, transition: Transition.FIXED };
  return { isShared: true, transition: Transition.UNSPECIFIED, movedTo: findings.placeOf(single) };
}

class Portions {
  readonly #memory: Memory;
  readonly #portions = new Map<string, Portion>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  add(number: number, { isShared, transition, movedTo }: Fate): void {
    const severity = this.#memory.findings.severityOf(number);
    const key = `${isShared} ${transition} ${severity}`;
    const portion = this.#portions.get(key) ?? { isShared, transition, severity, gone: [] };
    portion.gone.push(movedTo ? { number, movedTo } : { number });
    this.#portions.set(key, portion);
  }

  inOrder(): Portion[] {
    return [...this.#portions.values()]
      .sort((a, b) => b.severity - a.severity)
      .flatMap((portion) =>
        Array.from({ length: Math.ceil(portion.gone.length / maxGone) }, (_, chunk) => ({
          ...portion,
          gone: portion.gone.slice(chunk * maxGone, (chunk + 1) * maxGone),
        })),
      );
  }
}
