import { explain, InvalidInput, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { read, xml } from '../../testing/cyclonedx-bom.ts';
import { readReport } from '../../testing/read-report.ts';
import { cyclonedx } from './index.ts';

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
      xml(`<components><component type="library">${'<a/>'.repeat(2 ** 18)}</component></components>`),
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
