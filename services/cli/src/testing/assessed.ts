// A run as the ledger assesses it, for specs to vary.
import {
  Assessment,
  Completeness,
  type Draft,
  type FindingRecord,
  Outcome,
  type RunAssessed,
  runAssessed,
  Skip,
} from '@assay/contracts';

/** Two reports, one skipped task; everything adds up: 5 raw = 3 findings + 1 merged + 1 filtered. */
export function assessedRun(changes: Draft<RunAssessed> = {}): RunAssessed {
  return runAssessed.message.create({
    runId: 'run-1',
    pipeline: 'scan',
    target: { name: 'shop' },
    assessment: Assessment.COMPLETE,
    stages: [
      { name: 'parse', in: 5, out: 3, removed: { 'same record': 1, pass: 1 } },
      { name: 'enrich', in: 3, out: 3 },
    ],
    transitions: { opened: 2, recurred: 1, fixed: 1 },
    severities: { high: 2, low: 1 },
    tasks: [
      { task: 'eslint', outcome: Outcome.SUCCEEDED },
      { task: 'npm-audit', outcome: Outcome.SKIPPED, reason: 'this registry does not audit' },
      ...(
        [
          ['bandit', Skip.NOT_INSTALLED],
          ['gosec', Skip.NOT_INSTALLED],
          ['shellcheck', Skip.NO_FILES],
          ['trivy', Skip.NOT_THERE],
        ] as const
      ).map(([task, skip]) => ({ task, outcome: Outcome.SKIPPED, reason: 'said together', skip })),
    ],
    reports: [
      {
        reportId: 'r1',
        tool: { name: 'eslint' },
        raw: 4,
        findings: 2,
        merged: { 'same record': 1 },
        filtered: { pass: 1 },
        completeness: Completeness.COMPLETE,
      },
      { reportId: 'r2', tool: { name: 'secretlint' }, raw: 1, findings: 1, completeness: Completeness.COMPLETE },
    ],
    ...changes,
  });
}

export function findingRecord(changes: Partial<FindingRecord> = {}): FindingRecord {
  return {
    id: '0123456789abcdef0123456789abcdef',
    target: 'shop',
    tool: 'eslint',
    rule: 'security/detect-eval',
    title: 'eval with an argument of a variable',
    severity: 'high',
    path: 'src/app.js',
    startLine: 12,
    transition: 'opened',
    ...changes,
  };
}
