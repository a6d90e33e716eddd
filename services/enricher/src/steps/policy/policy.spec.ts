import { Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { maxPolicyBytes, parsePolicy } from './policy.ts';

/** What is wrong with a document. */
function mistakesOf(text: string): string {
  try {
    parsePolicy(text);
  } catch (error) {
    expect((error as { code?: string }).code).toBe('policy.invalid');
    return (error as Error).message;
  }
  throw new Error('no mistake');
}

const rule = (rest: string) => `rules:\n  - name: a\n    when: "true"\n    ${rest}\n`;

describe('parsePolicy', () => {
  it('reads YAML', () => {
    const { match, rules } = parsePolicy(`
# a policy
match: all
rules:
  - name: old-tests
    when: |
      has(finding.path) &&
      finding.path.startsWith("test/")
    severity: low
    tags: [test, accepted/2026]
    annotations: { ticket: SEC-1 }
    suppress:
      reason: never shipped
      expires: 2026-12-31
`);
    expect(match).toBe('all');
    expect(rules).toEqual([
      {
        name: 'old-tests',
        line: 5,
        when: 'has(finding.path) &&\nfinding.path.startsWith("test/")\n',
        condition: expect.any(Function),
        severity: Severity.LOW,
        tags: ['test', 'accepted/2026'],
        annotations: { ticket: 'SEC-1' },
        suppress: { reason: 'never shipped', expires: '2026-12-31', until: Date.parse('2027-01-01T00:00:00Z') },
      },
    ]);
  });

  it('reads JSON, and takes the first match where nothing is said', () => {
    const policy = parsePolicy(JSON.stringify({ rules: [{ name: 'a', when: 'true', severity: 'critical' }] }));
    expect(policy).toMatchObject({ match: 'first', rules: [{ name: 'a', severity: Severity.CRITICAL }] });
  });

  it.each([
    ['2026-12-31', '2027-01-01T00:00:00Z'],
    ['2026-12-31T12:00:00+02:00', '2026-12-31T10:00:00Z'],
    ['"2026-12-31T12:00:00Z"', '2026-12-31T12:00:00Z'],
  ])('takes that a suppression expires at %s', (expires, until) => {
    const { rules } = parsePolicy(rule(`suppress: { reason: r, expires: ${expires} }`));
    expect(rules[0]?.suppress?.until).toBe(Date.parse(until));
  });

  it.each([
    // [what, document, place, sentence]
    ['an unknown severity', rule('severity: urgent'), '4:15', 'rules[0].severity: Invalid option'],
    ['an unknown member', rule('servity: low'), '4:5', 'Unrecognized key: "servity"'],
    ['a rule that does nothing', rule('tags: []'), '2:5', 'does nothing'],
    ['no expiry', rule('suppress: { reason: r }'), '4:15', 'rules[0].suppress.expires: must be a date'],
    ['a day that is none', rule('suppress: { reason: r, expires: 2026-02-30 }'), '4:37', 'must be a date'],
    ['an empty reason', rule('suppress: { reason: "", expires: never }'), '4:25', 'suppress.reason: '],
    ['a control character', rule('annotations: { a: "x\\e[2J" }'), '4:23', 'without control characters'],
    ['no rules', 'rules: []', '1:8', 'rules: '],
    ['nothing at all', '', '1:1', 'expected object'],
    ['two documents', `${rule('severity: low')}---\na: b`, '5:1', 'multiple documents'],
    ['broken YAML', 'rules: [', '1:9', ''],
    ['the same key twice', rule('severity: low\n    severity: high'), '5:5', 'unique'],
    [
      'the same name twice',
      'rules:\n- { name: a, when: "true", severity: low }\n- { name: a, when: "true", severity: low }',
      '3:11',
      '"a" is the name of the rule at line 2 too',
    ],
  ])('tells where there is %s', (_, text, place, sentence) => {
    const message = mistakesOf(text);
    expect(message).toContain(sentence);
    expect(message).toMatch(new RegExp(`^policy:${place}: `));
  });

  it.each([
    ['plain', 'when: finding.severty == "high"', '3:19'],
    ['in double quotes', `when: "finding.severty == 'high'"`, '3:20'],
    ['in single quotes', `when: 'finding.severty == "high"'`, '3:20'],
    ['a block', 'when: |\n      true &&\n\n        finding.severty == "high"', '6:17'],
    ['a block that keeps no end', 'when: |-\n     finding.severty == "high"', '4:14'],
    // Escapes and folding move it: then the expression's start is told.
    ['with escapes', `when: "\\x66inding.severty == 'high'"`, '3:11'],
    ['folded', 'when: >\n      true &&\n      finding.severty == "high"', '3:11'],
  ])('tells where an expression is wrong that is %s', (_, when, place) => {
    const text = `rules:\n  - name: a\n    ${when}\n    severity: low\n`;
    expect(mistakesOf(text)).toBe(`policy:${place}: rule "a": when: No such key: severty`);
  });

  it('tells all mistakes, up to ten', () => {
    const text = `rules:\n${Array.from({ length: 12 }, (_, n) => `- { name: r${n}, when: x, severity: low }\n`).join('')}`;
    const lines = mistakesOf(text).split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[9]).toContain('policy:11:21: rule "r9"');
    expect(lines[10]).toBe('and 2 more');
  });

  it.each([
    ['a document that is too long', '#'.repeat(maxPolicyBytes + 1), 'bytes'],
    ['too many rules', `rules:\n${'- {name: a, when: "true", severity: low}\n'.repeat(201)}`, 'policy:2:1: rules: '],
    ['nesting without end', '['.repeat(20_000), 'nested too deep'],
    ['maps without end', '{a: '.repeat(20_000), 'nested too deep'],
    [
      'aliases that multiply',
      `a: &a [x]\nb: &b [${'*a,'.repeat(30)}]\nrules: [${'*b,'.repeat(30)}]`,
      'too many aliases',
    ],
    ['an expression that is too long', rule(`severity: low`).replace('true', 'x'.repeat(5000)), '4096'],
  ])('refuses %s', (_, text, sentence) => {
    expect(mistakesOf(text)).toContain(sentence);
  });
});
