import { type Draft, type Finding, Kind } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { batchOf } from '../../testing/batch-of.ts';
import { deduplicate } from './index.ts';

const cve = { cves: ['CVE-2021-23337'], purl: 'pkg:npm/lodash@4.17.15', kind: Kind.VULNERABILITY };
const advisory = { rule: 'GHSA-35jh-r3h4-6jhm', purl: 'pkg:npm/lodash@4.17.15', kind: Kind.VULNERABILITY };
const weakness = { rule: 'G101', location: { path: 'main.go' } };

describe('the step deduplicate', () => {
  it.each<[string, Draft<Finding>[], number[] | undefined]>([
    ['everything by no positions', [cve, cve], []],
    ['those with a CVE and a package among others', [weakness, cve, advisory, cve], [1, 3]],
    ['several CVEs', [{ ...cve, cves: ['CVE-1', 'CVE-2'] }], []],
    ['nothing of an advisory that has no CVE', [advisory], undefined],
    ['nothing of a CVE without a package', [{ ...cve, purl: '' }], undefined],
    ['nothing of a weakness', [weakness], undefined],
    ['nothing of no findings', [], undefined],
  ])('names %s', (_, findings, positions) => {
    const deltas = deduplicate.run(batchOf(findings), undefined, new Date(0));
    expect(deltas).toEqual(positions === undefined ? [] : [{ anyTool: true, positions }]);
  });

  it('takes no parameters', () => {
    expect(deduplicate.params.safeParse({ by: 'cve' }).success).toBe(false);
  });
});
