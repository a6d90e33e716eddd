import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { gosec } from '../gosec/index.ts';
import { dracon } from './index.ts';
import { types } from './messages.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const response = (...issues: object[]) =>
  Buffer.from(types.response.encode(types.response.fromObject({ scanInfo: {}, toolName: 'Tool', issues })).finish());
const enriched = (issues: object[], toolName = 'tool') =>
  Buffer.from(
    types.enrichedResponse
      .encode(types.enrichedResponse.fromObject({ originalResults: { scanInfo: {}, toolName }, issues }))
      .finish(),
  );
const one = async (issue: object, options = {}) => (await parseContent(dracon, response(issue), options)).records[0];
/** A message's bytes behind its number, as a length-delimited member. */
const member = (number: number, bytes: Uint8Array | string) => {
  const content = Buffer.from(bytes as Uint8Array);
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
};

describe('dracon', () => {
  // As jq '[.Issues[].severity]|group_by(.)' counts in gosec's report.
  it.each([
    ['gosec.pb', 21, 21, { medium: 14, low: 7 }, {}, 'gosec'],
    ['gosec.enriched.pb', 21, 21, { medium: 14, low: 7 }, {}, 'gosec'],
    ['mixed.pb', 7, 6, { high: 2, medium: 2, info: 2 }, { 'an SBOM, whose components are records': 1 }, 'trivy'],
    ['nothing-found.pb', 0, 0, {}, {}, 'gosec'],
  ])('reads %s: %d records', async (name, raw, findings, severities, filteredReasons, tool) => {
    const { records, summary } = await parseContent(dracon, fixture(name));
    expect(summary).toMatchObject({ raw, findings, filteredReasons, merged: 0, tool, completeness: 'complete' });
    expect(summary.severities).toEqual(severities);
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
  });

  it('finds what gosec’s own report says', async () => {
    const told = ({
      rule,
      title,
      severity,
      confidence,
      kind,
      cwes,
      path,
      startLine,
      endLine,
      snippet,
    }: object & Record<string, unknown>) => ({
      rule,
      title,
      severity,
      confidence,
      kind,
      cwes,
      path,
      startLine,
      endLine,
      snippet,
    });
    const sourceRoot = '/workspace/source/govwa';
    const report = readFileSync(`${import.meta.dirname}/../gosec/fixtures/govwa.json`);
    const own = (await parseContent(gosec, report, { sourceRoot })).records;
    const theirs = (await parseContent(dracon, fixture('gosec.pb'))).records;
    expect(theirs.map((record) => told({ ...record }))).toEqual(own.map((record) => told({ ...record })));
    // Content, path, rule, tool: the same findings, whichever way they come.
    expect(theirs.map(({ id }) => id)).toEqual(own.map(({ id }) => id));
  });

  it('takes what Dracon’s enrichers added', async () => {
    const { records } = await parseContent(dracon, fixture('gosec.enriched.pb'));
    expect(records[0]).toMatchObject({
      suppression: { kind: 'external', justification: 'marked as a false positive in Dracon' },
      properties: { firstSeen: '2026-11-01T08:00:00.000Z', 'annotation.Owner-0': '@acme/shop' },
    });
    expect(records[0]?.properties).not.toHaveProperty('seen');
    expect(records[1]).toMatchObject({ properties: { seen: '2' } });
    expect(records[1]?.suppression).toBeUndefined();
    const plain = (await parseContent(dracon, fixture('gosec.pb'))).records;
    expect(records.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
  });

  it('reads packages, images, addresses and the components of an SBOM', async () => {
    const { records } = await parseContent(dracon, fixture('mixed.pb'));
    expect(records).toMatchObject([
      {
        rule: 'CVE-2020-8203',
        kind: 'vulnerability',
        purl: 'pkg:npm/lodash@4.17.15',
        cves: ['CVE-2020-8203'],
        cwes: [770, 1321],
        cvss: { score: 7.4 },
        properties: { type: 'Vulnerable Dependency', source: 'git@github.com:acme/shop.git?ref=main' },
      },
      {
        rule: 'CVE-2023-5363',
        kind: 'vulnerability',
        properties: { target: 'alpine:3.18 (alpine 3.18.2)', type: 'Container image vulnerability' },
      },
      { rule: 'Image issue', confidence: 'high', digest: `sha256:${'ab'.repeat(32)}` },
      { rule: '10202', confidence: 'low', cwes: [352], properties: { target: 'https://shop.example.com:8443/login' } },
      { kind: 'component', purl: 'pkg:npm/lodash@4.17.15', tool: 'trivy' },
      { kind: 'component', purl: 'pkg:npm/moment@2.24.0', tool: 'trivy' },
    ]);
    expect(records.slice(0, 4).filter(({ path }) => path)).toEqual([]);
  });

  it.each(['gosec.pb', 'gosec.enriched.pb', 'mixed.pb'])(
    'gives the same for any way the bytes of %s come',
    async (name) => {
      const content = fixture(name);
      for (const chunkBytes of [1, 61])
        expect(await parseContent(dracon, content, { chunkBytes })).toEqual(await parseContent(dracon, content));
    },
  );

  it.each([
    [0, 0, 'unspecified', undefined],
    [1, 1, 'info', 'low'],
    [2, 2, 'low', 'low'],
    [3, 3, 'medium', 'medium'],
    [4, 4, 'high', 'high'],
    [5, 5, 'critical', 'high'],
    [6, 9, 'unspecified', undefined],
  ])('severity %d and confidence %d are %s and %s', async (severity, confidence, said, sure) => {
    const record = await one({ type: 'X', title: 't', severity, confidence });
    expect([record?.severity, record?.confidence]).toEqual([said, sure]);
  });

  it.each([
    ['numbers', Buffer.from([79, 0xe8, 0x07]), [79, 1000]],
    ['a number that is a letter', Buffer.from('O'), [79]],
    ['text', Buffer.from('CWE-79'), [79]],
    ['a number in text', Buffer.from('502'), [502]],
    ['nothing', Buffer.alloc(0), undefined],
    ['a number without an end', Buffer.from([0x80]), undefined],
  ])('takes CWE as %s', async (_, cwe, cwes) => {
    expect((await one({ type: 'X', title: 't', cwe }))?.cwes).toEqual(cwes);
  });

  it('shows no secret that a tool quotes', async () => {
    const issue = {
      target: 'file:///src/a.go:2-2',
      type: 'G101',
      title: 'Potential hardcoded credentials',
      description: '2: password := "tops3cret"',
      contextSegment: 'package a\npassword := "tops3cret"\nuse(password)',
    };
    const { records } = await parseContent(dracon, response(issue));
    expect(records[0]).toMatchObject({ kind: 'secret', path: 'src/a.go', snippet: '[redacted]' });
    expect(JSON.stringify(records)).not.toContain('tops3cret');
  });

  it('takes no key of an annotation for more than a word', async () => {
    const annotations = Object.fromEntries([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    const { records } = await parseContent(dracon, enriched([{ rawIssue: { type: 'X' }, annotations }]));
    expect(records[0]?.properties).toMatchObject({ 'annotation.constructor': 'y' });
    expect(Object.getPrototypeOf(records[0]?.properties)).toBe(Object.prototype);
  });

  it('counts an enriched issue that holds none', async () => {
    const { summary } = await parseContent(dracon, enriched([{ count: 3 }, { rawIssue: { type: 'X', title: 't' } }]));
    expect(summary).toMatchObject({ raw: 2, findings: 1, filtered: 1 });
  });

  it('finds the tool’s name behind the issues, too', async () => {
    const issue = types.issue.encode(types.issue.fromObject({ type: 'X', title: 't' })).finish();
    const { summary } = await parseContent(dracon, Buffer.concat([member(3, issue), member(2, 'Late')]));
    expect(summary).toMatchObject({ raw: 1, tool: 'late' });
  });
});

describe('recognition', () => {
  it.each(['gosec.pb', 'gosec.enriched.pb', 'mixed.pb', 'nothing-found.pb'])('knows %s', async (name) => {
    expect(await formatOf(fixture(name))).toBe('dracon');
  });

  it('knows a file that is longer than what is looked at, wherever that is cut', async () => {
    const issue = { target: 'a.go:1', type: 'X', title: 'é'.repeat(500), annotations: {} };
    for (const extra of [0, 1, 2, 3]) {
      const first = { ...issue, title: 'x'.repeat(extra) };
      expect(await formatOf(response(first, ...Array.from({ length: 100 }, () => issue)))).toBe('dracon');
      const rawIssues = [first, ...Array.from({ length: 100 }, () => issue)].map((rawIssue) => ({ rawIssue }));
      expect(await formatOf(enriched(rawIssues))).toBe('dracon');
    }
  });

  const unknown = { code: 'report.unknown-format' };
  it('takes no random bytes for a file of Dracon’s', async () => {
    for (let round = 0; round < 500; round++) {
      const bytes = randomBytes(1 + (round % 200));
      bytes[0] = [0x0a, 0x12, 0x1a][round % 3] ?? 0;
      // Neither text nor JSON by accident.
      const content = Buffer.concat([bytes, Buffer.from([0])]);
      await expect(formatOf(content)).rejects.toMatchObject(unknown);
    }
  });

  it.each([
    ['a message with another member', Buffer.concat([response(), member(5, 'x')])],
    ['a member of another type', Buffer.concat([response(), Buffer.from([0x18, 1])])],
    ['a name alone', member(2, 'gosec')],
    ['a name of control characters', Buffer.concat([member(1, ''), member(2, '\u0001\u0002')])],
    ['two names', Buffer.concat([response(), member(2, 'x')])],
    ['text that is no UTF-8', Buffer.concat([response(), member(3, member(3, Buffer.from([0xff, 0xfe])))])],
    ['one that is cut off', fixture('gosec.pb').subarray(0, 500)],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['gzip', Buffer.from('1f8b08000000000000030300000000000000000000', 'hex')],
    ['an ELF', Buffer.from('7f454c4602010100', 'hex')],
  ])('does not take %s for one', async (_, content) => {
    await expect(formatOf(content)).rejects.toMatchObject(unknown);
  });

  it('reads members of a version to come, when it is told what it is', async () => {
    const later = Buffer.concat([response({ type: 'X', title: 't' }), member(9, 'new')]);
    expect((await parseContent(dracon, later)).summary).toMatchObject({ raw: 1, tool: 'tool' });
  });
});

describe('what is refused', () => {
  const long = response(...Array.from({ length: 2000 }, () => ({ type: 'X', title: 'x'.repeat(100) })));
  it.each([
    ['nothing', Buffer.alloc(0), 'report.empty', 'empty'],
    ['text', Buffer.from('{"issues":[]}'), 'report.format', 'neither of Dracon’s messages'],
    ['a short file that is cut off', fixture('gosec.pb').subarray(0, 500), 'report.format', 'neither'],
    ['a long file that is cut off', long.subarray(0, 150_010), 'report.truncated', 'byte 150010'],
    [
      'an issue that is none',
      Buffer.concat([long, member(3, Buffer.from([0x08, 1]))]),
      'report.not-protobuf',
      'Dracon issue 2000',
    ],
    ['a wire type that nobody knows', Buffer.concat([long, Buffer.from([0x1f])]), 'report.not-protobuf', 'byte'],
    ['a number without an end', Buffer.concat([long, Buffer.alloc(20, 0xff)]), 'report.not-protobuf', 'byte'],
    ['an SBOM that is none', response({ sbom: '{"bomFormat":' }), 'report.truncated', 'cut off'],
  ])('%s', async (_, content, code, words) => {
    await expect(parseContent(dracon, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });
});
