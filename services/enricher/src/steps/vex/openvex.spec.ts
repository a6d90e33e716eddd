import type { Draft, Finding } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Changes, found, image, judged, readVex, statusOf, target } from '../../testing/judge-by-vex.ts';

const openvex = await readVex('openvex');
const log4j = 'pkg:maven/org.apache.logging.log4j/log4j-core';

describe('the step vex with OpenVEX', () => {
  it.each<[string, Draft<Finding>, Changes, string]>([
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
    expect(await statusOf(openvex, finding, changes)).toBe(expected);
  });

  it('gives the reason and where it is from, once for all findings of a statement', async () => {
    const affected = found('CVE-2021-44228', `${log4j}@2.14.1`);
    const { deltas } = await judged(
      [openvex],
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
    const of = (...cves: string[]) => judged([openvex], [{ rule: 'x', cves, purl: `${log4j}@2.14.1` }]);
    expect((await of('CVE-2021-44228', 'CVE-2021-45046')).deltas).toMatchObject([
      { annotations: { 'vex.status': 'not_affected' } },
    ]);
    expect((await of('CVE-2021-44228', 'CVE-2021-45046')).deltas[0]?.suppression).toBeUndefined();
    const other = openvex
      .replace('"CVE-2022-0005"', '"CVE-2021-45046"')
      .replace('pkg:npm/a', log4j)
      .replace('"perhaps"', '"not_affected"');
    const { deltas } = await judged(
      [other],
      [{ rule: 'x', cves: ['CVE-2021-44228', 'CVE-2021-45046'], purl: `${log4j}@2.14.1` }],
    );
    expect(deltas[0]?.suppression?.kind).toBe('vex');
  });

  it('does not take an alias of one vulnerability for the others of a finding', async () => {
    const finding = {
      rule: 'x',
      cves: ['CVE-2021-44228', 'CVE-2021-45046'],
      purl: `${log4j}@2.14.1`,
      properties: { aliases: 'GHSA-jfh8-c2jp-5v3q GHSA-7rjr-3q55-vv33' },
    };
    const { deltas } = await judged([openvex], [finding]);
    expect(deltas).toMatchObject([{ annotations: { 'vex.status': 'not_affected' } }]);
    expect(deltas[0]?.suppression).toBeUndefined();
  });

  it.each<[string, string, string]>([
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop', 'ghcr.io/acme/shop:2.0', 'not_affected!'],
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop&tag=2.0', 'ghcr.io/acme/shop:2.0', 'not_affected!'],
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop&tag=1.0', 'ghcr.io/acme/shop:2.0', ''],
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop&tag=1.0', 'ghcr.io/acme/shop', ''],
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop:1.0', 'ghcr.io/acme/shop:2.0', ''],
    ['pkg:oci/shop?repository_url=ghcr.io/acme/shop&arch=arm64', 'ghcr.io/acme/shop:2.0', ''],
    ['pkg:golang/example.com/a#cmd/tool', 'x', ''],
    ['pkg:golang/example.com/a', 'x', 'not_affected!'],
  ])('takes a statement about %s for what was scanned as %s or not', async (product, scanned, expected) => {
    const document = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [{ vulnerability: { name: 'CVE-1' }, products: [{ '@id': product }], status: 'not_affected' }],
    };
    const finding = found('CVE-1', 'pkg:golang/example.com/a@v1.0.0');
    expect(await statusOf(JSON.stringify(document), finding, target(scanned))).toBe(expected);
  });

  it.each([
    ['pkg:rpm/redhat/openssl@3.0.7-27.el9', '', 'fixed!'],
    ['pkg:rpm/redhat/openssl@3.0.7-27.el9', '&epoch=0', 'fixed!'],
    ['pkg:rpm/redhat/openssl@3.0.7-27.el9', '&epoch=1', ''],
    ['pkg:rpm/redhat/openssl@3.0.7-27.el9?epoch=1', '&epoch=1', 'fixed!'],
    ['pkg:rpm/redhat/openssl@3.0.7-27.el9?epoch=1', '', ''],
  ])('takes %s for the version of %s or not', async (product, epoch, expected) => {
    const document = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [{ vulnerability: { name: 'CVE-1' }, products: [{ '@id': product }], status: 'fixed' }],
    };
    const finding = found('CVE-1', `pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64${epoch}`);
    expect(await statusOf(JSON.stringify(document), finding)).toBe(expected);
  });

  it('logs once what can match nothing', async () => {
    const { warnings } = await judged([openvex], [found('CVE-2022-0006'), found('CVE-2022-0006')]);
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
