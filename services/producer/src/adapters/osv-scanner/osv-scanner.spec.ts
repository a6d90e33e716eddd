import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { osvScanner } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const sourceRoot = '/workspace/source/govwa';
const report = (...packages: object[]) =>
  JSON.stringify({
    results: [{ source: { path: '/src/app/lock', type: 'lockfile' }, packages }],
    experimental_config: {},
  });
const one = async (found: object) =>
  (await parseContent(osvScanner, report(found), { sourceRoot: '/src/app' })).records;

describe('osv-scanner', () => {
  // Counted with: jq '[.results[]?|.packages[]?|.vulnerabilities[]?|.id] | length, (unique|length)'
  it.each([
    ['govwa.json.gz', 125, 124, { unspecified: 125 }],
    ['nodegoat.json', 6, 4, { high: 6 }],
    ['edge-clean-go.json', 58, 58, { unspecified: 58 }],
  ])('reads %s: %d findings', async (name, count, rules, severities) => {
    const { records, summary } = await parseContent(osvScanner, fixture(name), { sourceRoot });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities });
    expect(summary).toMatchObject({ completeness: 'complete', tool: 'osv-scanner' });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(await formatOf(fixture(name))).toBe('osv-scanner');
  });

  // What it writes of a folder without a lock file, and of one whose only lock file is broken. Clean is an empty list.
  it('says that a scan without a lock file closes nothing', async () => {
    const { summary } = await parseContent(osvScanner, fixture('edge-empty.json'));
    const notes = ['OSV-Scanner found no lock file that it could read'];
    expect(summary).toMatchObject({ raw: 0, completeness: 'partial', notes });
    expect(await formatOf(fixture('edge-empty.json'))).toBe('osv-scanner');
    expect((await parseContent(osvScanner, '{"results":[]}')).summary).toMatchObject({ completeness: 'complete' });
  });

  it('reads every field', async () => {
    const { records } = await parseContent(osvScanner, fixture('nodegoat.json'), {
      sourceRoot: '/workspace/source/nodegoat',
    });
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'osv-scanner',
      rule: 'GHSA-8hfj-j24r-96c4',
      title:
        'This vulnerability impacts npm (server) users of moment.js, especially if user provided locale string, eg fr is directly used to switch moment locale.',
      severity: 'high',
      kind: 'vulnerability',
      cves: ['CVE-2022-24785'],
      cwes: [22, 27],
      path: 'package-lock.json',
      purl: 'pkg:npm/moment@2.24.0',
      references: [
        'https://osv.dev/vulnerability/GHSA-8hfj-j24r-96c4',
        'https://github.com/moment/moment/security/advisories/GHSA-8hfj-j24r-96c4',
      ],
      properties: {
        component: 'moment@2.24.0',
        ecosystem: 'npm',
        aliases: 'CVE-2022-24785',
        fixedVersion: '2.29.2',
        published: '2026-01-01T00:00:00Z',
      },
    });
  });

  // Counted with: jq '[.results[].packages[].groups[].experimental_analysis//empty|to_entries[].value.called]'
  it('says whether the code calls what is vulnerable', async () => {
    const { records } = await parseContent(osvScanner, fixture('govwa.json.gz'), { sourceRoot });
    const called = records.map(({ properties }) => properties?.['called']);
    expect([called.filter((it) => it === 'true').length, called.filter((it) => it === 'false').length]).toEqual([
      69, 54,
    ]);
  });

  it('takes several ids of one vulnerability as one finding, with the words of the one that says how bad it is', async () => {
    const found = {
      package: { name: 'Flask_Cors', version: '3.0.0', ecosystem: 'PyPI' },
      vulnerabilities: [
        { id: 'PYSEC-2020-43', aliases: ['CVE-2020-25032'], details: 'An issue.' },
        {
          id: 'GHSA-xc3p-ff3m-f46v',
          aliases: ['CVE-2020-25032'],
          summary: 'Path traversal',
          severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' }],
          database_specific: { severity: 'HIGH', cwe_ids: ['CWE-22'] },
        },
      ],
      groups: [{ ids: ['GHSA-xc3p-ff3m-f46v', 'PYSEC-2020-43'], max_severity: '7.5' }],
    };
    const { records, summary } = await parseContent(osvScanner, report(found));
    expect(summary).toMatchObject({
      raw: 2,
      findings: 1,
      mergedReasons: { 'another id of the same vulnerability': 1 },
    });
    expect(records[0]).toMatchObject({
      rule: 'GHSA-xc3p-ff3m-f46v',
      title: 'Path traversal',
      severity: 'high',
      cves: ['CVE-2020-25032'],
      purl: 'pkg:pypi/flask-cors@3.0.0',
      cvss: { score: 7.5, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' },
      properties: { aliases: 'PYSEC-2020-43 CVE-2020-25032' },
    });
  });

  it.each([
    ['a word', { database_specific: { severity: 'MODERATE' } }, '9.8', 'medium'],
    ['no word but a score', {}, '9.8', 'critical'],
    ['a score of version 2', { severity: [{ type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' }] }, '10', 'high'],
    ['Ubuntu’s word', { severity: [{ type: 'Ubuntu', score: 'negligible' }] }, '', 'info'],
    ['Debian’s word', { affected: [{ ecosystem_specific: { urgency: 'unimportant' } }] }, '', 'info'],
    ['a word nobody knows', { database_specific: { severity: '__proto__' } }, '', 'unspecified'],
    ['nothing', {}, '', 'unspecified'],
  ])('finds the severity by %s', async (_name, more, score, severity) => {
    const [record] = await one({
      package: { name: 'x', version: '1', ecosystem: 'npm' },
      vulnerabilities: [{ id: 'GHSA-1', ...more }],
      groups: [{ ids: ['GHSA-1'], max_severity: score }],
    });
    expect(record?.severity).toBe(severity);
  });

  it.each([
    ['npm', '@a/b', 'pkg:npm/%40a/b@1.0'],
    ['crates.io', 'time', 'pkg:cargo/time@1.0'],
    ['Maven', 'org.x:y', 'pkg:maven/org.x/y@1.0'],
    ['Packagist', 'A/B', 'pkg:composer/a/b@1.0'],
    ['Debian:12', 'openssl', 'pkg:deb/debian/openssl@1.0?distro=debian-12'],
    ['Ubuntu:22.04:LTS', 'openssl', 'pkg:deb/ubuntu/openssl@1.0?distro=ubuntu-22.04'],
    ['Ubuntu:Pro:18.04:LTS', 'openssl', 'pkg:deb/ubuntu/openssl@1.0?distro=ubuntu-18.04'],
    ['Alpine:v3.18', 'openssl', 'pkg:apk/alpine/openssl@1.0?distro=alpine-3.18'],
    ['Rocky Linux:9', 'openssl', 'pkg:rpm/rocky/openssl@1.0?distro=rocky-9'],
    ['Wolfi', 'openssl', 'pkg:apk/wolfi/openssl@1.0'],
    ['constructor', 'x', undefined],
    ['', 'x', undefined],
  ])('calls a package of %s, %s, %s', async (ecosystem, name, purl) => {
    const [record] = await one({
      package: { name, version: '1.0', ecosystem },
      vulnerabilities: [{ id: 'CVE-2020-1234' }],
    });
    expect(record?.purl).toBe(purl);
  });

  it('calls a package of a distribution as it is installed', async () => {
    const [record] = await one({
      package: { name: 'openssl', os_package_name: 'libssl3', version: '3.0.9', ecosystem: 'Debian:12' },
      vulnerabilities: [
        {
          id: 'DEBIAN-CVE-2024-0727',
          upstream: ['CVE-2024-0727'],
          affected: [
            {
              package: { name: 'openssl', ecosystem: 'Debian:11' },
              ranges: [{ type: 'ECOSYSTEM', events: [{ fixed: '1.1.1w' }] }],
            },
            {
              package: { name: 'openssl', ecosystem: 'Debian:12' },
              ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.13-1' }] }],
            },
          ],
        },
      ],
    });
    expect(record).toMatchObject({
      purl: 'pkg:deb/debian/libssl3@3.0.9?distro=debian-12',
      cves: ['CVE-2024-0727'],
      properties: { fixedVersion: '3.0.13-1' },
    });
  });

  it('reads licences that are not allowed', async () => {
    const [record] = await one({
      package: { name: 'x', version: '1', ecosystem: 'npm' },
      licenses: ['GPL-3.0'],
      license_violations: ['GPL-3.0'],
    });
    expect(record).toMatchObject({ rule: 'GPL-3.0', kind: 'license', purl: 'pkg:npm/x@1', path: 'lock' });
  });

  it.each([
    ['{"results":[]}', 'osv-scanner'],
    ['{"results":null}', 'osv-scanner'],
    ['{"results":[{"source":{"path":"a","type":"lockfile"},"packages":[]}]}', 'osv-scanner'],
  ])('recognises version 1’s %s', async (content, format) => {
    expect(await formatOf(content)).toBe(format);
  });

  it.each([
    ['{"Issues":[]}', 'report.format', 'not OSV-Scanner'],
    ['[]', 'report.format', 'not OSV-Scanner'],
    ['{"results":{}}', 'report.format', 'no list of "results"'],
    ['{"results":[],"errors":[]}', 'report.format', 'not OSV-Scanner'],
    ['{"results":[{"check_id":"x"}]}', 'report.format', 'not OSV-Scanner'],
    [report({ package: { name: 7 } }), 'report.field', '"name" must be a string'],
    [report({ package: { name: 'x' }, vulnerabilities: [{}] }), 'report.field', '"id" must be a string'],
    ['{"results":[{"packages":[', 'report.truncated', 'byte 25'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(osvScanner, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
