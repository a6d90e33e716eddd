import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, type Draft, digestOf, type Finding } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { Delta } from '../../step.ts';
import { batchOf, contextWith } from '../../testing/batch-of.ts';
import { vex } from './index.ts';

const [openvex, cyclonedx, csaf] = await Promise.all(
  ['openvex.json', 'cyclonedx.json', 'csaf.json'].map((name) =>
    readFile(join(import.meta.dirname, 'fixtures', name), 'utf8'),
  ),
);
const documents = { openvex, cyclonedx, csaf } as Readonly<Record<'openvex' | 'cyclonedx' | 'csaf', string>>;
const image = (digit: string) => `sha256:${digit.repeat(64)}`;

async function judged(
  texts: string[],
  findings: readonly Draft<Finding>[],
  { product = '', ...changes }: Partial<Batch> & { product?: string } = {},
): Promise<{ deltas: Delta[]; warnings: unknown[][] }> {
  const { context, warnings } = contextWith(...texts);
  const blob = texts.map((text) => digestOf(Buffer.from(text))).join(' ');
  const prepared = await vex.prepare(vex.params.parse({ blob, ...(product ? { product } : {}) }), context);
  return { deltas: vex.run(batchOf(findings, changes), prepared, new Date(0)), warnings };
}

/** "not_affected!" of a suppression, "affected" of annotations, "" of nothing. */
async function statusOf(document: keyof typeof documents, finding: Draft<Finding>, changes = {}): Promise<string> {
  const { deltas } = await judged([documents[document]], [finding], changes);
  const [delta] = deltas;
  return delta ? `${delta.annotations?.['vex.status']}${delta.suppression ? '!' : ''}` : '';
}

const found = (id: string, purl = '', digest = ''): Draft<Finding> => ({
  rule: id,
  cves: id.startsWith('CVE') ? [id] : [],
  purl,
  digest,
});
const log4j = 'pkg:maven/org.apache.logging.log4j/log4j-core';
const target = (name: string) => ({ target: { name, kind: 'image' } });

