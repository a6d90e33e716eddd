// What becomes of a finding that several tools may witness. Each tool and scope has its own word: what it said when it
// last said something new. The finding is accepted when all of them accept it, and open else; so it does not matter in
// which order they speak, and a tool that repeats itself changes nothing.
import { Transition } from '@assay/contracts';
import { FindingMark } from '@assay/store';
import type { Sight, Verdict } from './judge-batch.ts';
import type { Area, Memory } from './memory.ts';

/** The hash of a shared content says in its last bit whether the tool accepts the finding. */
export function sharedHash(hash: number, isSuppressed: boolean): number {
  return ((hash & ~1) | Number(isSuppressed)) >>> 0;
}

export function isAccepted({ hash }: { hash: number }): boolean {
  return (hash & 1) === 1;
}

export function judgeShared(
  { findings }: Memory,
  area: Area,
  number: number,
  { at, newer, isSuppressed, hash }: Sight,
): Verdict {
  const { witnesses } = findings;
  const own = witnesses.find(number, area.number);
  const mark = findings.markOf(number);
  const wasSuppressed = mark === FindingMark.SUPPRESSED;
  // Another tool's scan, however new, says nothing of what this one saw.
  const isOlder = at < Math.max(own?.at ?? 0, area.coverage?.at ?? 0) || newer.some((scan) => scan.saw(number));
  if (isOlder) return { transition: wasSuppressed ? Transition.SUPPRESSED : Transition.RECURRED, isKept: false };
  if (mark === FindingMark.FIXED) {
    return { transition: isSuppressed ? Transition.SUPPRESSED : Transition.REOPENED, isKept: true };
  }
  if (wasSuppressed && !isSuppressed) return { transition: Transition.REOPENED, isKept: true };
  const accepts =
    isSuppressed && [...witnesses.of(number)].every((each) => each.area === area.number || isAccepted(each));
  const isNew = own?.hash !== hash || wasSuppressed !== accepts || witnesses.isStale(number);
  return { transition: accepts ? Transition.SUPPRESSED : Transition.RECURRED, isKept: isNew };
}

/** Names of the tools that witness a finding, one that joins them included: "osv-scanner, trivy". */
export function witnessNames(memory: Memory, number: number, joining: Area): string {
  const tools = new Set([joining.tool]);
  for (const { area } of number < 0 ? [] : memory.findings.witnesses.of(number)) {
    const { tool } = memory.areaAt(area) ?? {};
    if (tool !== undefined) tools.add(tool);
  }
  return [...tools].sort().join(', ');
}
