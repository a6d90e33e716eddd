import type { FindingRecord } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Condition, compileCondition, type Variables } from './condition.ts';
import { findingValue } from './finding-schema.ts';
import { withinTime } from './within-time.ts';

const finding: FindingRecord = {
  id: 'f1',
  target: 'shop',
  tool: 'gosec',
  rule: 'G404',
  title: 'Weak random numbers',
  severity: 'high',
  cwes: [338],
  startLine: 12,
  annotations: { 'kev.added': '2024-01-01' },
};

function conditionOf(expression: string, variables: Variables = ['finding']): Condition {
  const condition = compileCondition(expression, variables);
  if (typeof condition !== 'function') throw new Error(condition.reason);
  return condition;
}

describe('compileCondition', () => {
  it.each([
    ['finding.startLine > 11 && 338 in finding.cwes', true],
    ['"kev.added" in finding.annotations', true],
    ['has(finding.purl)', false],
    ['finding.severity in ["critical", "high"] && !(finding.severity == "low")', true],
    ['"CVE-2021-44228" in finding.cves', false],
    ['size(finding.owners) > 0 || "x" in finding.properties', false],
    ['has(finding.properties.x)', false],
  ])('%s is %s', (expression, expected) => {
    expect(conditionOf(expression)({ finding: findingValue(finding) })).toBe(expected);
  });

  it.each<[string, string, Variables, object]>([
    ['an unknown field', 'finding.severty == "high"', ['finding'], { reason: 'No such key: severty', offset: 8 }],
    ['a text', 'finding.title', ['finding'], { reason: 'must be true or false; it is a string' }],
    ['an unknown variable', 'event.type == "x"', ['finding'], { reason: 'Unknown variable: event', offset: 0 }],
    [
      'a question that is always answered by yes',
      'true && has( finding.cves )',
      ['finding'],
      { reason: 'a finding always has cves, maybe empty: ask size(finding.cves) > 0', offset: 8 },
    ],
    [
      'an order of words that have none',
      'true && finding.severity >= "high"',
      ['finding'],
      { reason: 'severity is a word without an order: ask finding.severity in ["high", …]', offset: 8 },
    ],
    [
      'the same the other way round',
      '"high" <= finding.confidence',
      ['finding'],
      { reason: 'confidence is a word without an order: ask finding.confidence in ["high", …]', offset: 7 },
    ],
    ['length', 'x'.repeat(4097), ['finding'], { reason: 'has 4097 characters; at most 4096 are taken' }],
  ])('tells what is wrong, and where: %s', (_, expression, variables, mistake) => {
    expect(compileCondition(expression, variables)).toEqual(mistake);
  });

  it.each([
    ['finding.purl == "x"', 'No such key: purl'],
    ['finding.properties["x"] == "y"', 'No such key: x'],
  ])('%s fails on a finding that lacks it', (expression, reason) => {
    expect(() => conditionOf(expression)({ finding: findingValue(finding) })).toThrow(reason);
  });

  it('fails when data of any shape give something else than true or false', () => {
    expect(() => conditionOf('data.x', ['data'])({ data: { x: 'yes' } })).toThrow('it must be true or false');
  });
});

describe('withinTime', () => {
  const evil = conditionOf('finding.title.matches("^(a+)+$")');

  it('interrupts what never ends, and works again after it', () => {
    const title = `${'a'.repeat(40)}!`;
    expect(withinTime(50, () => [evil({ finding: { title } })])).toBeUndefined();
    expect(withinTime(50, () => [evil({ finding: { title: 'aaa' } })])).toEqual([true]);
  });

  it('hands on what was thrown', () => {
    expect(() =>
      withinTime(50, () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
  });
});