describe('the step vex with OpenVEX', () => {
  it.each<[string, Draft<Finding>, object, string]>([
    ['the version', found('CVE-2021-44228', `${log4j}@2.14.1`), {}, 'not_affected!'],
    ['an alias as the rule', found('GHSA-jfh8-c2jp-5v3q', `${log4j}@2.14.1`), {}, 'not_affected!'],
    [
      'an alias of the finding',
      { ...found('TOOL-1', `${log4j}@2.14.1`), properties: { a: 'b', aliases: 'X CVE-2021-44228' } },
      {},
      'not_affected!',
    ],
    ['what is a jar by default', found('CVE-2021-44228', `${log4j}@2.14.1?type=jar`), {}, 'not_affected!'],
    ['another version', found('CVE-2021-44228', `${log4j}@2.14.2`), {}, ''],
    ['no version', found('CVE-2021-44228', log4j), {}, ''],
    ['another package', found('CVE-2021-44228', 'pkg:maven/org.apache.logging.log4j/log4j-api@2.14.1'), {}, ''],
    ['another vulnerability', found('CVE-2021-45046', `${log4j}@2.14.1`), {}, ''],
    ['no package', found('CVE-2021-44228'), {}, ''],
    ['the newest of two statements', found('CVE-2020-8203', 'pkg:npm/lodash@4.17.15'), {}, 'affected'],
    ['fixed, of no version', found('CVE-2022-0007', 'pkg:npm/lodash@4.17.15'), {}, 'fixed'],
    ['a part of the image by digest', found('CVE-2022-0001', 'pkg:apk/wolfi/zlib@1.3', image('1')), {}, 'fixed!'],
    [
      'a part of the image that was scanned',
      found('CVE-2022-0001', 'pkg:apk/wolfi/zlib@1.3'),
      { revision: image('1') },
      'fixed!',
    ],
    ['a part of another image', found('CVE-2022-0001', 'pkg:apk/wolfi/zlib@1.3'), { revision: image('9') }, ''],
    ['a part of an unknown image', found('CVE-2022-0001', 'pkg:apk/wolfi/zlib@1.3'), target('ghcr.io/acme/shop'), ''],
    [
      'a part with its qualifiers',
      found('CVE-2022-0001', 'pkg:apk/wolfi/busybox@1.36.0-r1?arch=x86_64&distro=wolfi', image('1')),
      {},
      'fixed!',
    ],
    [
      'a part of another architecture',
      found('CVE-2022-0001', 'pkg:apk/wolfi/busybox@1.36.0-r1?arch=arm64', image('1')),
      {},
      '',
    ],
    [
      'the image by its repository',
      found('CVE-2022-0002', 'pkg:deb/debian/a@1'),
      target('ghcr.io/acme/shop:1.2'),
      'under_investigation',
    ],
    ['another repository', found('CVE-2022-0002', 'pkg:deb/debian/a@1'), target('ghcr.io/acme/shop2'), ''],
    ['a product by its hash', found('CVE-2022-0003', 'pkg:deb/debian/a@1', image('2')), {}, 'not_affected!'],
    [
      'a product that the parameter names',
      found('CVE-2022-0004', 'pkg:npm/ws@8.0.0'),
      { product: 'https://example.com/products/shop' },
      'not_affected!',
    ],
    ['a product that nobody names', found('CVE-2022-0004', 'pkg:npm/ws@8.0.0'), {}, ''],
    [
      'a product as a package, by the parameter',
      found('CVE-2022-0002'),
      { product: 'x pkg:oci/shop?repository_url=ghcr.io/acme/shop' },
      'under_investigation',
    ],
  ])('knows %s', async (_, finding, changes, expected) => {
    expect(await statusOf('openvex', finding, changes)).toBe(expected);
  });

  it('gives the reason and where it is from, once for all findings of a statement', async () => {
    const affected = found('CVE-2021-44228', `${log4j}@2.14.1`);
    const { deltas } = await judged(
      [documents.openvex],
      [affected, found('G404'), affected, found('CVE-2020-8203', 'pkg:npm/lodash@1')],
    );
    expect(deltas).toEqual([
      {
        positions: [0, 2],
        suppression: { kind: 'vex', justification: 'vulnerable_code_not_in_execute_path: Lookups are switched off.' },
        annotations: {
          'vex.status': 'not_affected',
          'vex.vulnerability': 'CVE-2021-44228',
          'vex.justification': 'vulnerable_code_not_in_execute_path',
          'vex.impact': 'Lookups are switched off.',
          'vex.document': 'https://vex.example.com/shop-1',
          'vex.date': '2026-01-10T00:00:00.000Z',
        },
      },
      {
        positions: [3],
        annotations: {
          'vex.status': 'affected',
          'vex.vulnerability': 'CVE-2020-8203',
          'vex.action': 'Update to 4.17.21.',
          'vex.document': 'https://vex.example.com/shop-1',
          'vex.date': '2026-01-06T00:00:00.000Z',
        },
      },
    ]);
  });

  it('suppresses a finding of several vulnerabilities only when each is settled', async () => {
    const of = (...cves: string[]) => judged([documents.openvex], [{ rule: 'x', cves, purl: `${log4j}@2.14.1` }]);
    expect((await of('CVE-2021-44228', 'CVE-2021-45046')).deltas).toMatchObject([
      { annotations: { 'vex.status': 'not_affected' } },
    ]);
    expect((await of('CVE-2021-44228', 'CVE-2021-45046')).deltas[0]?.suppression).toBeUndefined();
    const other = documents.openvex
      .replace('"CVE-2022-0005"', '"CVE-2021-45046"')
      .replace('pkg:npm/a', log4j)
      .replace('"perhaps"', '"not_affected"');
    const { deltas } = await judged(
      [other],
      [{ rule: 'x', cves: ['CVE-2021-44228', 'CVE-2021-45046'], purl: `${log4j}@2.14.1` }],
    );
    expect(deltas[0]?.suppression?.kind).toBe('vex');
  });

  it('logs once what can match nothing', async () => {
    const { warnings } = await judged([documents.openvex], [found('CVE-2022-0006'), found('CVE-2022-0006')]);
    expect(warnings).toEqual([
      [
        {
          reasons: {
            'unknown status "perhaps"': 1,
            '"https://example.com/products/shop" is neither package, digest nor a product of this target': 1,
            '"https://example.com/other" is neither package, digest nor a product of this target': 1,
          },
        },
        'VEX statements that match nothing',
      ],
    ]);
  });

  it('reads the strings of 0.0.1', async () => {
    const old = {
      '@context': 'https://openvex.dev/ns',
      timestamp: '2023-01-01T00:00:00Z',
      statements: [
        {
          vulnerability: 'CVE-2023-1',
          products: ['pkg:npm/app'],
          subcomponents: ['pkg:npm/dep'],
          status: 'not_affected',
        },
      ],
    };
    const { deltas } = await judged([JSON.stringify(old)], [found('CVE-2023-1', 'pkg:npm/dep@1')], {
      product: 'pkg:npm/app',
    });
    expect(deltas[0]?.suppression).toEqual({ kind: 'vex', justification: 'not_affected' });
  });
});

