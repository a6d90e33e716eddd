import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { bom, fixture, ofKind, read, xml } from '../../testing/cyclonedx-bom.ts';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent } from '../../testing/parse-fixture.ts';
import { type ReadReport, readReport } from '../../testing/read-report.ts';
import { xmlRoot } from '../../xml-root.ts';
import { cyclonedx } from './index.ts';

describe('cyclonedx', () => {
  // Components counted with jq '[.components[]?|recurse(.components[]?)] | length', vulnerabilities with
  // '[.vulnerabilities[]?] | length'. In XML grep -c '<component\b' finds two more in cyclonedx-py.xml: the tool's own
  // entry in metadata/tools and metadata/component, which say what made the BOM and what it is about.
  it.each([
    ['cyclonedx-py.json', 34, 0, 'cyclonedx-py 7.5.0'],
    ['cyclonedx-py.xml', 34, 0, 'cyclonedx-py 7.5.0'],
    ['npm-sbom.json', 60, 0, 'npm 11.19.1'],
    ['syft.json', 10, 0, 'syft'],
    ['syft-empty.json', 0, 0, 'syft'],
    ['retire.json', 2, 0, 'retire 5.7.0'],
    ['retire.xml', 2, 0, 'retire 5.7.0'],
    ['retire-vex-1.6.json', 2, 9, 'retire 5.7.0'],
    ['retire-vex-1.7.json', 2, 9, 'retire 5.7.0'],
    ['osv-scanner-go.json', 3, 124, ''],
    ['osv-scanner-npm.json', 3, 4, ''],
    // checkov's are failed checks of configurations.
    ['checkov.json', 20, 53, 'checkov 3.3.30'],
    ['checkov.xml', 20, 53, 'checkov 3.3.30'],
  ])('reads every component and vulnerability of %s', async (name, components, vulnerabilities, tool) => {
    const report = await read(await fixture(name));
    expect(report).toMatchObject({ raw: components + vulnerabilities, tool, merged: {}, filtered: {} });
    const found = ofKind(report.drafts, Kind.COMPONENT);
    expect(found).toHaveLength(components);
    for (const draft of found)
      expect(draft).toMatchObject({ severity: Severity.INFO, title: expect.stringMatching(/./) });
    const kind = name.startsWith('checkov') ? Kind.MISCONFIGURATION : Kind.VULNERABILITY;
    expect(ofKind(report.drafts, kind)).toHaveLength(vulnerabilities);
  });

  it.each([
    ['cyclonedx-py.json', 'cyclonedx-py.xml'],
    ['checkov.json', 'checkov.xml'],
  ])('says the same of %s and %s', async (json, markup) => {
    const inOrder = ({ drafts }: ReadReport) => drafts.map((draft) => JSON.stringify(draft)).sort();
    expect(inOrder(await read(await fixture(markup)))).toEqual(inOrder(await read(await fixture(json))));
  });

  it.each(['cyclonedx-py.xml', 'retire-vex-1.6.json'])(
    'gives the same for any way the bytes of %s come',
    async (name) => {
      const content = await fixture(name);
      expect(await read(content, { chunkBytes: 61 })).toEqual(await read(content));
    },
  );

  it('names a vulnerability, what it affects and what is said about it', async () => {
    const { drafts } = await read(await fixture('retire-vex-1.6.json'));
    expect(ofKind(drafts, Kind.VULNERABILITY)[0]).toEqual({
      rule: 'CVE-2015-9251',
      title: '3rd party CORS request may execute',
      description: '',
      severity: Severity.MEDIUM,
      kind: Kind.VULNERABILITY,
      cves: ['CVE-2015-9251'],
      cwes: [79],
      purl: 'pkg:npm/jquery@1.10.2',
      references: [
        'http://blog.jquery.com/2016/01/08/jquery-2-2-and-1-12-released/',
        'http://research.insecurelabs.org/jquery/test/',
        'https://github.com/jquery/jquery/issues/2432',
        'https://nvd.nist.gov/vuln/detail/CVE-2015-9251',
        'https://github.com/advisories/GHSA-rmxg-73gg-4p98',
      ],
      properties: { component: 'jquery@1.10.2', aliases: 'GHSA-rmxg-73gg-4p98', source: 'Retire.js' },
      content: 'CVE-2015-9251\njquery@1.10.2',
    });
  });

  it('finds the version that OSV-Scanner leaves out of its references', async () => {
    const { drafts } = await read(await fixture('osv-scanner-npm.json'));
    const [first] = ofKind(drafts, Kind.VULNERABILITY);
    expect(first).toMatchObject({ cves: ['CVE-2022-24785'], purl: 'pkg:npm/moment@2.24.0', severity: 0 });
    // In its Go reports the references are empty.
    const go = ofKind((await read(await fixture('osv-scanner-go.json'))).drafts, Kind.VULNERABILITY);
    expect(go[0]).toMatchObject({ rule: 'GO-2021-0052', purl: '', content: 'GO-2021-0052' });
  });
});

