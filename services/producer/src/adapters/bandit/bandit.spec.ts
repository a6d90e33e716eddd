import { describe, expect, it } from '@jest/globals';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { bandit } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);

describe('bandit', () => {
  // Counted with: jq '[.results[]|{s:.issue_severity,r:.test_id}] | length'
  it.each([
    ['dsvw.json', 13, { high: 1, low: 2, medium: 10 }, 8, 'complete'],
    ['dsvw.abs.json', 13, { high: 1, low: 2, medium: 10 }, 8, 'complete'],
    ['pygoat.json', 65, { high: 6, low: 44, medium: 15 }, 20, 'complete'],
    ['edge-broken-py.json', 2, { high: 1, low: 1 }, 2, 'partial'],
    ['edge-empty.json', 0, {}, 0, 'partial'],
    ['edge-missing-dir.json', 0, {}, 0, 'failed'],
  ])('reads %s: %d findings', async (name, count, severities, rules, completeness) => {
    const { records, summary } = await parseContent(bandit, fixture(name), { sourceRoot: '/workspace/source/dsvw' });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities, completeness });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(records.filter(({ path }) => path?.startsWith('.') || path?.startsWith('/'))).toEqual([]);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(bandit, fixture('edge-broken-py.json'));
    expect(records[1]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'bandit',
      toolVersion: '1.9.4',
      rule: 'B602',
      title: 'subprocess call with shell=True identified, security issue.',
      severity: 'high',
      confidence: 'high',
      kind: 'weakness',
      cwes: [78],
      path: 'good.py',
      startLine: 2,
      endLine: 2,
      startColumn: 1,
      endColumn: 43,
      snippet: 'subprocess.call("ls "+input(), shell=True)',
      references: [
        'https://bandit.readthedocs.io/en/1.9.4/plugins/b602_subprocess_popen_with_shell_equals_true.html',
        'https://cwe.mitre.org/data/definitions/78.html',
      ],
      properties: { testName: 'subprocess_popen_with_shell_equals_true' },
    });
  });

  it('finds the same findings by relative and by absolute paths', async () => {
    const relative = await parseContent(bandit, fixture('dsvw.json'));
    const absolute = await parseContent(bandit, fixture('dsvw.abs.json'), { sourceRoot: '/workspace/source/dsvw' });
    expect(absolute.records.map(({ id }) => id)).toEqual(relative.records.map(({ id }) => id));
  });

  it('hides passwords, which its text quotes', async () => {
    const { records } = await parseContent(bandit, fixture('pygoat.json'));
    const passwords = records.filter(({ rule }) => rule === 'B105' || rule === 'B106');
    expect(passwords.length).toBeGreaterThan(10);
    for (const { title, kind } of passwords) {
      expect(title).toBe("Possible hardcoded password: '[redacted]'");
      expect(kind).toBe('secret');
    }
    const secrets = [
      'your-secret-key-here',
      'admin123',
      'password123',
      'S3CR37K3Y',
      'jacktheripper',
      'P@$$w0rd',
      '65079b006e85a7e798abecb99e47c154',
      '491a2800b807',
      'lr66%-a!',
    ];
    for (const secret of secrets) {
      expect(fixture('pygoat.json').includes(secret)).toBe(true);
      expect(JSON.stringify(records)).not.toContain(secret);
    }
  });

  it('says which files it could not read', async () => {
    const { summary } = await parseContent(bandit, fixture('edge-broken-py.json'));
    expect(summary.notes).toContain('not scanned: ./broken.py: syntax error while parsing AST from file');
  });

  it.each([
    ['{"Issues":[]}', 'report.format', 'not Bandit'],
    ['{"results":{},"errors":[]}', 'report.field', '"results" must be a list'],
    ['{"results":[{"test_id":"B1"}],"errors":[]}', 'report.field', 'Bandit result 0: "issue_text"'],
    [
      '{"results":[{"test_id":"B1","issue_text":"x","filename":"a","line_number":"7"}]}',
      'report.field',
      '"line_number" must be a number',
    ],
    ['{"results":[', 'report.truncated', 'byte 12'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(bandit, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
