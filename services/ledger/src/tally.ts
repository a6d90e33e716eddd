// The tally of a run: what came into each stage and what went out, each difference with its reason.
import type { ReportParsed, Stage } from '@assay/contracts';
import type { Counts } from '@assay/store';

export function stagesOf(reports: readonly ReportParsed[], { findings: taken, transitions }: Counts): Stage[] {
  const findings = reports.reduce((total, report) => total + report.findings, 0);
  const removed: Record<string, number> = {};
  for (const report of reports) {
    for (const kind of ['merged', 'filtered'] as const) {
      for (const [reason, count] of Object.entries(report[kind])) add(removed, `${kind}:${reason}`, count);
    }
  }
  const { fixed: _, ...told } = transitions;
  return [
    { name: 'parse', in: reports.reduce((total, { raw }) => total + raw, 0), out: findings, removed },
    { name: 'enrich', in: findings, out: taken, removed: {} },
    { name: 'ledger', in: taken, out: sum(told), removed: {} },
  ];
}

export function addAll(total: Counts, counts: Counts): Counts {
  total.findings += counts.findings;
  for (const [name, count] of Object.entries(counts.transitions)) add(total.transitions, name, count);
  for (const [name, count] of Object.entries(counts.severities)) add(total.severities, name, count);
  return total;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function add(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}