describe('versions and shapes', () => {
  it.each(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'])('%s is read', async (specVersion) => {
    expect((await read(bom({ specVersion, components: [{ name: 'a' }] }))).raw).toBe(1);
    expect(
      (await read(xml('<components><component type="library"><name>a</name></component></components>', specVersion)))
        .raw,
    ).toBe(1);
  });

  it.each([
    ['nothing at all', '', 'report.empty', /empty/],
    [
      '1.1',
      JSON.stringify(bom({ specVersion: '1.1' })),
      'report.unsupported-version',
      /CycloneDX 1\.1; versions 1\.2 to 1\.7/,
    ],
    ['2.0', JSON.stringify(bom({ specVersion: '2.0' })), 'report.unsupported-version', /2\.0/],
    ['SPDX', '{"spdxVersion":"SPDX-2.3","packages":[]}', 'report.not-cyclonedx', /bomFormat/],
    ['no version', '{"bomFormat":"CycloneDX"}', 'report.not-cyclonedx', /specVersion/],
    ['half a report', '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"na', 'report.truncated', /cut off/],
  ])('%s is refused', async (_, content, code, words) => {
    const error = await readReport(cyclonedx, content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it('a BOM that lists nothing has no findings', async () => {
    expect(await read(bom({}))).toMatchObject({ raw: 0, drafts: [] });
    expect(await read(xml(''))).toMatchObject({ raw: 0, drafts: [] });
  });

  it.each([
    [{ tools: [{ vendor: 'npm', name: 'cli', version: '11' }] }, 'npm 11'],
    [
      {
        tools: [
          { name: 'cyclonedx-python-lib', version: '7' },
          { name: 'checkov', version: '3' },
        ],
      },
      'checkov 3',
    ],
    [
      {
        tools: {
          components: [
            { name: 'npm', version: '11' },
            { group: '@cyclonedx', name: 'cyclonedx-library', version: '9' },
            { group: '@cyclonedx', name: 'cyclonedx-npm', version: '6.0.0' },
          ],
        },
      },
      'cyclonedx-npm 6.0.0',
    ],
    [{ tools: { components: [{ name: 'syft', version: '[not provided]' }] } }, 'syft'],
    [{ tools: { services: [{ name: 'Scanner', version: '2' }] } }, 'scanner 2'],
    [{}, ''],
  ])('%j is made by %j', async (metadata, tool) => {
    expect((await read(bom({ metadata }))).tool).toBe(tool);
  });

  it('members of a type that nobody expects do no harm', async () => {
    const components = [{ name: 7, licenses: 'MIT', hashes: {}, components: 'x' }, null, 'x'];
    const vulnerabilities = [{ id: 1, ratings: 'high', affects: { ref: 'a' }, cwes: ['x'], analysis: [] }];
    expect((await read(bom({ components, vulnerabilities }))).raw).toBe(4);
  });

  it.each([
    ['object', ['$schema', 'bomFormat'], '', true],
    ['object', ['components', 'vulnerabilities'], '{"components": [{"id": "a"', false],
    ['object', ['spdxVersion', 'packages'], '"purl":', false],
    ['xml', [], '<?xml version="1.0"?><bom serialNumber="x" xmlns="http://cyclonedx.org/schema/bom/1.4">', true],
    ['xml', [], '<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.2">', true],
    ['xml', [], '<checkstyle version="4.3">', false],
    ['xml', [], '<a><bom xmlns="http://cyclonedx.org/schema/bom/1.4"></bom></a>', false],
    ['xml', [], '<!-- no root -->', false],
  ] as const)('recognises %s of %j %s: %s', (root, keys, text, isOurs) => {
    const element = xmlRoot(text);
    expect(cyclonedx.recognises({ root, keys: new Set<string>(keys), text, ...(element && { element }) })).toBe(isOurs);
  });
});

describe('taken all the way', () => {
  it('the same component twice is one finding, in two places two', async () => {
    const a = { 'bom-ref': 'a', type: 'library', name: 'a', purl: 'pkg:npm/a@1' };
    const { summary } = await parseContent(
      cyclonedx,
      JSON.stringify(bom({ components: [a, a, { ...a, 'bom-ref': 'b' }] })),
    );
    expect(summary).toMatchObject({ raw: 3, findings: 2, merged: 1, filtered: 0 });
  });

  it('a component keeps its identity when its version changes', async () => {
    const ids = async (version: string) => {
      const components = [{ type: 'library', name: 'a', version, purl: `pkg:npm/a@${version}` }];
      return (await parseContent(cyclonedx, JSON.stringify(bom({ components })))).records.map(({ id }) => id);
    };
    expect(await ids('2')).toEqual(await ids('1'));
  });

  it.each([
    ['osv-scanner-go.json', 127],
    ['retire-vex-1.6.json', 11],
    ['checkov.xml', 73],
  ])('every record of %s is a finding of its own', async (name, raw) => {
    const { records, summary } = await parseContent(cyclonedx, await fixture(name));
    expect(summary).toMatchObject({ raw, findings: raw });
    expect(new Set(records.map(({ id }) => id)).size).toBe(raw);
  });
});

describe('left to itself', () => {
  const names = readdirSync(join(import.meta.dirname, 'fixtures')).filter((name) => name !== 'README.md');
  it.each(names)('cyclonedx and nobody else knows %s', async (name) => {
    expect(await formatOf(await fixture(name))).toBe('cyclonedx');
  });
});
