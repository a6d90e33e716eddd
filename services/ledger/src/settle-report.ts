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
import { findGone, type Portion } from './find-gone.ts';
import { sharedMask } from './identity-table.ts';
import type { Area, Memory } from './memory.ts';
import type { LedgerContext } from './resources.ts';
import type { Scan } from './scan.ts';

const maxConflicts = 5;

/** What the last entry of a tool says: nothing more is gone. */
const end: Portion = { isShared: false, transition: Transition.FIXED, severity: 0, gone: [] };

const marks: ReadonlyMap<Transition, FindingMark> = new Map([
  [Transition.FIXED, FindingMark.FIXED],
  [Transition.SUPPRESSED, FindingMark.SUPPRESSED],
]);

/** A report that is closed, and what closing it changed. */
export interface ClosedReport {
  report: LedgerReport;
  closings: ClosingEntry[];
}

export interface ClosingEntry {
  entry: Entry;
  /** The tools that its findings go by, in order; empty: all by the entry's. */
  tools: string[];
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
  const named = () => closings().map((entry) => ({ entry, tools: toolsOf(entry, memory) }));
  if (report.closed) return report.closed.trigger === eventId ? { report, closings: named() } : undefined;
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
  return { report: { ...report, closed }, closings: named() };
}

function toolsOf({ isShared, seen }: Entry, memory: Memory): string[] {
  if (!isShared || !seen) return [];
  return Array.from(seen.transitions, (_, position) =>
    memory.toolOf(memory.findings.find(seen.identities, position, sharedMask)),
  );
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
    const portions = isProof || isOlder ? findGone(memory, area, scan, { newer, isOlder }) : [];
    const before = { beforeAt: area.coverage?.value.at ?? '', beforeRun: area.coverage?.value.runId ?? '' };
    for (const portion of [...portions, end]) {
      const isEnd = portion === end;
      const facts = { ...before, parse, isProof, isEnd, isLast: isEnd && index === tools.length - 1 };
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
        severity: portion.severity,
        count: 0,
        isShared: portion.isShared,
        closing: facts,
      };
      if (!(await memory.append(closing(entry, area, portion, memory)))) return;
    }
  }
}

function closing(entry: Entry, area: Area, { transition, gone }: Portion, { findings }: Memory): Append {
  const { reportId, runId, revision, at } = entry;
  const isCovered = entry.closing?.isProof && entry.closing.isEnd && Date.parse(at) >= (area.coverage?.at ?? 0);
  const coverage = isCovered
    ? { coverage: { key: coverageKey(area.tool, area.scope), value: { at, runId, reportId, revision } } }
    : {};
  if (gone.length === 0) return { entry, markings: [], ...coverage };
  const mask = entry.isShared ? sharedMask : area.mask;
  const identities = new Uint8Array(gone.length * identityBytes);
  const places = new Uint8Array(gone.length * placeBytes);
  const markings: Marking[] = [];
  gone.forEach(({ number, movedTo }, position) => {
    const place = findings.placeOf(number);
    findings.writeIdentity(number, mask, identities, position);
    setPlace(places, position, place);
    const mark = movedTo ? FindingMark.MOVED : marks.get(transition);
    if (mark !== undefined) markings.push({ at: place, mark, to: movedTo ?? { seq: entry.seq, position } });
  });
  const transitions = new Uint8Array(gone.length).fill(transition);
  return { entry: { ...entry, seen: { identities, transitions, places } }, markings, ...coverage };
}
