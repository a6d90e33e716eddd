import { Kind, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { bom, read, xml } from '../../testing/cyclonedx-bom.ts';

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
