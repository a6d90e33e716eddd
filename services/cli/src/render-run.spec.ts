import { stripVTControlCharacters } from 'node:util';
import { Assessment, Completeness, Outcome } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { renderRun } from './render-run.ts';
import { assessedRun, findingRecord } from './testing/assessed.ts';

const plain = { color: false, width: Number.POSITIVE_INFINITY };
const findings = [
  findingRecord(),
  findingRecord({
    severity: 'high',
    tool: 'secretlint',
    rule: 'key',
    path: '.env',
    startLine: 1,
    transition: 'recurred',
    title: 'A private key',
  }),
  findingRecord({ severity: 'low', startLine: 30, title: 'Something small' }),
];
const fixed = [findingRecord({ rule: 'gone', transition: 'fixed', title: 'Was here' })];

describe('renderRun', () => {
  it('shows findings, what was fixed, what was skipped and a tally that adds up', () => {
    expect(renderRun({ assessed: assessedRun(), findings, fixed, ...plain })).toBe(
      [
        'Findings',
        'SEVERITY  TOOL        RULE                  WHERE          TITLE                                STATE',
        'high      eslint      security/detect-eval  src/app.js:12  eval with an argument of a variable  new',
        'high      secretlint  key                   .env:1         A private key                        recurring',
        'low       eslint      security/detect-eval  src/app.js:30  Something small                      new',
        '',
        'Fixed: gone since the last scan',
        'SEVERITY  TOOL    RULE  WHERE          TITLE     STATE',
        'high      eslint  gone  src/app.js:12  Was here  fixed',
        '',
        'Not scanned',
        'TASK       OUTCOME  REASON',
        'npm-audit  skipped  this registry does not audit',
        'not installed: bandit, gosec (npx assay tools install all)',
        'from elsewhere, not here: trivy (npx assay tools ls says whence)',
        'nothing here for them: shellcheck',
        '',
        'Tally',
        'REPORT      RAW  FINDINGS  MERGED  FILTERED  SCAN      WHY',
        'eslint        4         2       1         1  complete  1 merged: same record; 1 filtered: pass',
        'secretlint    1         1       0         0  complete',
        'total         5         3       1         1',
        '',
        '2 high, 1 low',
        '2 new, 1 recurring, 1 fixed',
        '5 raw = 3 findings + 1 merged + 1 filtered: everything adds up',
        '',
      ].join('\n'),
    );
  });

  it('says so where there is nothing', () => {
    const nothing = assessedRun({ transitions: {}, severities: {}, tasks: [], stages: [], reports: [] });
    const text = renderRun({ assessed: nothing, findings: [], fixed: [], ...plain });
    expect(text).toContain('Findings\n  none\n');
    expect(text).toContain('0 raw = 0 findings + 0 merged + 0 filtered: everything adds up');
  });

  it.each([
    [
      'a report',
      { reports: [{ reportId: 'r9', tool: { name: 'gosec' }, raw: 9, findings: 3 }] },
      'report r9 of gosec: 9 raw records, but 3 accounted for',
    ],
    ['a stage', { stages: [{ name: 'enrich', in: 7, out: 3 }] }, 'stage enrich: 7 came in, but 3 accounted for'],
    ['the store', { transitions: { opened: 9 } }, 'the ledger counted 9 findings of this run, the store shows 3'],
    ['the fixed', { transitions: { opened: 3, fixed: 4 } }, 'the ledger counted 4 fixed findings, the store shows 1'],
    [
      'the ledger',
      { assessment: Assessment.INCOMPLETE, problems: ['2 findings of gosec are missing'] },
      '2 findings of gosec are missing',
    ],
  ])('is loud when the counts of %s do not add up', (_, changes, problem) => {
    const text = renderRun({ assessed: assessedRun(changes), findings, fixed, ...plain });
    expect(text).toContain('THE COUNTS DO NOT ADD UP: findings may be missing');
    expect(text).toContain(`problem: ${problem}\n`);
    expect(text).not.toContain('everything adds up');
  });

  it('names a task that failed and a scan that was partial', () => {
    const assessed = assessedRun({
      assessment: Assessment.PARTIAL,
      problems: ['task gosec failed'],
      tasks: [{ task: 'gosec', outcome: Outcome.FAILED, reason: 'exit code 1: no go files\x1b[2J' }],
      reports: [{ reportId: 'r', format: 'semgrep', raw: 3, findings: 3, completeness: Completeness.PARTIAL }],
      stages: [],
    });
    const text = renderRun({ assessed, findings, fixed, ...plain });
    expect(text).toContain('gosec  failed   exit code 1: no go files\\x1b[2J\n');
    expect(text).toMatch(/semgrep +3 +3 +0 +0 +partial/);
    expect(text).toContain('problem: task gosec failed\n');
  });

  it('says how to see the rest of a long list', () => {
    const text = renderRun({
      assessed: assessedRun({ transitions: { opened: 500, fixed: 1 } }),
      findings,
      fixed,
      found: 500,
      ...plain,
    });
    expect(text).toContain('… and 497 more: assay finding ls --run run-1 --limit 10000\n');
    expect(text).toContain('everything adds up');
  });

  it('keeps to the terminal’s width and colours severities there', () => {
    const text = renderRun({ assessed: assessedRun(), findings, fixed, color: true, width: 72 });
    expect(text).toContain('\x1b[31mhigh');
    const rows = stripVTControlCharacters(text)
      .split('\n')
      .filter((line) => line.startsWith('high '));
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(72);
  });
});
