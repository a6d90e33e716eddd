import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { pipAudit } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const clean = 'dependency without known vulnerabilities';
const skipped = 'dependency that was not audited';

describe('pip-audit', () => {
  // Counted with: jq '[(.dependencies? // .)[]|.vulns//[]|.[]]|length', and those without vulns and with skip_reason.
  it.each([
    ['flask-app.json', 4, { [clean]: 1 }, 'complete'],
    ['flask-app.array.json', 4, { [clean]: 1 }, 'complete'],
    ['flask-app.bare.json', 4, { [clean]: 1 }, 'complete'],
    ['not-on-pypi.json', 0, { [skipped]: 3 }, 'partial'],
  ])('reads %s: %d findings', async (name, count, filteredReasons, completeness) => {
    const { records, summary } = await parseContent(pipAudit, fixture(name));
    expect(summary).toMatchObject({ findings: count, merged: 0, filteredReasons, completeness, tool: 'pip-audit' });
    expect(summary.raw).toBe(count + summary.filtered);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(await formatOf(fixture(name))).toBe('pip-audit');
  });

  it('reads every field', async () => {
    const { records } = await parseContent(pipAudit, fixture('flask-app.json'));
    expect(records[1]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'pip-audit',
      rule: 'PYSEC-2020-43',
      title: 'Relative path traversal in Flask-CORS',
      severity: 'unspecified',
      kind: 'vulnerability',
      cves: ['CVE-2020-25032'],
      purl: 'pkg:pypi/flask-cors@3.0.0',
      references: ['https://osv.dev/vulnerability/PYSEC-2020-43'],
      properties: {
        component: 'flask-cors@3.0.0',
        aliases: 'CVE-2020-25032 GHSA-xc3p-ff3m-f46v',
        fixedVersion: '3.0.9',
      },
    });
    expect(records[3]?.properties?.['fixedVersion']).toBe('1.24.3, 1.25.3');
  });

  it('takes the old list for the same findings', async () => {
    const ids = async (name: string) => (await parseContent(pipAudit, fixture(name))).records.map(({ id }) => id);
    expect(await ids('flask-app.array.json')).toEqual(await ids('flask-app.json'));
  });

  it('says what it could not audit', async () => {
    const { summary } = await parseContent(pipAudit, fixture('not-on-pypi.json'));
    expect(summary.notes).toContain(
      'not audited: jinja2: Dependency not found on PyPI and could not be audited: jinja2 (2.10)',
    );
  });

  it('takes two ids of one vulnerability as one finding', async () => {
    const { records, summary } = await parseContent(
      pipAudit,
      JSON.stringify({
        dependencies: [
          {
            name: 'urllib3',
            version: '1.24.1',
            vulns: [
              { id: 'PYSEC-2019-132', fix_versions: [], aliases: ['CVE-2019-11236'] },
              { id: 'GHSA-r64q-w8jr-g9qp', fix_versions: [], aliases: ['CVE-2019-11236'] },
            ],
          },
        ],
        fixes: [],
      }),
    );
    expect(summary).toMatchObject({
      raw: 2,
      findings: 1,
      mergedReasons: { 'another id of the same vulnerability': 1 },
    });
    expect(records[0]?.properties?.['aliases']).toBe('CVE-2019-11236 GHSA-r64q-w8jr-g9qp');
  });

  it.each([
    ['[{"name":"x","skip_reason":"editable"}]'],
    ['{"dependencies":[],"fixes":[{"name":"x","old_version":"1","new_version":"2"}]}'],
  ])('recognises %s', async (content) => {
    expect(await formatOf(content)).toBe('pip-audit');
  });

  it.each([
    ['{"Issues":[]}', 'report.format', 'not pip-audit'],
    ['{"dependencies":{},"fixes":[]}', 'report.format', 'no list of "dependencies"'],
    ['{"dependencies":[7],"fixes":[]}', 'report.field', 'dependency 0 must be an object'],
    ['{"dependencies":[{}],"fixes":[]}', 'report.field', '"name" must be a string'],
    ['[{"name":"x","version":"1","vulns":[{}]}]', 'report.field', 'vulnerability 0: "id"'],
    ['{"dependencies":[', 'report.truncated', 'byte 17'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(pipAudit, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
