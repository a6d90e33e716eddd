import type { Draft, Finding } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Changes, found, image, judged, readVex, statusOf } from '../../testing/judge-by-vex.ts';

const csaf = await readVex('csaf');

describe('the step vex with CSAF', () => {
  const express = 'pkg:npm/express';
  const openssl = 'pkg:rpm/redhat/openssl@3.0.7-1.el9';
  it.each<[string, Draft<Finding>, Changes, string]>([
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
    expect(await statusOf(csaf, finding, changes)).toBe(expected);
  });

  it('takes reasons and actions from where the document has them', async () => {
    const { deltas, warnings } = await judged(
      [csaf],
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
