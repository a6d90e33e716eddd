import { describe, expect, it } from '@jest/globals';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { gosec } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const govwa = { sourceRoot: '/workspace/source/govwa' };

const issue = {
  severity: 'MEDIUM',
  confidence: 'HIGH',
  cwe: { id: '328', url: 'https://cwe.mitre.org/data/definitions/328.html' },
  rule_id: 'G401',
  details: 'Use of weak cryptographic primitive',
  file: '/src/a.go',
  code: '4: \n5: md5.New()\n',
  line: '5',
  column: '2',
};
const report = (...issues: unknown[]) =>
  JSON.stringify({ 'Golang errors': {}, Issues: issues, Stats: { files: 1 }, GosecVersion: '2.22.0' });

describe('gosec', () => {
  // Counted with: jq '[.Issues[]|{s:.severity,r:.rule_id}] | length'
  it.each([
    ['govwa.json', 21, { low: 7, medium: 14 }, 6, 'complete'],
    ['govwa.v2.20.0.json', 21, { low: 7, medium: 14 }, 6, 'complete'],
    ['edge-broken-go.json', 2, { medium: 2 }, 2, 'partial'],
    ['edge-clean-go.json', 0, {}, 0, 'complete'],
  ])('reads %s: %d findings', async (name, count, severities, rules, completeness) => {
    const { records, summary } = await parseContent(gosec, fixture(name), govwa);
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities, completeness });
    expect(records).toHaveLength(count);
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(gosec, fixture('govwa.json'), govwa);
    expect(records[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      target: 'target',
      tool: 'gosec',
      rule: 'G401',
      title: 'Use of weak cryptographic primitive',
      severity: 'medium',
      confidence: 'high',
      kind: 'weakness',
      cwes: [328],
      path: 'vulnerability/idor/idor.go',
      startLine: 164,
      endLine: 164,
      startColumn: 12,
      snippet: '\thasher := md5.New()',
      references: ['https://cwe.mitre.org/data/definitions/328.html'],
    });
  });

  it('reads a range of lines', async () => {
    const { records } = await parseContent(gosec, fixture('govwa.json'), govwa);
    const slowloris = records.find(({ rule }) => rule === 'G112');
    expect([slowloris?.startLine, slowloris?.endLine]).toEqual([71, 74]);
    expect(slowloris?.snippet?.split('\n')).toHaveLength(4);
  });

  it('is partial where files do not compile, and says which', async () => {
    const { summary } = await parseContent(gosec, fixture('edge-broken-go.json'), {
      sourceRoot: '/workspace/source/edge-broken-go',
    });
    expect(summary.notes).toContain("not compiled: main.go:5: expected operand, found '}'");
  });

  it('knows a finding again after code above it moved it down', async () => {
    const before = await parseContent(gosec, report(issue));
    const after = await parseContent(
      gosec,
      report({ ...issue, line: '15', code: '14: \n15:   md5.New()\n', severity: 'HIGH' }),
    );
    expect(after.records[0]?.id).toBe(before.records[0]?.id);
  });

  it('hides hard-coded credentials, and tells two of them apart', async () => {
    const leak = (secret: string) => ({
      ...issue,
      rule_id: 'G101',
      details: 'Potential hardcoded credentials',
      code: `5: x := "${secret}"\n`,
    });
    const one = await parseContent(gosec, report(leak('hunter2')));
    const two = await parseContent(gosec, report(leak('hunter3')));
    expect(one.records[0]).toMatchObject({ snippet: 'x := "[redacted]"', kind: 'secret' });
    expect(JSON.stringify(one)).not.toContain('hunter2');
    expect(one.records[0]?.id).not.toBe(two.records[0]?.id);
  });

  it.each([
    [{ nosec: true }, { kind: 'in-source' }],
    [{ suppressions: [{ kind: 'inSource', justification: 'a test' }] }, { kind: 'in-source', justification: 'a test' }],
    [{ suppressions: [{ kind: 'external', justification: '' }] }, { kind: 'external' }],
    [{ nosec: false, suppressions: null }, undefined],
  ])('takes over %j', async (fields, suppression) => {
    const { records } = await parseContent(gosec, report({ ...issue, ...fields }));
    expect(records[0]?.suppression).toEqual(suppression);
  });

  it('gives the version where the report has one', async () => {
    expect((await parseContent(gosec, report(issue))).summary.toolVersion).toBe('2.22.0');
    expect((await parseContent(gosec, fixture('govwa.json'))).summary.toolVersion).toBe('');
  });

  it('is partial when it looked at no file', async () => {
    const { summary } = await parseContent(
      gosec,
      '{"Golang errors":{},"Issues":[],"Stats":{"files":0},"GosecVersion":"dev"}',
    );
    expect(summary.completeness).toBe('partial');
  });

  it.each([
    [report({ ...issue, rule_id: 7 }), 'report.field', 'gosec issue 0: "rule_id" must be a string, but is number'],
    [report(issue, { ...issue, line: 'x' }), 'report.field', 'gosec issue 1: "line"'],
    [report(issue, 'x'), 'report.field', 'gosec issue 1 must be an object'],
    [report({ ...issue, file: undefined }), 'report.field', '"file" must be a string, but is absent'],
    ['{"results":[],"errors":[],"metrics":{}}', 'report.format', 'no "Issues"'],
    ['[]', 'report.field', 'must be an object'],
    ['', 'report.empty', 'empty'],
    [report(issue).slice(0, -30), 'report.truncated', 'ends at byte'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(gosec, content)).rejects.toMatchObject({
      name: 'InvalidInput',
      code,
      message: expect.stringContaining(message),
    });
  });
});
