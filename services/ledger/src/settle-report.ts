// A report is settled when it is parsed and every finding of it has come, whichever was last. If it covered its target
// to the end, what is open and was not in it is fixed. The mark that it is closed is written last.
import { Completeness, identityBytes, Transient, Transition } from '@assay/contracts';
import {
  type Append,
  coverageKey,
  type Entry,
  FindingMark,
  type LedgerReport,
  type Marking,
  placeBytes,
  setPlace,
} from '@assay/store';
import type { Area, Memory } from './memory.ts';
import type { LedgerContext } from './resources.ts';
import type { Scan } from './scan.ts';

/** Findings of one entry that says what is fixed. */
const maxFixed = 4096;
const maxConflicts = 5;

/** A report that is closed, and what closing it fixed. */
export interface ClosedReport {
  report: LedgerReport;
  closings: Entry[];
}

/** The closed report when this event is the one that closed it, now or before; undefined else. */
export async function settleReport(
  reportId: string,
  eventId: string,
  memory: Memory,
  scan: Scan,
  context: LedgerContext,
): Promise<ClosedReport | undefined> {
  const { ledger } = context.resources.store;
  const report = await ledger.report(reportId);
  if (!report) return undefined;
  const closings = () => scan.closings.filter(({ closing }) => closing?.parse === report.parse);
  if (report.closed) return report.closed.trigger === eventId ? { report, closings: closings() } : undefined;
  if (scan.taken !== report.parsed.findings) return undefined;
  for (let conflicts = 0; !closings().some(({ closing }) => closing?.isLast); conflicts++) {
    if (conflicts === maxConflicts) {
      throw new Transient(`the history of target "${memory.target}" is written by too many at once`, {
        code: 'ledger.contended',
      });
    }
    await close(report, eventId, memory, scan, context);
    // Somebody else's write may have been a batch of this report.
    if (scan.taken !== report.parsed.findings) return undefined;
  }
  const closed = { at: context.now().toISOString(), trigger: eventId, counts: scan.counts };
  await ledger.closeReport(reportId, report.parse, closed);
  memory.release(reportId);
  return { report: { ...report, closed }, closings: closings() };
}

/** Appends the closings that are not there yet; stops when somebody else writes first. */
async function close(report: LedgerReport, event: string, memory: Memory, scan: Scan, context: LedgerContext) {
  const { parsed, parse } = report;
  const isProof = parsed.completeness === Completeness.COMPLETE;
  // The producer names the report's first tool; a SARIF file may have results of more.
  const tools = [...new Set([parsed.tool?.name ?? '', ...scan.tools])];
  for (const [index, tool] of tools.entries()) {
    const area = memory.area(tool, parsed.scope);
    // First, because reading them may find that others wrote; nothing may come between the rest and the append.
    const newer = await memory.scansAfter(area, Date.parse(scan.at), scan.reportId);
    if (scan.taken !== parsed.findings) return;
    const isThrough = scan.closings.some(
      ({ tool: of, closing }) => of === tool && closing?.parse === parse && closing.isEnd,
    );
    if (isThrough) continue;
    // Of an older scan it is the newer one's proof that counts.
    const isOlder = Date.parse(scan.at) < (area.coverage?.at ?? 0);
    const chunks = isProof || isOlder ? findGone(memory, area, scan, { newer, isOlder }) : [];
    const before = { beforeAt: area.coverage?.value.at ?? '', beforeRun: area.coverage?.value.runId ?? '' };
    for (const { severity, numbers } of [...chunks, { severity: 0, numbers: [] }]) {
      const isEnd = numbers.length === 0;
      const closing = { ...before, parse, isProof, isEnd, isLast: isEnd && index === tools.length - 1 };
      const entry: Entry = {
        history: memory.history,
        seq: memory.next,
        key: `${parsed.reportId}/closed/${scan.closings.length}`,
        event,
        reportId: parsed.reportId,
        runId: scan.runId,
        revision: parsed.revision,
        tool,
        scope: parsed.scope,
        at: scan.at,
        storedAt: context.now().toISOString(),
        severity,
        count: 0,
        closing,
      };
      if (!(await memory.append(fixing(entry, area, numbers, memory)))) return;
    }
  }
}

/** What is open and was not in the scan, though the scan would have seen it; by severity, in entries' portions. */
function findGone(
  { findings }: Memory,
  area: Area,
  scan: Scan,
  { newer, isOlder }: { newer: readonly Scan[]; isOlder: boolean },
): { severity: number; numbers: number[] }[] {
  const at = Date.parse(scan.at);
  const closedBy = area.coverage?.seq ?? 0;
  const gone = new Map<number, number[]>();
  for (let number = 0; number < findings.size; number++) {
    if (findings.areaOf(number) !== area.number) continue;
    const mark = findings.markOf(number);
    if (mark !== FindingMark.OPEN && mark !== FindingMark.SUPPRESSED) continue;
    // A newer complete scan came in first: it spoke for all but what only this one saw, and brought after it.
    const isGone = isOlder ? scan.saw(number) && findings.seqOf(number) > closedBy : !scan.saw(number);
    if (!isGone || findings.atOf(number) > at || newer.some((other) => other.saw(number))) continue;
    const severity = findings.severityOf(number);
    const numbers = gone.get(severity);
    if (numbers) numbers.push(number);
    else gone.set(severity, [number]);
  }
  return [...gone]
    .sort(([a], [b]) => b - a)
    .flatMap(([severity, numbers]) =>
      Array.from({ length: Math.ceil(numbers.length / maxFixed) }, (_, chunk) => ({
        severity,
        numbers: numbers.slice(chunk * maxFixed, (chunk + 1) * maxFixed),
      })),
    );
}

function fixing(entry: Entry, area: Area, numbers: readonly number[], { findings }: Memory): Append {
  const { closing, reportId, runId, revision, at } = entry;
  const isCovered = closing?.isProof && closing.isEnd && Date.parse(at) >= (area.coverage?.at ?? 0);
  const coverage = isCovered
    ? { coverage: { key: coverageKey(area.tool, area.scope), value: { at, runId, reportId, revision } } }
    : {};
  if (numbers.length === 0) return { entry, markings: [], ...coverage };
  const identities = new Uint8Array(numbers.length * identityBytes);
  const places = new Uint8Array(numbers.length * placeBytes);
  const markings: Marking[] = [];
  numbers.forEach((number, position) => {
    const place = findings.placeOf(number);
    findings.writeIdentity(number, area.mask, identities, position);
    setPlace(places, position, place);
    markings.push({ at: place, mark: FindingMark.FIXED, to: { seq: entry.seq, position } });
  });
  const transitions = new Uint8Array(numbers.length).fill(Transition.FIXED);
  return { entry: { ...entry, seen: { identities, transitions, places } }, markings, ...coverage };
}