describe('the step vex with CycloneDX', () => {
  const requests = 'pkg:pypi/requests';
  it.each<[string, Draft<Finding>, object, string]>([
    [
      'a component of another document',
      found('CVE-2020-25649', 'pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0'),
      {},
      'not_affected!',
    ],
    [
      'a reference as the rule',
      found('SNYK-JAVA-1', 'pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0'),
      {},
      'not_affected!',
    ],
    ['a component inside a component', found('CVE-2023-32681', `${requests}@2.30.0`), {}, 'false_positive!'],
    ['resolved as fixed in its version', found('CVE-2023-0002', `${requests}@2.30.0`), {}, 'fixed!'],
    ['a listed version, affected by default', found('CVE-2023-0001', `${requests}@2.28.0`), {}, 'affected'],
    ['a version in an affected range', found('CVE-2023-0001', `${requests}@2.30.0`), {}, 'affected'],
    ['a version in an unaffected range', found('CVE-2023-0001', `${requests}@2.31.0`), {}, 'not_affected!'],
    ['a version in no range', found('CVE-2023-0001', `${requests}@2.27.0`), {}, ''],
    ['a version whose order nobody knows', found('CVE-2023-0001', `${requests}@2.31.0rc1`), {}, ''],
    [
      'the product as the target',
      found('CVE-2023-0003', 'pkg:npm/a@1'),
      target('github.com/acme/shop'),
      'under_investigation',
    ],
    ['another target', found('CVE-2023-0003', 'pkg:npm/a@1'), target('github.com/acme/shop2'), ''],
    ['no analysis', found('CVE-2023-0004', `${requests}@2.30.0`), {}, ''],
  ])('knows %s', async (_, finding, changes, expected) => {
    expect(await statusOf('cyclonedx', finding, changes)).toBe(expected);
  });

  it('tells of unknown states and unreadable versions', async () => {
    const { warnings } = await judged([documents.cyclonedx], []);
    expect(warnings).toEqual([
      [{ reasons: { 'unreadable versions "all old ones"': 1, 'unknown state "maybe"': 1 } }, expect.any(String)],
    ]);
  });
});

describe('the step vex with CSAF', () => {
  const express = 'pkg:npm/express';
  const openssl = 'pkg:rpm/redhat/openssl@3.0.7-1.el9';
  it.each<[string, Draft<Finding>, object, string]>([
    ['a version in a range of the tree', found('CVE-2024-29041', `${express}@4.18.0`), {}, 'affected'],
    ['a version of the tree', found('CVE-2024-29041', `${express}@4.19.2`), {}, 'fixed!'],
    ['another id', found('GHSA-rv95-896h-c2vc', `${express}@4.19.2`), {}, 'fixed!'],
    ['a version that is in neither', found('CVE-2024-29041', `${express}@5.0.0`), {}, ''],
    ['under investigation', found('CVE-2024-0001', `${express}@4.19.2`), {}, 'under_investigation'],
    [
      'a component of a product that the parameter names',
      found('CVE-2024-0001', openssl),
      { product: 'cpe:/o:example:linux:9' },
      'not_affected!',
    ],
    ['the same by its id in the document', found('CVE-2024-0001', openssl), { product: 'linux-9' }, 'not_affected!'],
    ['the same on something else', found('CVE-2024-0001', openssl), {}, ''],
    ['a file by its hash', found('CVE-2024-0001', '', image('3')), {}, 'not_affected!'],
  ])('knows %s', async (_, finding, changes, expected) => {
    expect(await statusOf('csaf', finding, changes)).toBe(expected);
  });

  it('takes reasons and actions from where the document has them', async () => {
    const { deltas, warnings } = await judged(
      [documents.csaf],
      [
        found('CVE-2024-0001', openssl),
        found('CVE-2024-29041', `${express}@4.18.0`),
        found('CVE-2024-0001', '', image('3')),
      ],
      { product: 'linux-9' },
    );
    expect(
      deltas.map(({ suppression, annotations }) => suppression?.justification ?? annotations?.['vex.action']),
    ).toEqual([
      'vulnerable_code_not_present: It is built without that.',
      'Update to 4.19.2.',
      'vulnerable_code_not_present',
    ]);
    expect(warnings[0]?.[0]).toEqual({
      reasons: {
        'product "P-GONE" is not in the product tree': 1,
        '"pkg:npm/express" is neither package, digest nor a product of this target': 1,
      },
    });
  });
});

