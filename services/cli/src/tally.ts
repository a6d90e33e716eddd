// The tally of a run, checked again where a person reads it: every record of every report is a finding, was merged or
// was filtered; every stage let out what came in; the store shows what the ledger counted.
import { Assessment, completenessNames, Outcome, type ReportParsed, type RunAssessed } from '@assay/contracts';

export interface ReportLine {
  tool: string;
  raw: number;
  findings: number;
  merged: number;
  filtered: number;
  /** "2 merged: duplicate; 1 filtered: pass", "" when nothing was. */
  reasons: string;
  /** "complete", "partial" or "failed" */
  completeness: string;
}

export interface Tally {
  reports: ReportLine[];
  total: Pick<ReportLine, 'raw' | 'findings' | 'merged' | 'filtered'>;
  /** What the ledger says and what does not add up here, one sentence each. */
  problems: string[];
  addsUp: boolean;
}

export interface Shown {
  assessed: RunAssessed;
  /** Findings of the run that the store has, without the fixed ones. */
  found: number;
  fixed: number;
}

export function tallyOf({ assessed, found, fixed }: Shown): Tally {
  // The order in which reports were read says nothing.
  const reports = assessed.reports.map(reportLine).toSorted((a, b) => a.tool.localeCompare(b.tool));
  const total = { raw: 0, findings: 0, merged: 0, filtered: 0 };
  for (const line of reports)
    for (const name of ['raw', 'findings', 'merged', 'filtered'] as const) total[name] += line[name];
  const mismatches = [
    ...reportMismatches(assessed.reports),
    ...stageMismatches(assessed),
    ...storeMismatches(assessed, found, fixed),
  ];
  return {
    reports,
    total,
    problems: [...new Set([...assessed.problems, ...mismatches])],
    addsUp: mismatches.length === 0 && assessed.assessment !== Assessment.INCOMPLETE,
  };
}

/** Whether the run's findings can be relied on: nothing failed, was partial or got lost. */
export function isComplete(assessed: RunAssessed, tally: Tally): boolean {
  const hasFailed = assessed.tasks.some(({ outcome }) => outcome !== Outcome.SUCCEEDED && outcome !== Outcome.SKIPPED);
  return tally.addsUp && !hasFailed && assessed.assessment === Assessment.COMPLETE;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function reportLine(report: ReportParsed): ReportLine {
  const merged = sum(report.merged);
  const filtered = sum(report.filtered);
  return {
    tool: report.tool?.name || report.format,
    raw: report.raw,
    findings: report.findings,
    merged,
    filtered,
    reasons: [...reasons(report.merged, 'merged'), ...reasons(report.filtered, 'filtered')].join('; '),
    completeness: completenessNames.of(report.completeness),
  };
}

function reasons(counts: Readonly<Record<string, number>>, what: string): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${what}: ${reason}`);
}

function* reportMismatches(reports: readonly ReportParsed[]): Iterable<string> {
  for (const report of reports) {
    const out = report.findings + sum(report.merged) + sum(report.filtered);
    if (report.raw !== out)
      yield `report ${report.reportId} of ${report.tool?.name || report.format}: ${report.raw} raw records, but ${out} accounted for`;
  }
}

function* stageMismatches({ stages }: RunAssessed): Iterable<string> {
  for (const stage of stages) {
    const out = stage.out + sum(stage.removed);
    if (stage.in !== out) yield `stage ${stage.name}: ${stage.in} came in, but ${out} accounted for`;
  }
}

function* storeMismatches({ transitions }: RunAssessed, found: number, fixed: number): Iterable<string> {
  const closed = transitions['fixed'] ?? 0;
  const counted = sum(transitions) - closed;
  if (counted !== found) yield `the ledger counted ${counted} findings of this run, the store shows ${found}`;
  if (closed !== fixed) yield `the ledger counted ${closed} fixed findings, the store shows ${fixed}`;
}
