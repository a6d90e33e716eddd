import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { npmAudit } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const via = (advisory: object, key = 'x', more: object = {}) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: { [key]: { name: key, via: [advisory], ...more } },
    metadata: {},
  });

describe('npm-audit', () => {
  // Counted with: jq '[.vulnerabilities[].via[]|type]|group_by(.)|map({(.[0]):length})'; [.advisories[].findings[]]|length
  it.each([
    ['shop.json', 5, 3, 2, { critical: 2, medium: 1 }],
    ['npm-6.json', 3, 3, 0, { critical: 1, medium: 2 }],
    ['edge-clean.json', 0, 0, 0, {}],
  ])('reads %s: %d records', async (name, raw, findings, merged, severities) => {
    const { records, summary } = await parseContent(npmAudit, fixture(name));
    expect(summary).toMatchObject({ raw, findings, merged, filtered: 0, severities, completeness: 'complete' });
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
    expect(await formatOf(fixture(name))).toBe('npm-audit');
  });

  it('reads every field of npm 7', async () => {
    const { records } = await parseContent(npmAudit, fixture('shop.json'));
    expect(records[2]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'npm-audit',
      rule: 'GHSA-cf4h-3jhx-xvhq',
      title: 'Arbitrary Code Execution in underscore',
      severity: 'critical',
      kind: 'vulnerability',
      cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
      cwes: [94],
      purl: 'pkg:npm/underscore',
      references: ['https://github.com/advisories/GHSA-cf4h-3jhx-xvhq'],
      properties: {
        component: 'underscore',
        advisory: '1095097',
        vulnerableVersions: '>=1.3.2 <1.12.1',
        fixedVersion: '1.13.6',
        isDirect: 'true',
        nodes: 'node_modules/underscore',
      },
    });
  });

  it('reads every field of npm 6', async () => {
    const { records } = await parseContent(npmAudit, fixture('npm-6.json'));
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'npm-audit',
      rule: 'GHSA-cf4h-3jhx-xvhq',
      title: 'Arbitrary Code Execution in underscore',
      description: 'The template function of underscore can run code that is given as its variable name.',
      severity: 'critical',
      kind: 'vulnerability',
      cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
      cves: ['CVE-2021-23358'],
      cwes: [94],
      purl: 'pkg:npm/underscore@1.8.3',
      references: [
        'https://github.com/advisories/GHSA-cf4h-3jhx-xvhq',
        'https://nvd.nist.gov/vuln/detail/CVE-2021-23358',
      ],
      properties: {
        component: 'underscore@1.8.3',
        aliases: 'CVE-2021-23358',
        advisory: '1095097',
        vulnerableVersions: '>=1.3.2 <1.12.1',
        fixedVersion: '>=1.12.1',
        recommendation: 'Upgrade to version 1.12.1 or later',
        paths: 'underscore',
      },
    });
    expect(records.map(({ purl }) => purl)).toEqual([
      'pkg:npm/underscore@1.8.3',
      'pkg:npm/minimist@0.0.8',
      'pkg:npm/minimist@0.0.10',
    ]);
  });

  it('counts what is vulnerable only by a dependency', async () => {
    const { summary } = await parseContent(npmAudit, fixture('shop.json'));
    expect(summary.mergedReasons).toEqual({ 'vulnerable by a dependency whose advisory is in the report': 2 });
    const alone = JSON.stringify({ auditReportVersion: 2, vulnerabilities: { a: { via: ['toString'] } } });
    expect((await parseContent(npmAudit, alone)).summary.filteredReasons).toEqual({
      'vulnerable by a dependency that the report does not list': 1,
    });
  });

  it.each([
    ['edge-no-lock.json', 'npm audit failed: ENOLOCK: This command requires an existing lockfile.: Try creating'],
    [
      'edge-refused.json',
      'npm audit failed: request to https://registry.example.com/-/npm/v1/security/advisories/bulk',
    ],
  ])('takes %s for a scan that failed', async (name, note) => {
    const { summary } = await parseContent(npmAudit, fixture(name));
    expect(summary).toMatchObject({ raw: 0, completeness: 'failed', notes: [expect.stringContaining(note)] });
    expect(await formatOf(fixture(name))).toBe('npm-audit');
  });

  it.each([
    ['a scope', via({ source: 1, name: '@A/b', title: 't' }), { purl: 'pkg:npm/%40a/b', rule: 'npm-1' }],
    [
      'no word but a score',
      via({ source: 1, title: 't', cvss: { score: 7.1, vectorString: null } }),
      { severity: 'high' },
    ],
    ['a word nobody knows', via({ source: 1, title: 't', severity: 'constructor' }), { severity: 'unspecified' }],
    ['no title', via({ source: 1 }), { title: 'npm-1 in x' }],
    [
      'a fix above it',
      via({ source: 1 }, 'x', { fixAvailable: { name: 'y', version: '2.0.0', isSemVerMajor: true } }),
      { properties: expect.objectContaining({ fixedBy: 'y@2.0.0 (major)' }) },
    ],
    [
      'no fix',
      via({ source: 1 }, 'x', { fixAvailable: false }),
      { properties: expect.objectContaining({ fixAvailable: 'false' }) },
    ],
  ])('reads an advisory with %s', async (_name, content, expected) => {
    expect((await parseContent(npmAudit, content)).records[0]).toMatchObject(expected);
  });

  it.each([
    ['{"Issues":[]}', 'report.format', 'not npm audit'],
    ['[]', 'report.format', 'not npm audit'],
    ['{"auditReportVersion":3,"vulnerabilities":{}}', 'report.format', '"auditReportVersion": 2'],
    ['{"auditReportVersion":2,"vulnerabilities":[]}', 'report.field', '"vulnerabilities" must be an object'],
    ['{"auditReportVersion":2,"vulnerabilities":{"x":7}}', 'report.field', 'package x must be an object'],
    ['{"auditReportVersion":2,"vulnerabilities":{"x":{"via":[7]}}}', 'report.field', '"via[0]" must be an object'],
    ['{"advisories":{"1":{"findings":[]}},"metadata":{}}', 'report.field', '"module_name" must be a string'],
    ['{"auditReportVersion":2', 'report.truncated', 'byte 23'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(npmAudit, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
