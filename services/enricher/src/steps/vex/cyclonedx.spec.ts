import type { Draft, Finding } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Changes, found, judged, readVex, statusOf, target } from '../../testing/judge-by-vex.ts';

const cyclonedx = await readVex('cyclonedx');

describe('the step vex with CycloneDX', () => {
  const requests = 'pkg:pypi/requests';
  it.each<[string, Draft<Finding>, Changes, string]>([
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
    expect(await statusOf(cyclonedx, finding, changes)).toBe(expected);
  });

  it.each([
    ['2.30.0', '2.30.0', 'not_affected!'],
    ['2.30.0', '2.31.0', ''],
    ['two words', '2.30.0', ''],
    ['', '2.30.0', 'not_affected!'],
  ])(
    'takes the version %j of a component whose package URL has none to be about %s or not',
    async (version, of, expected) => {
      const document = {
        bomFormat: 'CycloneDX',
        components: [{ 'bom-ref': 'r', purl: requests, version }],
        vulnerabilities: [{ id: 'CVE-1', analysis: { state: 'not_affected' }, affects: [{ ref: 'r' }] }],
      };
      expect(await statusOf(JSON.stringify(document), found('CVE-1', `${requests}@${of}`))).toBe(expected);
    },
  );

  it('tells of unknown states and unreadable versions', async () => {
    const { warnings } = await judged([cyclonedx], []);
    expect(warnings).toEqual([
      [{ reasons: { 'unreadable versions "all old ones"': 1, 'unknown state "maybe"': 1 } }, expect.any(String)],
    ]);
  });
});
