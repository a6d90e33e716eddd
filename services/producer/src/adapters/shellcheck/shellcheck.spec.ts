import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { shellcheck } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);

describe('shellcheck', () => {
  // Counted with: jq '[.comments[]|{s:.level,r:.code}] | length'
  it.each([
    ['small-sh.json', 19, { high: 1, medium: 6, low: 10, info: 2 }, 13, 'complete'],
    ['edge-broken.json', 3, { high: 2, low: 1 }, 3, 'partial'],
    ['edge-empty.json', 1, { high: 1 }, 1, 'complete'],
    // Nothing found. A file that is not there gives the same: only the exit code tells, and task.yaml reads it.
    ['edge-missing.json', 0, {}, 0, 'complete'],
  ])('reads %s: %d findings', async (name, findings, severities, rules, completeness) => {
    const { records, summary } = await parseContent(shellcheck, fixture(name));
    expect(summary).toMatchObject({ raw: findings, findings, merged: 0, filtered: 0, severities, completeness });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
    expect(records.filter(({ path }) => path?.startsWith('.'))).toEqual([]);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(shellcheck, fixture('small-sh.json'));
    expect(records.find(({ rule }) => rule === 'SC2164')).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'shellcheck',
      rule: 'SC2164',
      title: "Use 'cd ... || exit' or 'cd ... || return' in case cd fails.",
      severity: 'medium',
      kind: 'weakness',
      path: 'backup.sh',
      startLine: 9,
      endLine: 9,
      startColumn: 1,
      endColumn: 11,
      references: ['https://www.shellcheck.net/wiki/SC2164'],
    });
  });

  it.each(['small-sh.json', 'edge-broken.json', 'edge-missing.json'])('is recognised by %s', async (name) => {
    expect(await formatOf(fixture(name))).toBe('shellcheck');
  });

  it('says which file it could not check to its end', async () => {
    const { summary } = await parseContent(shellcheck, fixture('edge-broken.json'));
    expect(summary.notes).toEqual([expect.stringMatching(/^not checked to its end: edge-broken\.sh:2: Expected test/)]);
  });

  it('does not guess a level that is new', async () => {
    const { records } = await parseContent(
      shellcheck,
      '{"comments":[{"file":"a.sh","line":1,"level":"verbose","code":9,"message":"x"}]}',
    );
    expect(records[0]).toMatchObject({ rule: 'SC9', severity: 'unspecified' });
  });

  it.each([
    ['{"results":[]}', 'report.format', 'no list of "comments"'],
    ['{"comments":{}}', 'report.format', 'no list of "comments"'],
    ['[{"file":"a.sh"}]', 'report.field', 'must be an object'],
    ['{"comments":[{"code":1,"message":"x"}]}', 'report.field', 'ShellCheck comment 0: "file"'],
    ['{"comments":[{"file":"a.sh","message":"x"}]}', 'report.field', 'ShellCheck comment 0 has no code'],
    ['{"comments":[{"file":', 'report.truncated', 'byte 21'],
    ['', 'report.empty', 'empty'],
  ])('refuses %j', async (content, code, message) => {
    await expect(parseContent(shellcheck, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
