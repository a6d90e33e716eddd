import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { dependencyCheck } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const json = (vulnerability: object, dependency: object = {}, scanInfo: object = {}) =>
  JSON.stringify({
    reportSchema: '1.1',
    scanInfo,
    dependencies: [
      { fileName: 'a.jar', vulnerabilities: [{ name: 'CVE-2020-0001', ...vulnerability }], ...dependency },
    ],
  });
const xml = (inner: string, version = '2.5') =>
  `<?xml version="1.0"?><analysis xmlns="https://jeremylong.github.io/DependencyCheck/dependency-check.${version}.xsd">${inner}</analysis>`;
const one = async (content: string) => (await parseContent(dependencyCheck, content)).records[0];

describe('dependency-check', () => {
  // Counted with jq '[.dependencies[]|(.vulnerabilities,.suppressedVulnerabilities)[]?]|length' and
  // grep -c '<\(suppressedV\|v\)ulnerability '.
  it.each([
    ['shop.json', 6, { critical: 2, high: 1, medium: 2, unspecified: 1 }, 'dependency-check', '12.1.0'],
    ['shop.xml', 6, { critical: 2, high: 1, medium: 2, unspecified: 1 }, 'dependency-check', '12.1.0'],
    ['retire.xml', 12, { medium: 10, low: 2 }, 'retire', '5.7.0'],
  ])('reads every vulnerability of %s', async (name, findings, severities, tool, toolVersion) => {
    const { records, summary } = await parseContent(dependencyCheck, fixture(name), {
      sourceRoot: '/workspace/source/shop',
    });
    expect(summary).toMatchObject({
      raw: findings,
      findings,
      merged: 0,
      filtered: 0,
      severities,
      completeness: 'complete',
      tool,
      toolVersion,
    });
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
    expect(records.filter(({ kind }) => kind !== 'vulnerability')).toEqual([]);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(dependencyCheck, fixture('shop.json'), {
      sourceRoot: '/workspace/source/shop',
    });
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'dependency-check',
      // What stands around the list comes last in JSON.
      toolVersion: undefined,
      rule: 'CVE-2021-44228',
      title: 'Log4j looks up JNDI names in log messages. Whoever controls a message can load and run code.',
      severity: 'critical',
      kind: 'vulnerability',
      cvss: { score: 10, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' },
      cves: ['CVE-2021-44228'],
      cwes: [20, 400, 502, 917],
      path: 'target/shop.war/WEB-INF/lib/log4j-core-2.14.1.jar',
      purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
      references: ['https://nvd.nist.gov/vuln/detail/CVE-2021-44228', 'https://logging.apache.org/security.html'],
      properties: {
        file: 'shop.war: log4j-core-2.14.1.jar',
        cpe: 'cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*',
        source: 'NVD',
        knownExploitedSince: '2021-12-10',
      },
    });
  });

  it('says the same of JSON and of XML', async () => {
    const told = async (name: string) =>
      (await parseContent(dependencyCheck, fixture(name))).records.map(({ toolVersion, ...record }) => record);
    expect(await told('shop.xml')).toEqual(await told('shop.json'));
  });

  it.each(['shop.json', 'shop.xml', 'retire.xml'])('gives the same for any way the bytes of %s come', async (name) => {
    const content = fixture(name);
    expect(await parseContent(dependencyCheck, content, { chunkBytes: 61 })).toEqual(
      await parseContent(dependencyCheck, content),
    );
  });

  it('takes what is suppressed as a suppression, with its reason', async () => {
    const { records } = await parseContent(dependencyCheck, fixture('shop.json'));
    const suppressed = records.filter(({ suppression }) => suppression);
    expect(suppressed).toMatchObject([
      {
        rule: 'CVE-2021-45105',
        severity: 'medium',
        suppression: { kind: 'external', justification: 'no context lookups are configured' },
      },
    ]);
  });

  it('names what a lock file holds by its package, and a file that nobody knows by its path', async () => {
    const { records } = await parseContent(dependencyCheck, fixture('shop.json'), {
      sourceRoot: '/workspace/source/shop',
    });
    expect(records.find(({ rule }) => rule === 'GHSA-xvch-5gv4-984h')).toMatchObject({
      path: 'package-lock.json',
      purl: 'pkg:npm/minimist@0.0.8',
    });
    expect(records.find(({ rule }) => rule === 'CVE-2010-1234')).toMatchObject({
      path: 'bin/legacy.dll',
      cvss: { score: 5, vector: 'AV:N/AC:L/Au:N/C:P/I:N/A:N' },
      properties: { cpe: 'cpe:2.3:a:acme:legacy:1.0:*:*:*:*:*:*:*' },
    });
  });

  it('calls a script as npm does, where its Retire.js analyser knew it', async () => {
    expect(await one(json({}, { packages: [{ id: 'pkg:javascript/jquery@1.8.0' }] }))).toMatchObject({
      purl: 'pkg:npm/jquery@1.8.0',
    });
  });

  it('finds among the references which vulnerability Retire.js means', async () => {
    const { records } = await parseContent(dependencyCheck, fixture('retire.xml'));
    expect(records.filter(({ cves }) => cves?.length === 1)).toHaveLength(4);
    expect(records[0]).toMatchObject({ rule: 'CVE-2015-9251', path: expect.stringMatching(/jquery\.min\.js$/) });
  });

  it('refuses what Retire.js forgets to escape', async () => {
    const broken = fixture('retire.xml').toString().replace('&lt;option&gt;', '<option>');
    await expect(parseContent(dependencyCheck, broken)).rejects.toMatchObject({
      code: 'report.not-xml',
      message: expect.stringContaining('line 181'),
    });
  });

  it.each([
    [{ severity: 'HIGH' }, 'high'],
    [{ severity: 'moderate' }, 'medium'],
    [{ severity: 'Unknown' }, 'unspecified'],
    [{ severity: '0.0' }, 'unspecified'],
    [{ severity: '7.5' }, 'high'],
    [{ cvssv2: { score: 9.8 } }, 'high'],
    [{ cvssv3: { baseScore: 9.8 } }, 'critical'],
    [{ cvssv3: { baseScore: 9.8, 'baseSeverity>': 'HIGH' } }, 'high'],
    [{ cvssv4: { baseScore: 6.9 }, cvssv3: { baseScore: 9.8 } }, 'medium'],
    [{ cvssv3: { baseScore: 11 } }, 'unspecified'],
    [{}, 'unspecified'],
  ])('%j is %s', async (vulnerability, severity) => {
    expect(await one(json(vulnerability))).toMatchObject({ severity });
  });

  it('gives no vector that it would have to guess a part of', async () => {
    const cvssv3 = { baseScore: 5, version: '3.1', attackVector: 'NETWORK' };
    expect(await one(json({ cvssv3 }))).toMatchObject({ cvss: { score: 5 } });
    expect((await one(json({ cvssv3 })))?.cvss).not.toHaveProperty('vector', expect.stringContaining('AV'));
  });

  it('reads the schemas of version 4 and before', async () => {
    const old = xml(
      `<scanInfo><engineVersion>3.3.4</engineVersion></scanInfo><dependencies><dependency><fileName>struts.jar</fileName>
       <filePath>lib/struts.jar</filePath><identifiers>
       <identifier type="cpe" confidence="HIGHEST"><name>(cpe:/a:apache:struts:2.1.8)</name></identifier>
       <identifier type="maven" confidence="HIGHEST"><name>(org.apache.struts:struts2-core:2.1.8)</name></identifier></identifiers>
       <vulnerabilities><vulnerability><name>CVE-2017-5638</name><cvssScore>10.0</cvssScore><severity>High</severity>
       <cwe>CWE-20 Improper Input Validation</cwe><description>d</description><references/></vulnerability></vulnerabilities>
       </dependency></dependencies>`,
      '1.8',
    );
    expect(await one(old)).toMatchObject({
      toolVersion: '3.3.4',
      severity: 'high',
      cvss: { score: 10 },
      cwes: [20],
      purl: 'pkg:maven/org.apache.struts/struts2-core@2.1.8',
    });
  });

  it.each([
    json({}, {}, { analysisExceptions: [{ exception: { message: 'AnalysisException: no index\n\tat x' } }] }),
    xml(
      `<scanInfo><engineVersion>12.1.0</engineVersion><analysisExceptions><exception><message>AnalysisException: no index</message>
       <stackTrace><trace>at x</trace></stackTrace></exception></analysisExceptions></scanInfo><dependencies/>`,
    ),
  ])('says what was not analysed, and closes nothing then', async (content) => {
    const { summary } = await parseContent(dependencyCheck, content);
    expect(summary).toMatchObject({
      completeness: 'partial',
      notes: ['not analysed: AnalysisException: no index'],
    });
  });

  it.each(['shop.json', 'shop.xml', 'retire.xml'])('is recognised by %s', async (name) => {
    expect(await formatOf(fixture(name))).toBe('dependency-check');
  });

  it.each([
    ['', 'report.empty', 'empty'],
    ['{"reportSchema":"1.1"}', 'report.format', '"dependencies"'],
    ['{"dependencies":[{"name":"x","vulns":[]}],"fixes":[]}', 'report.format', '"reportSchema"'],
    ['{"dependencies":[{"vulnerabilities":[{"source":"NVD"}]}]}', 'report.field', 'no name'],
    ['{"dependencies":[{"vulnerabilities":[', 'report.truncated', 'byte 37'],
    ['<analysis/>', 'report.format', '<analysis>'],
    [xml('<dependencies><dependency>').slice(0, -11), 'report.truncated', 'ends at line 1'],
    [xml('<dependencies>&x;</dependencies>'), 'report.not-xml', 'line 1'],
  ])('refuses %j', async (content, code, message) => {
    await expect(parseContent(dependencyCheck, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('minds no members of a type that nobody expects', async () => {
    const odd = json({ severity: 7, references: 'x', cwes: {}, cvssv3: [] }, { packages: 'x', filePath: 7 });
    expect(await one(odd)).toMatchObject({ rule: 'CVE-2020-0001', severity: 'high' });
    const { summary } = await parseContent(dependencyCheck, '{"reportSchema":"1.1","dependencies":[null,7,[]]}');
    expect(summary.raw).toBe(0);
  });
});
