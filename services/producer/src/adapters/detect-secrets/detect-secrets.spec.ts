import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { detectSecrets } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);

/** A report of these records, all of one file. */
const report = (...records: object[]) =>
  JSON.stringify({
    version: '1.5.0',
    plugins_used: [],
    results: { a: records.map((record) => ({ type: 'T', filename: 'a', hashed_secret: 'f00d', ...record })) },
  });

describe('detect-secrets', () => {
  // Counted with: jq '[.results[][]] | length'
  it.each([
    ['govwa.json', 'govwa', 6, 3],
    ['nodegoat.json', 'nodegoat', 12, 2],
    ['terragoat.json', 'terragoat', 55, 4],
    ['terragoat.verify.json', 'terragoat', 55, 4],
    ['small-iac.slim.json', 'small-iac', 3, 3],
    ['edge-empty.json', 'edge-empty', 0, 0],
    ['edge-missing-dir.json', 'nope', 0, 0],
  ])('reads %s: %d findings', async (name, folder, count, rules) => {
    const sourceRoot = `/workspace/source/${folder}`;
    const { records, summary } = await parseContent(detectSecrets, fixture(name), { sourceRoot, chunkBytes: 777 });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, completeness: 'complete' });
    expect(summary).toMatchObject({ tool: 'detect-secrets', toolVersion: '1.5.0' });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(records.filter(({ path }) => path === undefined || path.startsWith('/'))).toEqual([]);
    expect(await formatOf(fixture(name))).toBe('detect-secrets');
  });

  it('reads every field', async () => {
    const { records } = await parseContent(detectSecrets, fixture('nodegoat.json'), {
      sourceRoot: '/workspace/source/nodegoat',
    });
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'detect-secrets',
      toolVersion: '1.5.0',
      rule: 'Secret Keyword',
      title: 'Secret Keyword',
      severity: 'unspecified',
      kind: 'secret',
      path: 'app/routes/session.js',
      startLine: 61,
      endLine: 61,
    });
  });

  it('finds the same secret on another line, and without lines', async () => {
    const ids = async (record: object) => (await parseContent(detectSecrets, report(record))).records[0]?.id;
    expect(await ids({ line_number: 3 })).toBe(await ids({ line_number: 7 }));
    expect(await ids({ line_number: 3 })).toBe(await ids({}));
    expect(await ids({ hashed_secret: 'beef' })).not.toBe(await ids({}));
  });

  it('shows no hash, by which a short password is found', async () => {
    const password = 'letmein';
    const hashed = createHash('sha1').update(password).digest('hex');
    const { records, summary } = await parseContent(detectSecrets, report({ hashed_secret: hashed }));
    expect(JSON.stringify([records, summary])).not.toContain(hashed);
    // Nor can it be tried against the identity by who does not have the key.
    const other = await parseContent(detectSecrets, report({ hashed_secret: hashed }), { identityKey: 'another' });
    expect(other.records[0]?.id).not.toBe(records[0]?.id);
  });

  it.each([
    [{ is_verified: true }, { confidence: 'high', properties: { verified: 'true' } }],
    [{ is_secret: true }, { confidence: 'high', properties: { audited: 'true' } }],
    [{ is_secret: false }, { suppression: { kind: 'external' }, properties: { audited: 'true' } }],
  ])('reads of an audited baseline %j: %j', async (record, finding) => {
    expect((await parseContent(detectSecrets, report(record))).records).toMatchObject([finding]);
  });

  // By hand, from the format of 0.14 and of IBM's edition, which still writes it.
  it('reads what was written before 1.0, when records did not name their file', async () => {
    const record = { hashed_secret: 'f00d', is_verified: false, line_number: 3, type: 'Secret Keyword' };
    const old = JSON.stringify({
      exclude: { files: null, lines: null },
      generated_at: '2020-10-05T14:36:27Z',
      plugins_used: [{ name: 'KeywordDetector' }],
      results: { 'src/a.py': [record, { ...record, hashed_secret: 'beef', verified_result: true }], '7': [record] },
      version: '0.14.3',
    });
    const { records, summary } = await parseContent(detectSecrets, old, { chunkBytes: 7 });
    expect(records.map(({ path, confidence }) => [path, confidence])).toEqual([
      ['7', undefined],
      ['src/a.py', undefined],
      ['src/a.py', 'high'],
    ]);
    expect(summary).toMatchObject({ raw: 3, findings: 3, toolVersion: '0.14.3', completeness: 'complete' });
    expect(await formatOf(old)).toBe('detect-secrets');
    const named = report({ ...record, filename: 'src/a.py' });
    expect((await parseContent(detectSecrets, named)).records[0]?.id).toBe(records[1]?.id);
  });

  it('says of a report of nothing that it proves little', async () => {
    const { summary } = await parseContent(detectSecrets, fixture('edge-missing-dir.json'));
    expect(summary.notes).toEqual(['detect-secrets found nothing; it does not say whether it looked at any file']);
  });

  it.each([
    ['', 'report.empty', ''],
    ['{"results":{}}', 'report.format', 'not detect-secrets'],
    ['{"results":[],"plugins_used":[]}', 'report.field', '"results" must be an object'],
    ['{"results":{"a":{}},"plugins_used":[]}', 'report.field', 'a list for each file'],
    ['{"results":{"a":[7]},"plugins_used":[]}', 'report.field', 'detect-secrets record 0 must be an object'],
    [
      '{"results":{"a":[{"type":"T","hashed_secret":"f","filename":7}]}}',
      'report.field',
      '"filename" must be a string',
    ],
    ['{"results":{"a":[{"type":"T","hashed_secret":"f"}]}}', 'report.format', 'not detect-secrets'],
    ['{"results":{"a":[{"type":"T","hashed_secret":"f"}],"b":7},"plugins_used":[]}', 'report.field', 'for each file'],
    ['{"results":{"a":[', 'report.truncated', 'byte 17'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(detectSecrets, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