describe('the step vex', () => {
  it('lets the newest statement of several documents win', async () => {
    const newer = documents.openvex.replaceAll('2026-01-10', '2026-06-01').replace('"not_affected"', '"affected"');
    const finding = found('CVE-2021-44228', `${log4j}@2.14.1`);
    for (const texts of [
      [documents.openvex, newer],
      [newer, documents.openvex],
    ]) {
      expect((await judged(texts, [finding])).deltas).toMatchObject([{ annotations: { 'vex.status': 'affected' } }]);
    }
  });

  it('takes the later of two of one time, and what is about this version before what is about any', async () => {
    const of = (...statements: [status: string, purl: string][]) =>
      JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        statements: statements.map(([status, id]) => ({
          vulnerability: { name: 'CVE-1' },
          products: [{ '@id': id }],
          status,
        })),
      });
    const statusIn = async (text: string) =>
      (await judged([text], [found('CVE-1', 'pkg:npm/a@1')])).deltas[0]?.annotations?.['vex.status'];
    expect(await statusIn(of(['affected', 'pkg:npm/a'], ['not_affected', 'pkg:npm/a']))).toBe('not_affected');
    expect(await statusIn(of(['not_affected', 'pkg:npm/a'], ['affected', 'pkg:npm/a']))).toBe('affected');
    expect(await statusIn(of(['fixed', 'pkg:npm/a@1'], ['affected', 'pkg:npm/a']))).toBe('fixed');
  });

  it('takes a short document as it is', async () => {
    const content = JSON.stringify(JSON.parse(documents.openvex));
    const prepared = await vex.prepare(vex.params.parse({ content }), contextWith().context);
    expect(vex.run(batchOf([found('CVE-2021-44228', `${log4j}@2.14.1`)]), prepared, new Date(0))).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['no JSON', 'rules: []', 'vex.invalid'],
    ['another JSON', '{"a": 1}', 'vex.invalid'],
    ['a list', '[]', 'vex.invalid'],
    ['nesting without end', '['.repeat(1_000_000), 'vex.invalid'],
    [
      'more products than can be kept',
      JSON.stringify({
        '@context': 'https://openvex.dev/ns',
        statements: Array(21).fill({ vulnerability: 'CVE-1', status: 'fixed', products: Array(10_000).fill('') }),
      }),
      'vex.too-large',
    ],
    ['a document without end', ' '.repeat(16 * 1024 * 1024 + 1), 'vex.too-large'],
  ])('refuses %s', async (_, text, code) => {
    await expect(judged([text], [])).rejects.toMatchObject({ code });
  });

  it.each<[string, string]>([
    [
      'a tree that is deep',
      `{"document":{"csaf_version":"2.0"},"product_tree":{"branches":[${'{"branches":['.repeat(5000)}${']}'.repeat(5000)}]}}`,
    ],
    [
      'components that are deep',
      `{"bomFormat":"CycloneDX","components":[${'{"components":['.repeat(5000)}${']}'.repeat(5000)}]}`,
    ],
    [
      'members of other types',
      '{"@context":["https://openvex.dev/ns"],"statements":[1,null,{"status":"fixed","vulnerability":{"name":["x"]},"products":{}}]}',
    ],
    [
      'ids of prototypes',
      '{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"__proto__","analysis":{"state":"constructor"},"affects":[{"ref":"__proto__"}]}]}',
    ],
    [
      'a tree of other types',
      '{"document":{"csaf_version":"2.0"},"product_tree":[],"vulnerabilities":[{"cve":"CVE-1","product_status":[["x"]]},7]}',
    ],
  ])('says nothing of findings by %s', async (_, text) => {
    expect((await judged([text], [found('CVE-1', 'pkg:npm/a@1'), found('__proto__')])).deltas).toEqual([]);
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'needs blob'],
    [{ blob: 'sha256:12' }, 'must be digests'],
    [{ blob: ' ' }, 'must be digests'],
    [{ blob: Array(17).fill(image('1')).join('+') }, 'at most 16'],
    [{ blob: image('1'), url: 'x' }, 'url'],
  ])('refuses the parameters %j', (params, sentence) => {
    expect(() => vex.params.parse(params)).toThrow(sentence);
  });
});
