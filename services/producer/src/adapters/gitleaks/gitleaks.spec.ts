import { describe, expect, it } from '@jest/globals';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { gitleaks } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const ids = (records: { id: string }[]) => records.map(({ id }) => id).sort();

interface Leak {
  Secret: string;
  Entropy: number;
}

describe('gitleaks', () => {
  // Counted with: jq '[.[]|{s:"(none)",r:.RuleID}] | length'
  it.each([
    ['nodegoat.dir.json', 3, 2],
    ['terragoat.dir.json', 4, 3],
    ['terragoat.dir.redact.json', 4, 3],
    ['small-git-secret.git.json', 2, 2],
    ['edge-empty.json', 0, 0],
  ])('reads %s: %d findings', async (name, count, rules) => {
    const { records, summary } = await parseContent(gitleaks, fixture(name));
    const severities = count > 0 ? { unspecified: count } : {};
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, completeness: 'complete' });
    expect(summary.severities).toEqual(severities);
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(ids(records)).size).toBe(count);
    expect(records.every(({ kind }) => kind === 'secret')).toBe(true);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(gitleaks, fixture('small-git-secret.git.json'));
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'gitleaks',
      rule: 'aws-access-token',
      title: expect.stringContaining('AWS credentials'),
      severity: 'unspecified',
      kind: 'secret',
      path: 'config.py',
      startLine: 2,
      endLine: 2,
      startColumn: 12,
      endColumn: 31,
      snippet: 'REDACTED',
      properties: {
        commit: '2535a8ee3a606dfb259c0c3ea7fa988786d754d2',
        date: '2026-01-02T00:00:00Z',
        entropy: '3.9219282',
      },
    });
  });

  it.each(['nodegoat.dir.json', 'terragoat.dir.json'])('lets no secret of %s out', async (name) => {
    const leaks = JSON.parse(fixture(name).toString()) as Leak[];
    const { records } = await parseContent(gitleaks, fixture(name));
    const seen = JSON.stringify(records);
    for (const { Secret } of leaks) {
      expect(seen).not.toContain(Secret.replaceAll('"', ''));
      expect(seen).not.toContain(JSON.stringify(Secret).slice(1, -1));
    }
    expect(records.every(({ snippet }) => snippet?.includes('[redacted]'))).toBe(true);
  });

  it.each(['terragoat.dir.json', 'terragoat.dir.redact.json'])('does not depend on the order of %s', async (name) => {
    const leaks = JSON.parse(fixture(name).toString()) as Leak[];
    const forward = await parseContent(gitleaks, JSON.stringify(leaks));
    const backward = await parseContent(gitleaks, JSON.stringify(leaks.toReversed()));
    expect(ids(backward.records)).toEqual(ids(forward.records));
  });

  it('tells two secrets in one place apart, in clear and redacted', async () => {
    const [leak] = JSON.parse(fixture('terragoat.dir.json').toString()) as Leak[];
    const of = async (fields: object) =>
      (await parseContent(gitleaks, JSON.stringify([{ ...leak, ...fields }]))).records[0]?.id;
    expect(await of({ Secret: 'a-secret', Match: 'x = a-secret' })).not.toBe(
      await of({ Secret: 'b-secret', Match: 'x = b-secret' }),
    );
    expect(await of({ Secret: 'a-secret', Match: 'x = a-secret' })).toBe(
      await of({ Secret: 'a-secret', Match: 'x = a-secret', Entropy: 1 }),
    );
    const redacted = { Secret: 'REDACTED', Match: 'x = REDACTED' };
    expect(await of({ ...redacted, Entropy: 3.1 })).not.toBe(await of({ ...redacted, Entropy: 3.2 }));
  });

  it('hides the start of a secret that gitleaks left', async () => {
    const [leak] = JSON.parse(fixture('terragoat.dir.json').toString()) as Leak[];
    const content = JSON.stringify([{ ...leak, Secret: 'hunt...', Match: 'x = hunt...' }]);
    expect((await parseContent(gitleaks, content)).records[0]?.snippet).toBe('x = [redacted]');
  });

  it.each([
    ['{}', 'report.format', 'no list'],
    ['[{"RuleID":"x","File":"a"}]', 'report.field', 'gitleaks record 0: "Secret" must be a string, but is absent'],
    ['[1]', 'report.field', 'must be an object'],
    ['[', 'report.truncated', 'byte 1'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(gitleaks, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
