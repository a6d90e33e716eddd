import { severityNames } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { driver, log, one, read } from '../../testing/sarif-log.ts';

describe('the effective level (§3.27.10)', () => {
  const rules = [{ id: 'A', defaultConfiguration: { level: 'note' } }, { id: 'B' }];
  const override = (...levels: string[]) => ({
    invocations: levels.map((level) => ({
      executionSuccessful: true,
      ruleConfigurationOverrides: [{ descriptor: { index: 0 }, configuration: { level } }],
    })),
  });
  it.each([
    ['the result’s own', {}, { ruleId: 'A', level: 'error' }, 'error'],
    ['the rule’s default', {}, { ruleId: 'A' }, 'note'],
    ['the rule’s default, found by index', {}, { ruleIndex: 0 }, 'note'],
    ['warning without a default', {}, { ruleId: 'B' }, 'warning'],
    ['warning without a rule', {}, { ruleId: 'C' }, 'warning'],
    ['what the only invocation configured', override('error'), { ruleId: 'A' }, 'error'],
    ['the result’s own over what was configured', override('error'), { ruleId: 'A', level: 'note' }, 'note'],
    ['nothing configured for another rule', override('error'), { ruleId: 'B' }, 'warning'],
    ['the default when it could be either invocation', override('error', 'none'), { ruleId: 'A' }, 'note'],
    ['the named invocation’s', override('note', 'error'), { ruleId: 'A', provenance: { invocationIndex: 1 } }, 'error'],
    ['none for what is no failure', {}, { ruleId: 'A', kind: 'review' }, 'none'],
    ['none even where a level contradicts the kind', {}, { kind: 'open', level: 'error' }, 'none'],
  ])('is %s', async (_, run, result, level) => {
    const draft = await one({ ...driver(rules), ...run }, result);
    expect(draft.properties?.['level']).toBe(level);
  });
});

describe('severity', () => {
  const scored = (score: unknown) => driver([{ id: 'A', properties: { 'security-severity': score } }]);
  it.each([
    ['error', {}, { level: 'error' }, 'high'],
    ['warning', {}, { level: 'warning' }, 'medium'],
    ['note', {}, { level: 'note' }, 'low'],
    ['none', {}, { level: 'none' }, 'info'],
    ['a level nobody knows', {}, { level: 'fatal' }, 'unspecified'],
    ['score 9.8', scored('9.8'), { ruleId: 'A', level: 'note' }, 'critical'],
    ['score 9.0', scored('9.0'), { ruleId: 'A' }, 'critical'],
    ['score 7', scored(7), { ruleId: 'A' }, 'high'],
    ['score 6.9', scored('6.9'), { ruleId: 'A', level: 'error' }, 'medium'],
    ['score 0.1', scored('0.1'), { ruleId: 'A' }, 'low'],
    ['score 0, which says nothing', scored('0.0'), { ruleId: 'A', level: 'error' }, 'high'],
    ['a score that is none', scored('high'), { ruleId: 'A', level: 'error' }, 'high'],
    ['the result’s own score', scored('2'), { ruleId: 'A', properties: { 'security-severity': '9.1' } }, 'critical'],
    ['a score of what is no failure', scored('9.8'), { ruleId: 'A', kind: 'review' }, 'info'],
  ])('of %s', async (_, run, result, severity) => {
    expect(severityNames.of((await one(run, result)).severity ?? -1)).toBe(severity);
  });
});

describe('results that are no findings', () => {
  it.each([
    ['a pass', { kind: 'pass' }, 'kind pass'],
    ['what does not apply', { kind: 'notApplicable' }, 'kind notApplicable'],
    ['what is gone since the baseline', { baselineState: 'absent' }, 'absent from this scan (baselineState)'],
    ['null', null, 'not a result'],
  ])('filters %s, and says so', async (_, result, reason) => {
    const report = await read(log({}, [result, { ruleId: 'A' }]));
    expect(report).toMatchObject({ raw: 2, filtered: { [reason]: 1 } });
    expect(report.drafts).toHaveLength(1);
  });

  it.each(['open', 'informational', 'review'])('keeps kind %s as information', async (kind) => {
    expect(await one({}, { kind })).toMatchObject({ severity: 1, properties: { kind, level: 'none' } });
  });
});

describe('suppressions (§3.35)', () => {
  it.each([
    [[{ kind: 'inSource' }], { kind: 'in-source', justification: '' }],
    [
      [{ kind: 'external', status: 'accepted', justification: 'a test' }],
      { kind: 'external', justification: 'a test' },
    ],
    [[{ kind: 'inSource' }, { kind: 'external', justification: 'both' }], { kind: 'in-source', justification: 'both' }],
    [[{ kind: 'external', status: 'underReview' }], undefined],
    [[{ kind: 'inSource' }, { kind: 'external', status: 'rejected' }], undefined],
    [[], undefined],
    [undefined, undefined],
  ])('%j → %j', async (suppressions, suppression) => {
    expect((await one({}, { suppressions })).suppression).toEqual(suppression);
  });
});
