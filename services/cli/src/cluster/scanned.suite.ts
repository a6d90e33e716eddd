// What a scan says, without what two scans of the same cannot have in common.
import type { StoredFinding } from '@assay/store';

export interface Scanned {
  addsUp: boolean;
  problems: string[];
  run: {
    runId: string;
    assessment: string;
    transitions?: Record<string, number>;
    severities?: Record<string, number>;
    tasks: { task: string; outcome: string; reason?: string; logs?: { step: string }[] }[];
    reports: {
      task: string;
      tool?: { name: string };
      raw?: string;
      findings?: string;
      merged?: object;
      filtered?: object;
    }[];
  };
  findings: StoredFinding[];
}

/** A folder of this machine need not be fetched. */
const fetchers = ['upload', 'git', 'archive', 'path', 'base'];

/** Findings by identity, and every count of every report. */
export function essenceOf({ run, findings, addsUp }: Scanned): unknown {
  return {
    addsUp,
    assessment: run.assessment,
    severities: run.severities,
    tasks: run.tasks
      .filter(({ task }) => !fetchers.includes(task))
      .map(({ task, outcome }) => `${task} ${outcome}`)
      .sort(),
    reports: run.reports
      .map(({ task, raw = '0', findings: count = '0', merged = {}, filtered = {} }) => ({
        task,
        raw,
        count,
        merged,
        filtered,
      }))
      .sort((left, right) => left.task.localeCompare(right.task)),
    findings: findings.map(placeOf).sort(),
  };
}

function placeOf(finding: StoredFinding): string {
  const { tool, rule, severity, path, startLine, purl } = finding as unknown as Record<string, unknown>;
  return JSON.stringify([finding.id, tool, rule, severity, path, startLine, purl]);
}
