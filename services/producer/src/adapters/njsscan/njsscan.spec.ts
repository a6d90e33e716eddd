import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { njsscan } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);

const report = (nodejs: object, errors: unknown[] = []) =>
  JSON.stringify({ errors, njsscan_version: '1.0.2', nodejs, templates: {} });

describe('njsscan', () => {
  // Counted with: jq '[.nodejs,.templates|to_entries[]|(.value.files//[{}])[]] | length'
  it.each([
    ['nodegoat.json', 32, { high: 8, info: 4, medium: 20 }, 15, 'complete'],
    ['small-js.json', 8, { high: 8 }, 6, 'complete'],
    ['small-js.controls.json', 22, { high: 8, info: 14 }, 20, 'complete'],
    ['edge-broken-js.json', 0, {}, 0, 'partial'],
    ['edge-empty.json', 0, {}, 0, 'complete'],
    ['edge-nosemgrep.json', 0, {}, 0, 'failed'],
  ])('reads %s: %d findings', async (name, count, severities, rules, completeness) => {
    const { records, summary } = await parseContent(njsscan, fixture(name), { chunkBytes: 777 });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities, completeness });
    expect(summary).toMatchObject({ tool: 'njsscan', toolVersion: '1.0.2' });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(await formatOf(fixture(name))).toBe('njsscan');
  });

  it('reads every field', async () => {
    const { records } = await parseContent(njsscan, fixture('small-js.json'));
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'njsscan',
      toolVersion: '1.0.2',
      rule: 'eval_nodejs',
      title:
        'User controlled data in eval() or similar functions may result in Server Side Injection or Remote Code Injection',
      severity: 'high',
      kind: 'weakness',
      cwes: [95],
      path: 'a.js',
      startLine: 6,
      endLine: 6,
      startColumn: 3,
      endColumn: 23,
      snippet: '  eval(req.query.code);',
      properties: { owasp: 'A1: Injection' },
    });
  });

  it('takes no columns of a template, where njsscan counts from the start of the file', async () => {
    const { records } = await parseContent(njsscan, fixture('small-js.json'));
    const [template] = records.filter(({ path }) => path === 'a.hbs');
    expect(template).toMatchObject({ rule: 'ejs_ect_template', startLine: 3, properties: { group: 'templates' } });
    expect(template?.startColumn).toBeUndefined();
  });

  it('gives what the application lacks no place', async () => {
    const { records } = await parseContent(njsscan, fixture('small-js.controls.json'));
    const lacking = records.filter(({ path }) => path === undefined);
    expect(lacking.length).toBe(14);
    expect(lacking[0]).toMatchObject({ rule: 'anti_csrf_control', severity: 'info', cwes: [352] });
  });

  it('hides what its rules about secrets flag', async () => {
    const { records } = await parseContent(njsscan, fixture('small-js.json'));
    const secrets = records.filter(({ kind }) => kind === 'secret');
    expect(secrets.map(({ rule }) => rule)).toEqual(['hardcoded_jwt_secret', 'node_password']);
    expect(secrets[1]?.snippet).toBe('let password = "[redacted]";');
    for (const secret of ['hunter2hunter2', 'my-very-secret-value']) {
      expect(fixture('small-js.json').includes(secret)).toBe(true);
      expect(JSON.stringify(records)).not.toContain(secret);
    }
  });

  it('shows of a very long line the part around the columns', async () => {
    const line = `${'a'.repeat(5000)}eval(b)${'c'.repeat(5000)}`;
    const match = { file_path: 'a.js', match_lines: [1, 1], match_position: [5001, 5008], match_string: line };
    const { records } = await parseContent(njsscan, report({ eval_nodejs: { files: [match], metadata: {} } }));
    expect(records[0]?.snippet).toBe(`${'a'.repeat(80)}eval(b)${'c'.repeat(81)}`);
  });

  it.each([
    ['edge-broken-js.json', 'Syntax error at line broken.js:2:'],
    ['edge-nosemgrep.json', 'semgrep not found. Install with: pip install semgrep'],
    ['edge-empty.json', 'njsscan found nothing; it does not say whether it looked at any file'],
  ])('says of %s what it proves, without quoting the source', async (name, note) => {
    expect((await parseContent(njsscan, fixture(name))).summary.notes).toEqual([note]);
  });

  it.each([
    [[{ message: 'no such rule', path: '' }], 'failed'],
    [[{ message: '', path: 'a.js' }], 'partial'],
    [[''], 'failed'],
  ])('holds errors of %j to be %s', async (errors, completeness) => {
    expect((await parseContent(njsscan, report({}, errors))).summary.completeness).toBe(completeness);
  });

  it.each([
    ['', 'report.empty', ''],
    ['{"issues":[],"njsscan_version":"1.0.2"}', 'report.format', 'not njsscan'],
    [report([]), 'report.field', '"nodejs" must be an object'],
    [report({ a: 7 }), 'report.field', 'njsscan rule a must be an object'],
    [report({ a: { files: {} } }), 'report.field', '"files" must be a list'],
    [report({ a: { files: [{}] } }), 'report.field', 'njsscan match 0 of a: "file_path"'],
    [report({ 'a.b': { files: [] } }), 'report.field', 'njsscan rule 0 of "nodejs" has no name'],
    ['{"njsscan_version":"1","nodejs":{"a":{"files":[', 'report.truncated', 'byte'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(njsscan, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
