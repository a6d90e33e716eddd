import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { checkov } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const text = (name: string) => fixture(name).toString();

/** One framework's report of these members. */
const report = (results: object, summary: object = {}) =>
  JSON.stringify({ check_type: 'terraform', results, summary: { checkov_version: '3.3.30', ...summary } });

describe('checkov', () => {
  // Counted with: jq '[(if type=="array" then .[] else . end)|.results.failed_checks[]?] | length', and so the others.
  it.each([
    ['nodegoat.dockerfile.json', { raw: 1, findings: 1, filtered: 0 }, 1, 'complete'],
    ['edge-broken-tf.json', { raw: 8, findings: 8, filtered: 0 }, 8, 'partial'],
    ['edge-broken-yaml.json', { raw: 20, findings: 20, filtered: 0 }, 20, 'complete'],
    ['edge-empty.json', { raw: 0, findings: 0, filtered: 0 }, 0, 'partial'],
    ['small-iac.compact.json', { raw: 17, findings: 17, filtered: 0 }, 16, 'partial'],
    ['small-iac.json', { raw: 48, findings: 18, filtered: 30 }, 17, 'partial'],
  ])('reads %s: %j', async (name, counts, rules, completeness) => {
    const { records, summary } = await parseContent(checkov, fixture(name));
    expect(summary).toMatchObject({ ...counts, merged: 0, completeness, tool: 'checkov', toolVersion: '3.3.30' });
    // Without its platform Checkov gives no severity.
    expect(summary.severities).toEqual(counts.findings > 0 ? { unspecified: counts.findings } : {});
    expect(summary.filteredReasons).toEqual(counts.filtered > 0 ? { passed: counts.filtered } : {});
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(counts.findings);
    expect(records.filter(({ path }) => path === undefined || /^[./]/.test(path))).toEqual([]);
    expect(await formatOf(fixture(name))).toBe('checkov');
  });

  it('reads every field', async () => {
    const { records } = await parseContent(checkov, fixture('nodegoat.dockerfile.json'));
    expect(records).toEqual([
      {
        id: expect.any(String),
        target: 'target',
        tool: 'checkov',
        toolVersion: '3.3.30',
        rule: 'CKV_DOCKER_2',
        title: 'Ensure that HEALTHCHECK instructions have been added to container images',
        severity: 'unspecified',
        kind: 'misconfiguration',
        path: 'Dockerfile',
        startLine: 1,
        endLine: 18,
        properties: { framework: 'dockerfile', resource: '/Dockerfile.' },
      },
    ]);
  });

  it('takes the absolute path where it is known what it starts with', async () => {
    const { records } = await parseContent(checkov, fixture('edge-broken-tf.json'), {
      sourceRoot: '/workspace/source/',
    });
    expect(new Set(records.map(({ path }) => path))).toEqual(new Set(['edge-broken-tf/good.tf']));
  });

  it('knows a finding by its resource, with and without the lines of it, wherever they stand', async () => {
    const whole = await parseContent(checkov, fixture('small-iac.json'));
    const compact = await parseContent(checkov, fixture('small-iac.compact.json'));
    const moved = text('small-iac.json').replaceAll(
      /"file_line_range": \[\s*(\d+),\s*(\d+)/g,
      '"file_line_range": [101, 109',
    );
    const ids = (await parseContent(checkov, moved)).records.map(({ id }) => id);
    expect(ids).toEqual(whole.records.map(({ id }) => id));
    for (const { id } of compact.records) expect(ids).toContain(id);
  });

  it('keeps what the source or a baseline accepts as suppressed', async () => {
    const { records } = await parseContent(checkov, fixture('small-iac.json'));
    expect(records.filter(({ suppression }) => suppression)).toMatchObject([
      { rule: 'CKV_AWS_8', suppression: { kind: 'in-source', justification: 'not needed here, says [redacted]' } },
    ]);
    const check = { check_id: 'CKV_1', file_path: '/a', check_result: { suppress_comment: 'baseline-skipped' } };
    const skipped = await parseContent(checkov, report({ failed_checks: [], skipped_checks: [check] }));
    expect(skipped.records[0]?.suppression?.kind).toBe('external');
  });

  it('shows no key, no password and nobody’s address, which its lines, tags and comments hold', async () => {
    const { records, summary } = await parseContent(checkov, fixture('small-iac.json'));
    const said = JSON.stringify([records, summary]);
    // The SHA-1 by which Checkov names a secret, and what its mask leaves of one, are no better.
    const secrets = [
      ['AKIAIOSF', 'ODNN7EXAMAAA'],
      ['wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMAAAKEY'],
      ['ghp_abcdefghijklmnop', 'qrstuvwxyz0123456789'],
      ['hunter2', 'hunter2'],
      ['jane.doe', '@example.org'],
      ['fc3f784491eba6121c3b', 'fcc1652a2c57d27b16cb'],
      ['AKIAI', '*****'],
      ['wJalrX', '*****'],
    ];
    for (const secret of secrets.map((parts) => parts.join(''))) {
      expect(text('small-iac.json')).toContain(secret);
      expect(said).not.toContain(secret);
    }
    const ofKeys = records.filter(({ kind }) => kind === 'secret');
    expect(ofKeys.map(({ rule }) => rule).sort()).toEqual(['CKV_AWS_46', 'CKV_SECRET_2', 'CKV_SECRET_2']);
    expect(records.find(({ rule }) => rule === 'CKV_AWS_20')?.snippet).toContain('acl    = "public-read"');
  });

  it('tells two secrets of one place apart', async () => {
    const { records } = await parseContent(checkov, fixture('small-iac.json'));
    const [first, second] = records.filter(({ rule }) => rule === 'CKV_SECRET_2');
    expect([first?.startLine, first?.endLine, second?.startLine]).toEqual([9, 9, 10]);
    expect(first?.id).not.toBe(second?.id);
  });

  it('reads what its platform adds: severities, guidelines and packages', async () => {
    const base = { check_id: 'CKV_1', check_name: 'a check', file_path: '/a.tf', resource: 'a.b' };
    const details = {
      id: 'CVE-2021-23343',
      package_name: 'path-parse',
      package_version: '1.0.6',
      cvss: 7.5,
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
      link: 'https://nvd.nist.gov/vuln/detail/CVE-2021-23343',
    };
    const checks = [
      { ...base, severity: 'HIGH', guideline: 'https://docs.example.org/1', description: 'why' },
      { ...base, resource: 'a.c', severity: 'purple', guideline: 'javascript:alert(1)' },
      { ...base, check_id: 'CKV_CVE_2021_23343', severity: 'MEDIUM', vulnerability_details: details },
    ];
    const content = report({ failed_checks: checks }, { failed: 3 }).replace('"terraform"', '"sca_package"');
    const { records } = await parseContent(checkov, content);
    expect(records).toMatchObject([
      { severity: 'high', description: 'why', references: ['https://docs.example.org/1'] },
      { severity: 'unspecified' },
      {
        rule: 'CVE-2021-23343',
        kind: 'vulnerability',
        cves: ['CVE-2021-23343'],
        cvss: { score: 7.5, vector: details.vector },
        references: [details.link],
        properties: { package: 'path-parse 1.0.6', checkId: 'CKV_CVE_2021_23343' },
      },
    ]);
    expect(records[1]?.references).toBeUndefined();
  });

  it.each([
    ['small-iac.json', 'not checked: /workspace/source/small-iac/broken.tf could not be parsed as terraform'],
    ['edge-broken-tf.json', 'not checked: 1 terraform files could not be parsed; without --quiet it says which'],
    ['edge-empty.json', 'Checkov found nothing that it could check'],
  ])('says of %s: %s', async (name, note) => {
    expect((await parseContent(checkov, fixture(name))).summary.notes).toContain(note);
  });

  it('takes the bare summary of versions that did not count resources', async () => {
    const old = '{"passed":0,"failed":0,"skipped":0,"parsing_errors":0,"checkov_version":"1.0.484"}';
    expect(await formatOf(old)).toBe('checkov');
    expect((await parseContent(checkov, old)).summary).toMatchObject({
      completeness: 'partial',
      toolVersion: '1.0.484',
    });
  });

  it('holds a report that names fewer checks than it counted to be partial', async () => {
    const { summary } = await parseContent(checkov, report({ failed_checks: [] }, { failed: 2 }));
    expect(summary).toMatchObject({
      completeness: 'partial',
      notes: ['Checkov counted 2 failed terraform checks, but reports 0'],
    });
  });

  it('is not run where a .checkov.yaml of the project could make it load Python', () => {
    const task = readFixture(`${import.meta.dirname}/task.yaml`).toString();
    const [scan = ''] = task.split('- name: submit');
    expect(scan).toContain('workingDir: $(workspaces.output.path)');
    // Behind -d and --directory as words of their own it looks for the file in that folder.
    expect(scan).toContain('checkov --directory="$SOURCE" ');
    expect(scan).not.toMatch(/^ *checkov .*(?:-d|--directory|--config-file) /m);
  });

  it.each([
    ['', 'report.empty', ''],
    ['[]', 'report.format', 'not Checkov'],
    ['{"Issues":[]}', 'report.format', 'not Checkov'],
    ['{"check_type":"x","results":{"failed_checks":{}},"summary":{}}', 'report.format', 'not Checkov'],
    ['{"check_type":"x","results":{"failed_checks":[]}}', 'report.format', 'not Checkov'],
    ['[1]', 'report.field', 'must be an object'],
    [report({ failed_checks: [{}] }), 'report.field', 'Checkov failed check 0: "check_id"'],
    [report({ failed_checks: [], passed_checks: 1 }), 'report.field', '"passed_checks" must be a list'],
    ['{"check_type":"x","results":{"failed_checks":[', 'report.truncated', 'byte'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(checkov, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
