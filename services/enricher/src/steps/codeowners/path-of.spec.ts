import { findingType } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { pathOf } from './path-of.ts';

const encoded = (json: Record<string, unknown>) => findingType.encode(findingType.fromJson(json));

describe('the path of an encoded finding', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no location', { rule: 'a' }, ''],
    ['a location without a path', { location: { startLine: 3 } }, ''],
    ['a path alone', { location: { path: 'src/a.c' } }, 'src/a.c'],
    ['umlauts', { location: { path: 'src/ä/ñ.c' } }, 'src/ä/ñ.c'],
    [
      'every kind of field around it',
      {
        rule: 'r',
        title: 't'.repeat(300),
        severity: 'SEVERITY_HIGH',
        cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N' },
        cves: ['CVE-2021-44228'],
        cwes: [79, 1_000_000],
        location: { path: 'x/y', startLine: 4_000_000_000, snippet: 'code' },
        properties: { path: 'not/this' },
        suppression: { kind: 'in-source' },
        enrichments: [{ step: 'a', owners: ['@o'] }],
      },
      'x/y',
    ],
  ])('%s', (_, finding, path) => {
    expect(pathOf(encoded(finding))).toBe(path);
  });

  it('is the last one when a location comes in two pieces, as protobuf merges them', () => {
    const pieces = [{ path: 'first' }, { startLine: 2 }, { path: 'last' }, { startLine: 3 }];
    const whole = Buffer.concat(pieces.map((location) => encoded({ location })));
    expect(findingType.decode(whole).location?.path).toBe('last');
    expect(pathOf(whole)).toBe('last');
  });

  it.each([
    ['a length behind the end', [0x52, 0x7f, 0x0a]],
    ['a number that never ends', [0x08, ...Array(12).fill(0xff)]],
    ['a group, which proto3 does not have', [0x0b]],
    ['a number cut off', [0x08]],
    ['a double cut off', [0x09, 1, 2]],
  ])('%s is an error', (_, bytes) => {
    expect(() => pathOf(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'finding.corrupt' }));
  });
});
