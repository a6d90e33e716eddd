import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, InvalidInput, Kind, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { FindingDraft } from '../../adapter.ts';
import { recognise } from '../../sniff.ts';
import { parseContent } from '../../testing/parse-fixture.ts';
import { type ReadOptions, type ReadReport, readReport } from '../../testing/read-report.ts';
import { adapters } from '../by-name.ts';
import { cyclonedx } from './index.ts';

const fixture = (name: string) => readFile(join(import.meta.dirname, 'fixtures', name));

async function read(content: string | Uint8Array | object, options?: ReadOptions): Promise<ReadReport> {
  const text = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  const report = await readReport(cyclonedx, text, options);
  expect(report.unexplained).toBe(0);
  return report;
}

const ofKind = (drafts: readonly FindingDraft[], kind: Kind) => drafts.filter((draft) => draft.kind === kind);
const bom = (more: object) => ({ bomFormat: 'CycloneDX', specVersion: '1.6', ...more });
const xml = (inner: string, version = '1.6') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/${version}">${inner}</bom>`;

async function vulnerability(value: object, components: unknown[] = []): Promise<FindingDraft> {
  const { drafts } = await read(bom({ components, vulnerabilities: [{ id: 'CVE-2020-0001', ...value }] }));
  const draft = drafts.find(({ kind }) => kind === Kind.VULNERABILITY);
  if (!draft) throw new Error('a vulnerability was expected');
  return draft;
}

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

