import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { retire } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);

const report = (data: unknown, errors: unknown = []) =>
  JSON.stringify({ version: '5.7.0', start: '', data, messages: [], errors, time: 0.1 });
const library = (more: object) => ({ component: 'jquery', version: '1.0', ...more });
const file = (...results: object[]) => ({ file: 'a.js', results });

describe('retire', () => {
  // Counted with: jq '[.data[].results[]?.vulnerabilities[]?] | length'
  it.each([
    ['govwa.json', 'govwa', 17, { low: 2, medium: 15 }, 'complete'],
    ['nodegoat.json', 'nodegoat', 12, { low: 2, medium: 10 }, 'complete'],
    ['nodegoat.jsonsimple.json', 'nodegoat', 12, { low: 2, medium: 10 }, 'complete'],
    ['small-js.json', 'small-js', 5, { low: 1, medium: 4 }, 'complete'],
    ['edge-empty.json', '', 0, {}, 'complete'],
    ['edge-offline-nodb.json', '', 0, {}, 'failed'],
  ])('reads %s: %d findings', async (name, folder, count, severities, completeness) => {
    const sourceRoot = `/workspace/source/${folder}`;
    const { records, summary } = await parseContent(retire, fixture(name), { sourceRoot, chunkBytes: 777 });
    expect(summary).toMatchObject({ raw: count, findings: count, merged: 0, filtered: 0, severities, completeness });
    // jsonsimple does not say its version.
    expect([summary.tool, summary.toolVersion]).toEqual(['retire', name.includes('simple') ? '' : '5.7.0']);
    expect(new Set(records.map(({ id }) => id)).size).toBe(count);
    expect(records.filter(({ path }) => path === undefined || path.startsWith('/'))).toEqual([]);
    expect(await formatOf(fixture(name))).toBe('retire');
  });

  it('reads every field', async () => {
    const { records } = await parseContent(retire, fixture('nodegoat.json'), {
      sourceRoot: '/workspace/source/nodegoat',
    });
    expect(records[0]).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'retire',
      toolVersion: '5.7.0',
      rule: 'CVE-2015-9251',
      title: 'jquery 1.10.2: 3rd party CORS request may execute',
      severity: 'medium',
      kind: 'vulnerability',
      cves: ['CVE-2015-9251'],
      cwes: [79],
      path: 'app/assets/vendor/jquery.min.js',
      purl: 'pkg:npm/jquery@1.10.2',
      references: [
        'http://blog.jquery.com/2016/01/08/jquery-2-2-and-1-12-released/',
        'http://research.insecurelabs.org/jquery/test/',
        'https://github.com/advisories/GHSA-rmxg-73gg-4p98',
        'https://github.com/jquery/jquery/issues/2432',
        'https://nvd.nist.gov/vuln/detail/CVE-2015-9251',
      ],
      properties: {
        component: 'jquery',
        version: '1.10.2',
        affected: '>=1.4.0 <1.12.0',
        aliases: 'GHSA-rmxg-73gg-4p98',
        detection: 'filecontent',
        licenses: 'MIT',
      },
    });
  });

  it('finds the same in both of its forms', async () => {
    const ids = async (name: string) => (await parseContent(retire, fixture(name))).records.map(({ id }) => id);
    expect(await ids('nodegoat.jsonsimple.json')).toEqual(await ids('nodegoat.json'));
  });

  it.each([
    [{ CVE: ['CVE-2020-1', 'CVE-2020-11023'] }, 'CVE-2020-11023'],
    [{ githubID: 'GHSA-jpcq-cgw6-v4j6', issue: '1' }, 'GHSA-jpcq-cgw6-v4j6'],
    [{ summary: 'x', issue: '11974' }, 'jquery issue 11974'],
    [{ osvdb: ['91'] }, 'jquery osvdb 91'],
    [{}, 'jquery below 2.0'],
  ])('calls what has the identifiers %j %s', async (identifiers, rule) => {
    const vulnerabilities = [{ below: '2.0', identifiers }];
    const { records } = await parseContent(retire, report([file(library({ vulnerabilities }))]));
    expect(records).toMatchObject([{ rule, severity: 'unspecified' }]);
  });

  it.each([
    [{ npmname: '@scope/a b' }, 'pkg:npm/%40scope/a%20b@1.0'],
    [{ basePurl: 'pkg:github/acme/jq', npmname: 'jq' }, 'pkg:github/acme/jq@1.0'],
    [{ basePurl: 'pkg:npm/@scope/a', version: '1.0+b' }, 'pkg:npm/%40scope/a@1.0%2Bb'],
    // As every other tool calls it, or the same vulnerability would be two findings.
    [{ component: 'DOMPurify' }, 'pkg:npm/dompurify@1.0'],
    [{}, 'pkg:npm/jquery@1.0'],
    [{ version: '' }, 'pkg:npm/jquery'],
  ])('names the package of %j %s', async (more, purl) => {
    const { records } = await parseContent(retire, report([file(library({ ...more, vulnerabilities: [{}] }))]));
    expect(records[0]?.purl).toBe(purl);
  });

  // By hand, from the reporter of 2.0: a module that node_modules holds came without a file.
  it('reads a module without a file', async () => {
    const vulnerabilities = [{ severity: 'high', below: '1.10.0', identifiers: { advisory: 'growl_injection' } }];
    const module = { component: 'growl', version: '1.9.2', parent: { component: 'mocha' }, level: 2, vulnerabilities };
    const { records } = await parseContent(retire, report([{ results: [module] }]));
    expect(records).toMatchObject([{ rule: 'growl advisory growl_injection', purl: 'pkg:npm/growl@1.9.2' }]);
    expect(records[0]?.path).toBeUndefined();
  });

  it('counts libraries without a known vulnerability, which --verbose lists, as filtered', async () => {
    const content = report([file(library({ vulnerabilities: [{ below: '2' }] }), library({ component: 'x' }))]);
    const { summary } = await parseContent(retire, content);
    expect(summary).toMatchObject({
      raw: 2,
      findings: 1,
      filteredReasons: { 'library without a known vulnerability': 1 },
      completeness: 'complete',
    });
  });

  it('merges what two repositories say of one file', async () => {
    const twice = file(library({ vulnerabilities: [{ below: '2', identifiers: { CVE: ['CVE-2020-11023'] } }] }));
    const { summary } = await parseContent(retire, report([twice, twice]));
    expect(summary).toMatchObject({ raw: 2, findings: 1, mergedReasons: { 'same record': 1 } });
  });

  it.each([
    ['Could not parse file: bower.json', 'partial'],
    ['Failed to scan a.js: SyntaxError', 'partial'],
    ['Error downloading: https://x: HTTP 404 Not Found', 'failed'],
    ['Error: ENOENT: no such file or directory', 'failed'],
    [{}, 'failed'],
  ])('holds a scan with the error %j to be %s', async (error, completeness) => {
    expect((await parseContent(retire, report([], [error]))).summary.completeness).toBe(completeness);
  });

  it('says of a report of nothing that it proves little', async () => {
    const { summary } = await parseContent(retire, fixture('edge-empty.json'));
    expect(summary.notes).toEqual(['retire found nothing; it does not say whether it looked at any file']);
  });

  it('takes an empty jsonsimple for no proof, since it names no errors', async () => {
    expect((await parseContent(retire, '[]')).summary.completeness).toBe('partial');
  });

  it.each([
    ['', 'report.empty', ''],
    ['{"data":[]}', 'report.format', 'not retire'],
    [report({}), 'report.format', 'not retire'],
    [report([], {}), 'report.field', '"errors" must be a list'],
    [report([7]), 'report.field', 'retire file 0 must be an object'],
    [report([{}]), 'report.field', 'retire file 0: "file"'],
    [report([file({})]), 'report.field', 'retire file 0, library 0: "component"'],
    [report([file(library({ vulnerabilities: [7] }))]), 'report.field', 'vulnerability 0 must be an object'],
    ['{"data":[', 'report.truncated', 'byte 9'],
  ])('refuses %s', async (content, code, message) => {
    await expect(parseContent(retire, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
