import { describe, expect, it } from '@jest/globals';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { eslint } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const sourceRoot = '/workspace/source/nodegoat';

const file = (fields: object) =>
  JSON.stringify([
    { filePath: '/src/a.js', messages: [], suppressedMessages: [], source: 'one\neval(x)\n', ...fields },
  ]);
const message = { ruleId: 'no-eval', severity: 1, message: 'eval', line: 2, column: 1, endLine: 2, endColumn: 8 };

describe('eslint', () => {
  // Counted with: jq '[(if type=="array" then .[] else .results[] end)|.messages[]] | length'
  it.each([
    ['nodegoat.json', 9, 9, { medium: 9 }, 6, 'complete'],
    ['nodegoat.json-with-metadata.json', 9, 9, { medium: 9 }, 6, 'complete'],
    ['nodegoat.allfiles-error.json.gz', 1121, 1121, { high: 1121 }, 8, 'complete'],
    ['small-js.json', 3, 3, { medium: 3 }, 3, 'complete'],
    ['edge-broken-js.json', 2, 1, { medium: 1 }, 1, 'partial'],
    ['nodegoat.quiet.json', 0, 0, {}, 0, 'complete'],
  ])('reads %s: %d records, %d findings', async (name, raw, findings, severities, rules, completeness) => {
    const { records, summary } = await parseContent(eslint, fixture(name), { sourceRoot });
    expect(summary).toMatchObject({ raw, findings, merged: 0, filtered: raw - findings, severities, completeness });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(eslint, fixture('nodegoat.json-with-metadata.json'), { sourceRoot });
    expect(records.find(({ rule }) => rule === 'security/detect-eval-with-expression')).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'eslint',
      rule: 'security/detect-eval-with-expression',
      title: 'eval with argument of type MemberExpression',
      description: expect.stringContaining('arbitrary code'),
      severity: 'medium',
      kind: 'weakness',
      path: 'app/routes/contributions.js',
      startLine: 32,
      endLine: 32,
      startColumn: 24,
      endColumn: 45,
      snippet: '        const preTax = eval(req.body.preTax);',
      references: [expect.stringContaining('detect-eval-with-expression.md')],
    });
  });

  it('finds the same findings with and without metadata', async () => {
    const plain = await parseContent(eslint, fixture('nodegoat.json'), { sourceRoot });
    const described = await parseContent(eslint, fixture('nodegoat.json-with-metadata.json'), { sourceRoot });
    expect(described.records.map(({ id }) => id)).toEqual(plain.records.map(({ id }) => id));
  });

  it('publishes the flagged lines only, never the source around them', async () => {
    const { records } = await parseContent(eslint, fixture('small-js.json'), {
      sourceRoot: '/workspace/source/small-js',
    });
    const seen = JSON.stringify(records);
    expect(fixture('small-js.json').toString()).toContain('app.listen(3000)');
    expect(seen).not.toContain('app.listen(3000)');
    expect(records.map(({ startLine, snippet }) => [startLine, snippet?.slice(0, 12)])).toEqual([
      [5, '  exec("ping'],
      [7, 'app.get("/ca'],
      [8, 'app.get("/re'],
    ]);
  });

  it('hides a secret on a flagged line', async () => {
    const { records } = await parseContent(
      eslint,
      file({ source: 'one\neval("password=\'hunter2\'")', messages: [message] }),
    );
    expect(JSON.stringify(records)).not.toContain('hunter2');
  });

  it('takes a file that does not parse for partial, not for a finding', async () => {
    const { summary } = await parseContent(eslint, fixture('edge-broken-js.json'), {
      sourceRoot: '/workspace/source/edge-broken-js',
    });
    expect(summary.filteredReasons).toEqual({ 'parse error': 1 });
    expect(summary.notes).toEqual(['not scanned: broken.js:3: Parsing error: Unexpected token (']);
  });

  it('tells notices of ESLint itself from findings', async () => {
    const notice = {
      ruleId: null,
      fatal: false,
      severity: 1,
      message: 'File ignored because of a matching ignore pattern.',
    };
    const { summary } = await parseContent(eslint, file({ messages: [notice, message] }));
    expect(summary).toMatchObject({
      raw: 2,
      findings: 1,
      filteredReasons: { 'notice of the tool': 1 },
      completeness: 'complete',
    });
  });

  it('takes over suppressed messages with their reason', async () => {
    const suppressed = { ...message, suppressions: [{ kind: 'directive', justification: 'input is ours' }] };
    const { records } = await parseContent(eslint, file({ suppressedMessages: [suppressed] }));
    expect(records).toHaveLength(1);
    expect(records[0]?.suppression).toEqual({ kind: 'in-source', justification: 'input is ours' });
    expect(records[0]?.references).toEqual(['https://eslint.org/docs/latest/rules/no-eval']);
  });

  it.each([
    ['{"a":1}', 'report.format', 'no list of files'],
    ['{"results":{"a":[]},"metadata":{}}', 'report.format', 'no list of files'],
    ['{"results":[],"errors":[]}', 'report.format', 'no list of files'],
    ['[{"RuleID":"x"}]', 'report.field', 'ESLint file 0: "filePath" must be a string, but is absent'],
    [
      file({ messages: [{ ...message, line: '2' }] }),
      'report.field',
      'ESLint file 0, message 0: "line" must be a number',
    ],
    [file({ messages: [message] }).slice(0, 60), 'report.truncated', 'ends at byte 60'],
  ])('refuses %s', async (content, code, text) => {
    await expect(parseContent(eslint, content)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });
});