describe('components', () => {
  const nested = {
    components: [
      {
        name: 'a',
        components: [
          { name: 'b', components: [{ name: 'c' }] },
          { name: 'd', pedigree: {} },
        ],
      },
      { name: 'e' },
    ],
    metadata: { component: { name: 'self', components: [{ name: 'part' }] } },
  };
  it('count however deep they are, but not what the BOM is about', async () => {
    expect((await read(bom(nested))).drafts.map(({ title }) => title)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const inXml = xml(
      `<metadata><tools><components><component type="application"><name>tool</name></component></components></tools>
       <component type="application"><name>self</name></component></metadata>
       <components>
         <component type="library"><name>a</name><components>
           <component type="library"><name>b</name></component>
           <component type="library"><name>c</name>
             <pedigree><ancestors><component type="library"><name>old</name></component></ancestors></pedigree>
           </component></components></component>
         <component type="library"><name>d</name></component>
       </components>`,
    );
    expect((await read(inXml)).drafts.map(({ title }) => title).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('say what they are', async () => {
    const component = {
      type: 'library',
      'bom-ref': 'r1',
      group: '@acme',
      name: 'shop',
      version: '1.2.3',
      description: 'A shop',
      purl: 'pkg:npm/%40acme/shop@1.2.3',
      scope: 'required',
      licenses: [{ license: { id: 'MIT' } }, { license: { name: 'Own' } }, { expression: 'A OR B' }],
      hashes: [
        { alg: 'MD5', content: 'no' },
        { alg: 'SHA-256', content: 'c0ffee' },
      ],
      cpe: 'cpe:2.3:a:acme:shop:1.2.3:*:*:*:*:*:*:*',
    };
    const expected = {
      rule: 'library',
      title: '@acme/shop@1.2.3',
      description: 'A shop',
      severity: Severity.INFO,
      kind: Kind.COMPONENT,
      purl: 'pkg:npm/%40acme/shop@1.2.3',
      properties: {
        type: 'library',
        version: '1.2.3',
        scope: 'required',
        licenses: 'MIT, Own, A OR B',
        cpe: 'cpe:2.3:a:acme:shop:1.2.3:*:*:*:*:*:*:*',
        bomRef: 'r1',
        sha256: 'c0ffee',
      },
      content: '@acme/shop',
    };
    expect((await read(bom({ components: [component] }))).drafts).toEqual([expected]);
    const inXml = xml(
      `<components><component type="library" bom-ref="r1"><group>@acme</group><name>shop</name>
       <version>1.2.3</version><description>A <![CDATA[shop]]></description><scope>required</scope>
       <hashes><hash alg="MD5">no</hash><hash alg="SHA-256">c0ffee</hash></hashes>
       <licenses><license><id>MIT</id></license><license><name>Own</name></license><expression>A OR B</expression></licenses>
       <cpe>cpe:2.3:a:acme:shop:1.2.3:*:*:*:*:*:*:*</cpe><purl>pkg:npm/%40acme/shop@1.2.3</purl>
       </component></components>`,
    );
    expect((await read(inXml)).drafts).toEqual([expected]);
  });

  it('need no purl, and keep their name when their version changes', async () => {
    const draft = async (version: string) =>
      (await read(bom({ components: [{ type: 'file', name: '/package-lock.json', version }] }))).drafts[0];
    expect(await draft('1')).toMatchObject({ purl: '', title: '/package-lock.json@1', content: '/package-lock.json' });
    expect((await draft('2'))?.content).toBe((await draft('1'))?.content);
  });
});

describe('what a vulnerability affects', () => {
  const components = [
    { 'bom-ref': 'a', name: 'a', version: '1', purl: 'pkg:npm/a@1' },
    { 'bom-ref': 'b', name: 'b', version: '2', purl: 'pkg:npm/b@2', components: [{ 'bom-ref': 'c', name: 'c' }] },
    { 'bom-ref': 'b3', name: 'b', version: '3', purl: 'pkg:npm/b@3' },
  ];
  it.each([
    [['a'], 'pkg:npm/a@1', 'a@1', undefined],
    [['a', 'b', 'c'], 'pkg:npm/a@1', 'a@1', 'pkg:npm/b@2 c'],
    [['c'], '', 'c', undefined],
    [['c', 'b'], 'pkg:npm/b@2', 'b@2', 'c'],
    [['pkg:npm/a@1'], 'pkg:npm/a@1', 'a@1', undefined],
    [['pkg:npm/a'], 'pkg:npm/a@1', 'a@1', undefined],
    // Two versions answer: which one is not said.
    [['pkg:npm/b'], 'pkg:npm/b', undefined, undefined],
    [['pkg:npm/unknown@9'], 'pkg:npm/unknown@9', undefined, undefined],
    [['urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fa%401'], 'pkg:npm/a@1', 'a@1', undefined],
    [['nobody'], '', undefined, undefined],
    [[''], '', undefined, undefined],
    [[], '', undefined, undefined],
  ])('%j → %s', async (refs, purl, component, otherAffected) => {
    const affects = refs.map((ref) => ({ ref }));
    const inOrder = bom({ components, vulnerabilities: [{ id: 'V', affects }] });
    const behind = bom({ vulnerabilities: [{ id: 'V', affects }], components });
    for (const document of [inOrder, behind]) {
      const report = await read(document);
      expect(report.raw).toBe(5);
      const draft = report.drafts.find(({ rule }) => rule === 'V');
      expect(draft?.purl).toBe(purl);
      expect(draft?.properties?.['component']).toBe(component);
      expect(draft?.properties?.['otherAffected']).toBe(otherAffected);
    }
  });

  it('may be what the BOM is about', async () => {
    const metadata = { component: { 'bom-ref': 'self', name: 'shop', purl: 'pkg:npm/shop@1' } };
    const { drafts } = await read(bom({ metadata, vulnerabilities: [{ id: 'V', affects: [{ ref: 'self' }] }] }));
    expect(drafts).toMatchObject([{ purl: 'pkg:npm/shop@1' }]);
  });
});

describe('ratings', () => {
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  it.each([
    [
      'the best method',
      [
        { method: 'CVSSv2', severity: 'low' },
        { method: 'CVSSv31', severity: 'high' },
      ],
      4,
      undefined,
    ],
    ['score and vector', [{ method: 'CVSSv31', score: 9.8, severity: 'critical', vector }], 5, { score: 9.8, vector }],
    ['a score without a severity', [{ method: 'CVSSv3', score: 9 }], 5, { score: 9, vector: '' }],
    ['version 2, which ends at high', [{ method: 'CVSSv2', score: 10 }], 4, { score: 10, vector: '' }],
    ['a score of 4', [{ method: 'CVSSv4', score: '4.0' }], 3, { score: 4, vector: '' }],
    ['none', [{ method: 'CVSSv31', severity: 'none' }], 1, undefined],
    ['unknown', [{ severity: 'unknown' }], 0, undefined],
    ['the known one of two', [{ method: 'CVSSv4', severity: 'unknown' }, { severity: 'low' }], 2, undefined],
    ['a score of no known method', [{ method: 'other', score: 9 }], 0, undefined],
    ['nothing', [], 0, undefined],
  ])('take %s', async (_, ratings, severity, cvss) => {
    const draft = await vulnerability({ ratings });
    expect(draft.severity).toBe(severity);
    expect(draft.cvss).toEqual(cvss);
  });
});

describe('analysis (VEX)', () => {
  it.each([
    [
      'not_affected',
      { justification: 'code_not_reachable', detail: 'no TLS' },
      'not_affected: code_not_reachable: no TLS',
    ],
    ['false_positive', {}, 'false_positive'],
    ['resolved', {}, 'resolved'],
    ['resolved_with_pedigree', {}, 'resolved_with_pedigree'],
    ['exploitable', {}, undefined],
    ['in_triage', {}, undefined],
  ])('%s', async (state, more, justification) => {
    const draft = await vulnerability({ analysis: { state, ...more } });
    expect(draft.suppression).toEqual(justification === undefined ? undefined : { kind: 'vex', justification });
    expect(draft.properties).toMatchObject({ analysisState: state });
  });
});

describe('XML', () => {
  it('holds vulnerabilities as JSON does', async () => {
    const inXml = xml(
      `<components><component type="library" bom-ref="r"><name>a</name><purl>pkg:npm/a@1</purl></component></components>
       <vulnerabilities><vulnerability bom-ref="v"><id>CVE-2021-44228</id><source><name>NVD</name><url>https://nvd.nist.gov/x</url></source>
       <references><reference><id>GHSA-jfh8-c2jp-5v3q</id><source><url>https://github.com/advisories/y</url></source></reference></references>
       <ratings><rating><score>10.0</score><severity>critical</severity><method>CVSSv31</method><vector>V</vector></rating></ratings>
       <cwes><cwe>20</cwe><cwe>502</cwe></cwes><description>JNDI &amp; lookups</description>
       <advisories><advisory><url>https://example.org/z</url></advisory></advisories>
       <analysis><state>not_affected</state><justification>code_not_present</justification></analysis>
       <affects><target><ref>r</ref><versions><version><version>1</version></version></versions></target></affects>
       </vulnerability></vulnerabilities>`,
    );
    const report = await read(inXml);
    expect(report.raw).toBe(2);
    expect(report.drafts[1]).toMatchObject({
      rule: 'CVE-2021-44228',
      title: 'JNDI & lookups',
      severity: Severity.CRITICAL,
      cvss: { score: 10, vector: 'V' },
      cves: ['CVE-2021-44228'],
      cwes: [20, 502],
      purl: 'pkg:npm/a@1',
      references: ['https://nvd.nist.gov/x', 'https://example.org/z', 'https://github.com/advisories/y'],
      suppression: { kind: 'vex', justification: 'not_affected: code_not_present' },
    });
  });

  it('of 1.2 holds vulnerabilities in an extension, and other extensions do not count', async () => {
    const inXml = `<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"
      xmlns:x="urn:other"><b:components><b:component type="library" bom-ref="r"><b:name>a</b:name><b:purl>pkg:npm/a@1</b:purl>
      <x:components><x:component>no</x:component></x:components>
      <v:vulnerabilities><v:vulnerability ref="r"><v:id>CVE-2018-7489</v:id><v:ratings><v:rating>
      <v:score><v:base>9.8</v:base></v:score><v:severity>Critical</v:severity><v:method>CVSSv3</v:method></v:rating></v:ratings>
      </v:vulnerability></v:vulnerabilities></b:component></b:components></b:bom>`;
    const report = await read(inXml);
    expect(report.raw).toBe(2);
    expect(report.drafts[1]).toMatchObject({
      rule: 'CVE-2018-7489',
      severity: 5,
      cvss: { score: 9.8 },
      purl: 'pkg:npm/a@1',
    });
  });

  const deep = '<component type="library"><name>x</name><components>';
  it.each([
    ['a document type', `<!DOCTYPE bom [<!ENTITY a "aaaa">]>${xml('')}`.replace(/<\?xml.*\?>\n/, ''), 'report.dtd'],
    ['an entity nobody defined', xml('<components>&lol;</components>'), 'report.not-xml'],
    ['another document', '<html xmlns="http://www.w3.org/1999/xhtml"></html>', 'report.not-cyclonedx'],
    ['a BOM without its namespace', '<bom><components/></bom>', 'report.not-cyclonedx'],
    ['a version that is not read', xml('', '1.1'), 'report.unsupported-version'],
    ['half a document', xml('<components><component type="library"><name>a').slice(0, -6), 'report.truncated'],
    ['mismatched tags', xml('<components></component>'), 'report.not-xml'],
    ['a nesting without end', xml(`<components>${deep.repeat(200)}`), 'report.too-deep'],
    [
      'a text without end',
      xml(`<components><component type="library"><name>${'a'.repeat(9 * 2 ** 20)}`),
      'report.too-large',
    ],
    [
      'elements without end',
      xml(`<components><component type="library">${'<a/>'.repeat(2 ** 18)}`),
      'report.too-large',
    ],
  ])('refuses %s', async (_, content, code) => {
    const error = await readReport(cyclonedx, content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code });
  });

  it.each([
    ['ends', '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">\n<components>\n', 'ends at line 3', 'submit it whole'],
    ['is broken', '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">\n<hunter2 =', 'at line 2', 'own output'],
  ])('says where a report %s, and quotes nothing of it', async (_, content, place, repair) => {
    const error = await readReport(cyclonedx, content).catch((reason: unknown) => reason);
    expect(explain(error)).toContain(place);
    expect(explain(error)).toContain(repair);
    expect(explain(error)).not.toMatch(/hunter2|components/);
  });

  it('refuses what is not UTF-8', async () => {
    const bytes = Buffer.from(
      xml('<components><component type="library"><name>é</name></component></components>'),
      'latin1',
    );
    await expect(readReport(cyclonedx, bytes)).rejects.toMatchObject({ code: 'report.not-xml' });
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
    ['xml', [], '<checkstyle version="4.3">', false],
  ] as const)('recognises %s of %j %s: %s', (root, keys, text, isOurs) => {
    expect(cyclonedx.recognises({ root, keys: new Set<string>(keys), text })).toBe(isOurs);
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
    const bytes = await fixture(name);
    const report = {
      sourceRoot: '',
      open: async function* () {
        yield bytes;
      },
    };
    expect((await recognise(report, adapters.values())).name).toBe('cyclonedx');
  });
});
