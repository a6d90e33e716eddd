import { type FindingRecord, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { changeOf, judge } from './judge.ts';
import { parsePolicy } from './policy.ts';

const finding: FindingRecord = {
  id: 'f1',
  target: 'shop',
  tool: 'gitleaks',
  rule: 'aws-key',
  title: 'AWS key',
  severity: 'high',
  path: 'test/a.js',
  startLine: 3,
};
const lasts = new Date('2026-12-31T23:59:59Z');
const ended = new Date('2027-01-01T00:00:00Z');

const rules = `
rules:
  - name: tests
    when: has(finding.path) && finding.path.startsWith("test/")
    suppress: { reason: not shipped, expires: 2026-12-31 }
  - name: never
    when: finding.severity == "low"
    severity: info
  - name: keys
    when: finding.rule.endsWith("-key") && finding.startLine < 4
    severity: critical
    tags: [key]
    annotations: { team: web }
  - name: late
    when: finding.severity == "high"
    severity: medium
    annotations: { team: ops }
    suppress: { reason: accepted, expires: 2026-12-31 }
`;

function decided(match: string, at: Date) {
  const answers = judge(parsePolicy(`match: ${match}${rules}`), finding, at);
  return {
    answers: answers.map(({ rule, outcome }) => `${rule.name} ${outcome}`),
    change: changeOf(
      answers.map(({ rule }) => rule),
      at,
    ),
  };
}

describe('judge', () => {
  it('lets the first rule that applies act alone', () => {
    expect(decided('first', lasts)).toEqual({
      answers: ['tests acts'],
      change: {
        suppression: { kind: 'policy', justification: 'not shipped' },
        annotations: { 'policy.tests': 'suppressed until 2026-12-31' },
      },
    });
  });

  it('goes on to the next rule when a suppression that was all has ended, and says that it has', () => {
    expect(decided('first', ended)).toEqual({
      answers: ['tests expired', 'keys acts'],
      change: {
        severity: Severity.CRITICAL,
        annotations: {
          'policy.tests': 'suppression expired 2026-12-31',
          'tag.key': 'true',
          team: 'web',
          'policy.keys': 'severity critical; tags key; annotates team',
        },
      },
    });
  });

  it('lets all rules act in order, on the finding as it came', () => {
    expect(decided('all', lasts)).toEqual({
      answers: ['tests acts', 'keys acts', 'late acts'],
      change: {
        severity: Severity.MEDIUM,
        suppression: { kind: 'policy', justification: 'accepted' },
        annotations: {
          'policy.tests': 'suppressed until 2026-12-31',
          'tag.key': 'true',
          team: 'ops',
          'policy.keys': 'severity critical; tags key; annotates team',
          'policy.late': 'severity medium; annotates team; suppressed until 2026-12-31',
        },
      },
    });
    expect(decided('all', ended)).toMatchObject({
      answers: ['tests expired', 'keys acts', 'late acts'],
      change: {
        severity: Severity.MEDIUM,
        annotations: { 'policy.late': 'severity medium; annotates team; suppression expired 2026-12-31' },
      },
    });
    expect(decided('all', ended).change.suppression).toBeUndefined();
  });

  it('never ends what never expires', () => {
    const policy = parsePolicy('rules: [{ name: a, when: "true", suppress: { reason: r, expires: never } }]');
    const at = new Date('9999-01-01T00:00:00Z');
    expect(changeOf(policy.rules, at)).toMatchObject({
      suppression: { justification: 'r' },
      annotations: { 'policy.a': 'suppressed' },
    });
  });

  it('asks every rule when it is thorough, and says what fails', () => {
    const policy = parsePolicy(`
rules:
  - { name: a, when: 'finding.purl == "x"', severity: low }
  - { name: b, when: 'true', severity: low }
  - { name: c, when: 'true', severity: low }
  - { name: d, when: 'false', severity: low }
`);
    expect(
      judge(policy, finding, lasts, true).map(({ rule, outcome, reason }) => [rule.name, outcome, reason]),
    ).toEqual([
      ['a', 'fails', 'No such key: purl'],
      ['b', 'acts', undefined],
      ['c', 'shadowed', undefined],
    ]);
    expect(() => judge(policy, finding, lasts)).toThrow(
      'rule "a" (line 3 of the policy) fails on finding f1: No such key: purl; ask has(…) for what a finding may lack',
    );
  });
});
