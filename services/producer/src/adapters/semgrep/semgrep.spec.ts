import { describe, expect, it } from '@jest/globals';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { semgrep } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const sourceRoot = '/workspace/source/nodegoat';

const result = (fields: object = {}, extra: object = {}) => ({
  check_id: 'rules.js.eval',
  path: 'a.js',
  start: { line: 1, col: 2 },
  end: { line: 1, col: 9 },
  extra: { message: 'eval', severity: 'ERROR', lines: 'eval(x)', metadata: {}, ...extra },
  ...fields,
});
const report = (results: unknown[], errors: unknown[] = []) =>
  JSON.stringify({ version: '1.182.0', results, errors, paths: { scanned: ['a.js'] } });

describe('semgrep', () => {
  // Counted with: jq '[.results[]|{s:.extra.severity,r:.check_id}] | length'
  it.each([
    ['govwa.json', 1, { high: 1 }, 1, 'complete'],
    ['nodegoat.json', 4, { high: 3, medium: 1 }, 2, 'complete'],
    ['nodegoat.abs.json', 4, { high: 3, medium: 1 }, 2, 'complete'],
    ['nodegoat.dataflow.json', 4, { high: 3, medium: 1 }, 2, 'complete'],
    ['pygoat.json', 4, { high: 2, medium: 2 }, 2, 'complete'],
    ['terragoat.json', 9, { low: 9 }, 1, 'complete'],
    ['edge-broken-js.json', 1, { high: 1 }, 1, 'partial'],
    ['edge-empty.json', 0, {}, 0, 'partial'],
    ['edge-badconfig.json', 0, {}, 0, 'failed'],
    ['edge-badrule.json', 0, {}, 0, 'failed'],
  ])('reads %s: %d findings', async (name, count, severities, rules, completeness) => {
    const { records, summary } = await parseContent(semgrep, fixture(name), { sourceRoot });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities, completeness });
    expect(summary.toolVersion).toBe('1.182.0');
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(semgrep, fixture('nodegoat.json'));
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'semgrep',
      toolVersion: '1.182.0',
      rule: 'js-eval-nonliteral',
      title: 'eval() called with a non-literal argument',
      severity: 'high',
      confidence: 'high',
      kind: 'weakness',
      cwes: [95],
      path: 'app/routes/contributions.js',
      startLine: 32,
      endLine: 32,
      startColumn: 24,
      endColumn: 45,
      properties: {
        checkId: 'work.lab.tools.semgrep-rules.js-eval-nonliteral',
        category: 'security',
        owasp: 'A03:2021 - Injection',
      },
    });
  });

  it('finds the same findings by absolute paths and by rules that lie elsewhere', async () => {
    const relative = await parseContent(semgrep, fixture('nodegoat.json'));
    const moved = fixture('nodegoat.abs.json').toString().replaceAll('work.lab.tools', 'home.me');
    const absolute = await parseContent(semgrep, moved, { sourceRoot });
    expect(absolute.records.map(({ id }) => id)).toEqual(relative.records.map(({ id }) => id));
  });

  it.each([
    ['a.b.js-eval', {}, 'js-eval'],
    ['js-eval', {}, 'js-eval'],
    [
      'javascript.lang.eval.eval',
      { source: 'https://semgrep.dev/r/javascript.lang.eval.eval' },
      'javascript.lang.eval.eval',
    ],
    [
      'tmp.rules.javascript.lang.eval.eval',
      { source: 'https://semgrep.dev/r/javascript.lang.eval.eval' },
      'javascript.lang.eval.eval',
    ],
    ['a.b.eval', { source: 'https://semgrep.dev/r/other' }, 'eval'],
  ])('calls %s with %j the rule %s', async (check_id, metadata, rule) => {
    const { records } = await parseContent(semgrep, report([result({ check_id }, { metadata })]));
    expect(records[0]?.rule).toBe(rule);
  });

  it('uses lines where it is given them, never the words "requires login"', async () => {
    const [given] = (await parseContent(semgrep, report([result()]))).records;
    const [withheld] = (await parseContent(semgrep, report([result({}, { lines: 'requires login' })]))).records;
    const [other] = (await parseContent(semgrep, report([result({}, { lines: 'eval(y)' })]))).records;
    expect(given?.snippet).toBe('eval(x)');
    expect(withheld?.snippet).toBeUndefined();
    expect(new Set([given?.id, withheld?.id, other?.id]).size).toBe(3);
  });

  it('hides what a rule about hard-coded secrets found', async () => {
    const found = result(
      {},
      { lines: 'connect("db", "hunter2")', metadata: { cwe: 'CWE-798: Use of Hard-coded Credentials' } },
    );
    const { records } = await parseContent(semgrep, report([found]));
    expect(records[0]).toMatchObject({ kind: 'secret', cwes: [798], snippet: 'connect("[redacted]", "[redacted]")' });
  });

  it('makes one line of a long message, and keeps the rest', async () => {
    const message = `Found eval. ${'More words. '.repeat(30)}\nAnd a line.`;
    const { records } = await parseContent(semgrep, report([result({}, { message })]));
    expect(records[0]?.title.length).toBeLessThan(200);
    expect(records[0]?.description).toContain('And a line.');
  });

  it('takes over nosemgrep', async () => {
    const { records } = await parseContent(semgrep, report([result({}, { is_ignored: true })]));
    expect(records[0]?.suppression).toEqual({ kind: 'in-source' });
  });

  it.each([
    [[{ level: 'warn', path: 'a.js', message: 'Timeout at a.js\ncode' }], 'partial', ['Timeout at a.js']],
    [[{ level: 'error', path: 'a.js', message: 'Internal error' }], 'partial', ['Internal error']],
    [[{ level: 'error', message: 'no rules' }], 'failed', ['no rules']],
    [[], 'complete', []],
  ])('makes %j %s', async (errors, completeness, notes) => {
    expect((await parseContent(semgrep, report([], errors))).summary).toMatchObject({ completeness, notes });
  });

  it.each([
    [report([{ path: 'a.js' }]), 'report.field', 'Semgrep result 0: "check_id"'],
    [report([result({}, { severity: 5 })]), 'report.field', '"severity" must be a string'],
    ['{"results":[],"errors":[],"metrics":{}}', 'report.format', 'not Semgrep'],
    [report([result()]).slice(0, -9), 'report.truncated', 'ends at byte'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(semgrep, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
