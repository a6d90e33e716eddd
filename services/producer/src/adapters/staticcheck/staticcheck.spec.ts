import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { staticcheck } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const problem = (more: object) =>
  `${JSON.stringify({ code: 'SA1000', severity: 'error', location: {}, end: {}, message: 'm', ...more })}\n`;

describe('staticcheck', () => {
  // Counted with: jq -s '[.[].code[:2]] | group_by(.) | map({(.[0]): length})'
  it('reads every line of a report', async () => {
    const { records, summary } = await parseContent(staticcheck, fixture('govwa.json'), {
      sourceRoot: '/workspace/source/govwa',
    });
    expect(summary).toMatchObject({
      raw: 55,
      findings: 55,
      merged: 0,
      filtered: 0,
      severities: { info: 46, low: 7, medium: 2 },
      completeness: 'complete',
      tool: 'staticcheck',
    });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(12);
    expect(new Set(records.map(({ id }) => id)).size).toBe(55);
    expect(records.filter(({ path }) => path?.startsWith('/'))).toEqual([]);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(staticcheck, fixture('govwa.json'), {
      sourceRoot: '/workspace/source/govwa',
    });
    expect(records.find(({ rule }) => rule === 'S1025')).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'staticcheck',
      rule: 'S1025',
      title: "the argument is already a string, there's no need to use fmt.Sprintf",
      severity: 'low',
      kind: 'weakness',
      path: 'vulnerability/xss/xss.go',
      startLine: 53,
      endLine: 53,
      startColumn: 12,
      endColumn: 35,
      references: ['https://staticcheck.dev/docs/checks#S1025'],
    });
  });

  it.each([
    ['edge-broken-go.json', /main\.go:5:1: syntax error: unexpected }/],
    ['edge-empty.json', /directory prefix \. does not contain main module/],
  ])('says what was not compiled in %s, and closes nothing on it', async (name, note) => {
    const { summary } = await parseContent(staticcheck, fixture(name));
    expect(summary).toMatchObject({ raw: 1, findings: 0, filtered: 1, completeness: 'partial' });
    expect(summary.filteredReasons).toEqual({ 'could not be read (compile)': 1 });
    expect(summary.notes).toEqual([expect.stringMatching(note)]);
  });

  it('takes the list that stands for a clean run, and a list of problems', async () => {
    const clean = await parseContent(staticcheck, '[]\n');
    expect(clean.summary).toMatchObject({ raw: 0, findings: 0, completeness: 'complete' });
    const lines = fixture('govwa.json').toString();
    const list = `[${lines.trim().split('\n').join(',')}]`;
    expect(await parseContent(staticcheck, list)).toEqual(await parseContent(staticcheck, lines));
  });

  it('gives the same for any way the bytes come', async () => {
    const content = fixture('govwa.json');
    expect(await parseContent(staticcheck, content, { chunkBytes: 61 })).toEqual(
      await parseContent(staticcheck, content),
    );
  });

  it.each([
    ['SA5009', 'high'],
    ['SA1019', 'medium'],
    ['S1000', 'low'],
    ['U1000', 'low'],
    ['ST1005', 'info'],
    ['QF1001', 'info'],
    ['staticcheck', 'unspecified'],
    ['XY1000', 'unspecified'],
  ])('%s is %s', async (code, severity) => {
    const { records } = await parseContent(staticcheck, problem({ code }));
    expect(records[0]).toMatchObject({ rule: code, severity });
  });

  it('keeps what a comment in the source says', async () => {
    const related = [{ location: {}, end: {}, message: 'declared here' }];
    const { records } = await parseContent(staticcheck, problem({ severity: 'ignored', related }));
    expect(records[0]).toMatchObject({ suppression: { kind: 'in-source' }, description: 'declared here' });
  });

  it.each(['govwa.json', 'edge-broken-go.json', 'edge-empty.json'])('is recognised by %s', async (name) => {
    expect(await formatOf(fixture(name))).toBe('staticcheck');
  });

  it.each([
    ['', 'report.empty', 'nothing when it was killed'],
    ['\n', 'report.empty', 'Submit "[]"'],
    ['{"comments":[]}', 'report.field', 'Staticcheck problem 0: "code"'],
    ['{"code":"SA1000"}', 'report.field', '"message"'],
    [`${problem({})}{"code":7}`, 'report.field', 'Staticcheck problem 1: "code"'],
    [`${problem({})}{"code":`, 'report.truncated', 'ends at byte'],
    [`${problem({})}panic: runtime error`, 'report.not-json', 'is not valid JSON'],
    ['-: no packages', 'report.not-json', 'is not valid JSON'],
  ])('refuses %j', async (content, code, message) => {
    await expect(parseContent(staticcheck, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
