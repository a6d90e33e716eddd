import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { trivy } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const records = async (name: string) => (await parseContent(trivy, fixture(name))).records;
const report = (result: object, more: object = {}) =>
  JSON.stringify({ SchemaVersion: 2, ArtifactName: '.', Results: [{ Target: 'a/file', ...result }], ...more });

describe('trivy', () => {
  // Counted with: jq '[..|.Vulnerabilities?,.Misconfigurations?,.Secrets?,.Licenses?,.ExperimentalModifiedFindings?|arrays|length]|add'
  it.each([
    ['fs.json', 15, { 'check that passed': 1 }, { critical: 3, high: 8, medium: 2, unspecified: 1 }, 'complete'],
    ['image.json', 6, {}, { critical: 2, high: 3, low: 1 }, 'complete'],
    ['old.json', 2, {}, { critical: 1, high: 1 }, 'complete'],
    ['cluster.json', 3, {}, { high: 1, medium: 2 }, 'partial'],
    ['edge-no-results.json', 0, {}, {}, 'complete'],
  ])('reads %s: %d records', async (name, raw, filteredReasons, severities, completeness) => {
    const { records, summary } = await parseContent(trivy, fixture(name));
    expect(summary).toMatchObject({ raw, merged: 0, filteredReasons, severities, completeness, tool: 'trivy' });
    expect(summary.findings + summary.filtered).toBe(raw);
    expect(new Set(records.map(({ id }) => id)).size).toBe(summary.findings);
    expect(await formatOf(fixture(name))).toBe('trivy');
  });

  it('reads a vulnerability in every field', async () => {
    expect((await records('fs.json'))[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'trivy',
      toolVersion: '0.68.1',
      rule: 'CVE-2021-23358',
      title: 'nodejs-underscore: Arbitrary code execution via the template function',
      description:
        'The package underscore from 1.13.0-0 and before 1.13.0-2, from 1.3.2 and before 1.12.1 is vulnerable to arbitrary code injection via the template function.',
      severity: 'high',
      kind: 'vulnerability',
      cvss: { score: 7.2, vector: 'CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H' },
      cves: ['CVE-2021-23358'],
      cwes: [94],
      path: 'package-lock.json',
      purl: 'pkg:npm/underscore@1.8.3',
      references: ['https://avd.aquasec.com/nvd/cve-2021-23358', 'https://nvd.nist.gov/vuln/detail/CVE-2021-23358'],
      properties: {
        component: 'underscore@1.8.3',
        fixedVersion: '1.12.1, 1.13.0-2',
        status: 'fixed',
        published: '2021-03-29T14:15:00Z',
        source: 'ghsa',
      },
    });
  });

  it('names packages as their ecosystems do, whether Trivy gives a package URL or not', async () => {
    const purls = async (name: string) => (await records(name)).flatMap(({ purl }) => purl ?? []);
    expect(await purls('fs.json')).toEqual([
      'pkg:npm/underscore@1.8.3',
      'pkg:npm/minimist@0.0.8',
      'pkg:npm/minimist@0.0.10',
      'pkg:pypi/urllib3@1.24.1',
      'pkg:pypi/flask-cors@3.0.0',
      'pkg:pypi/jinja2@2.10',
    ]);
    expect(await purls('image.json')).toEqual([
      'pkg:deb/debian/libssl1.1@1.1.1n-0%2Bdeb10u3?arch=amd64&distro=debian-10.13',
      'pkg:deb/debian/tar@1.30%2Bdfsg-6?distro=debian-10.13',
      'pkg:deb/debian/tar@1.30%2Bdfsg-6?distro=debian-10.13',
      'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
    ]);
    expect(await purls('old.json')).toEqual([
      'pkg:apk/alpine/musl@1.1.22-r2?distro=3.10.2',
      'pkg:gem/actionpack@5.2.3',
    ]);
  });

  it.each([
    ['redhat', '8.7', '1:1.1.1k-9.el8', 'pkg:rpm/redhat/openssl@1.1.1k-9.el8?distro=redhat-8.7&epoch=1'],
    ['opensuse.leap', '15.4', '0:1.1', 'pkg:rpm/opensuse/openssl@1.1?distro=opensuse-15.4'],
    ['ubuntu', '22.04', '3.0.2-0', 'pkg:deb/ubuntu/openssl@3.0.2-0?distro=ubuntu-22.04'],
  ])('names a package of %s %s', async (Type, Name, InstalledVersion, purl) => {
    const Vulnerabilities = [{ VulnerabilityID: 'CVE-2023-0286', PkgName: 'openssl', InstalledVersion }];
    const content = report({ Type, Class: 'os-pkgs', Vulnerabilities }, { Metadata: { OS: { Family: Type, Name } } });
    expect((await parseContent(trivy, content)).records[0]).toMatchObject({ purl });
  });

  it('rates by the score where Trivy has no word, and says what it takes the score from', async () => {
    const tar = (await records('image.json'))[1];
    expect(tar).toMatchObject({ severity: 'high', cvss: { score: 10, vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' } });
    expect(tar?.path).toBeUndefined();
  });

  it('finds the paths of an image from its root', async () => {
    expect((await records('image.json')).map(({ path }) => path)).toEqual([
      undefined,
      undefined,
      undefined,
      'app/lib/log4j-core-2.14.1.jar',
      'app/.env',
      undefined,
    ]);
  });

  it('reads a misconfiguration in every field', async () => {
    expect((await records('fs.json')).find(({ rule }) => rule === 'AVD-AWS-0086')).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'trivy',
      toolVersion: '0.68.1',
      rule: 'AVD-AWS-0086',
      title: 'S3 Access block should block public ACL',
      description:
        'No public access block so not blocking public acls\n\nS3 buckets should block public ACLs on buckets and any objects they contain.',
      severity: 'high',
      kind: 'misconfiguration',
      path: 'deploy/main.tf',
      startLine: 1,
      endLine: 3,
      snippet: 'resource "aws_s3_bucket" "data" {\n  bucket = "data"\n}',
      references: ['https://avd.aquasec.com/misconfig/avd-aws-0086'],
      properties: {
        type: 'Terraform Security Check',
        provider: 'AWS',
        service: 's3',
        resource: 'aws_s3_bucket.data',
      },
    });
  });

  it('knows a check of a container again when its image changes', async () => {
    const ids = async (image: string) => {
      const Message = "Container 'web' of Deployment 'web' should set 'securityContext.runAsNonRoot' to true";
      const Lines = [{ Number: 10, Content: `- image: ${image}`, IsCause: true }];
      const failed = { ID: 'KSV012', Status: 'FAIL', CauseMetadata: { StartLine: 10, EndLine: 10, Code: { Lines } } };
      const content = report({
        Misconfigurations: [
          { ...failed, Message },
          { ...failed, Message: `${Message}!` },
        ],
      });
      return (await parseContent(trivy, content)).records.map(({ id }) => id);
    };
    expect(await ids('shop:1.1')).toEqual(await ids('shop:1.0'));
    expect(new Set(await ids('shop:1.0')).size).toBe(2);
  });

  it('hides secrets, those that Trivy shows as well', async () => {
    const found = await records('fs.json');
    expect(found.filter(({ kind }) => kind === 'secret').map(({ path, snippet }) => [path, snippet])).toEqual([
      ['requirements.txt', expect.stringContaining('token=')],
      ['deploy/.env', expect.stringContaining('AWS_SECRET_ACCESS_KEY=')],
      ['deploy/.env', '[redacted]'],
    ]);
    for (const secret of ['tr0ub4dor-and-3', 'correct-horse-battery']) {
      expect(fixture('fs.json').includes(secret)).toBe(true);
      expect(JSON.stringify(found)).not.toContain(secret);
    }
  });

  it('reads licences of packages and of files', async () => {
    expect((await records('fs.json')).filter(({ kind }) => kind === 'license')).toMatchObject([
      { rule: 'GPL-3.0', severity: 'high', title: 'readline-plus has the licence GPL-3.0', path: 'package-lock.json' },
      { rule: 'Beerware', severity: 'unspecified', path: 'vendor/x/LICENSE', properties: { confidence: '0.98' } },
    ]);
    expect((await records('image.json')).at(-1)).toMatchObject({
      properties: { component: 'tar', among: 'OS Packages' },
    });
  });

  it('keeps what a VEX document or .trivyignore took out as suppressed', async () => {
    expect((await records('fs.json')).flatMap(({ suppression }) => suppression ?? [])).toEqual([
      { kind: 'vex', justification: 'not_affected: vulnerable_code_not_in_execute_path: openvex.json' },
      { kind: 'external', justification: 'ignored: a test key: .trivyignore.yaml' },
    ]);
  });

  it('tells the resources of a cluster apart, and says which were not scanned', async () => {
    const { records, summary } = await parseContent(trivy, fixture('cluster.json'));
    expect(records.map(({ rule, properties }) => [rule, properties?.['resource']])).toEqual([
      ['CVE-2023-5363', 'default/Deployment/web'],
      ['KSV012', 'default/Deployment/web'],
      ['KSV012', 'default/Deployment/worker'],
    ]);
    expect(summary.notes).toEqual([
      'not scanned: default/CronJob/mail: scan error: unable to find the specified image',
    ]);
  });

  it.each([
    ['a summary', 'Findings'],
    ['the first version', 'Misconfigurations'],
  ])('reads %s of a cluster', async (_name, list) => {
    const content = fixture('cluster.json').toString().replace('"Resources"', `"${list}"`);
    const { records } = await parseContent(trivy, content);
    expect(records.map(({ id }) => id)).toEqual(
      (await parseContent(trivy, fixture('cluster.json'))).records.map(({ id }) => id),
    );
    expect(await formatOf(content)).toBe('trivy');
  });

  it('notes a distribution that nobody maintains', async () => {
    const { summary } = await parseContent(trivy, fixture('image.json'));
    expect(summary.notes).toEqual([
      'registry.example.com/shop:1.0: debian 10.13 is no longer maintained by its distributor',
    ]);
  });

  it('reads a report whose results say what they are about behind their lists', async () => {
    const Vulnerabilities = [{ VulnerabilityID: 'CVE-2020-7598', PkgName: 'minimist', InstalledVersion: '0.0.8' }];
    const content = JSON.stringify({
      Results: [{ Vulnerabilities, Type: 'npm', Target: 'yarn.lock' }],
      SchemaVersion: 2,
    });
    expect((await parseContent(trivy, content, { chunkBytes: 7 })).records[0]).toMatchObject({
      path: 'yarn.lock',
      purl: 'pkg:npm/minimist@0.0.8',
    });
  });

  it('takes names of the prototype for words that nobody knows', async () => {
    const content = report({
      Misconfigurations: [{ ID: 'DS002', Status: 'constructor', Severity: 'toString' }],
      ExperimentalModifiedFindings: [{ Type: 'constructor', Status: 'ignored', Finding: {} }],
    });
    const { records, summary } = await parseContent(trivy, content);
    expect(records).toMatchObject([{ rule: 'DS002', severity: 'unspecified' }]);
    expect(summary.filteredReasons).toEqual({ 'suppressed finding of an unknown kind': 1 });
  });

  it.each([
    ['[{"Target":"a","Class":"secret"}]'],
    ['{"ClusterName":"c","Resources":[]}'],
    ['{"SchemaVersion":2,"ArtifactName":"x"}'],
  ])('recognises %s', async (content) => {
    expect(await formatOf(content)).toBe('trivy');
  });

  it.each([
    ['{"Issues":[]}', 'report.format', 'not Trivy'],
    ['[{"RuleID":"generic-api-key","File":"a"}]', 'report.format', '"Target"'],
    ['{"ID":"k8s-cis","Title":"CIS","Results":[{"ID":"1.1","Results":[]}]}', 'report.format', '"Target"'],
    ['{"SchemaVersion":2,"Results":{}}', 'report.format', '"Results" of the report is no list'],
    ['{"ClusterName":"c","Resources":7}', 'report.format', '"Resources" of the report is no list'],
    [report({ Vulnerabilities: [7] }), 'report.field', 'Vulnerabilities[0] of "a/file" must be an object'],
    [report({ Vulnerabilities: [{ PkgName: 'x' }] }), 'report.field', '"VulnerabilityID" must be a string'],
    [report({ Secrets: [{}] }), 'report.field', '"RuleID" must be a string'],
    [report({ Licenses: [{}] }), 'report.field', '"Name" must be a string'],
    [report({ Misconfigurations: [{}] }), 'report.field', '"AVDID" must be a string'],
    ['{"SchemaVersion":2,"Results":[', 'report.truncated', 'byte 30'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(trivy, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
