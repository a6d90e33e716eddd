import { type Draft, type Finding, findingType, Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { eachField, findingField, textOf } from './encoded-fields.ts';

describe('eachField', () => {
  it.each<[keyof typeof findingField, Draft<Finding>, string[]]>([
    ['rule', { rule: 'G1' }, ['G1']],
    ['cves', { cves: ['CVE-1', 'CVE-2'] }, ['CVE-1', 'CVE-2']],
    ['location', { location: { path: 'ü' } }, ['\n\x02ü']],
    ['purl', { purl: 'pkg:npm/a' }, ['pkg:npm/a']],
    ['digest', { digest: 'sha256:0' }, ['sha256:0']],
    ['properties', { properties: { a: 'b' } }, ['\n\x01a\x12\x01b']],
  ])('finds %s by the number it has in the contract', (name, finding, expected) => {
    const found: string[] = [];
    const full = { title: 't', severity: Severity.HIGH, cwes: [1, 2], cvss: { score: 1.5 }, ...finding };
    eachField(findingType.encode(full), (field, value) => {
      if (field === findingField[name]) found.push(textOf(value));
    });
    expect(found).toEqual(expected);
  });

  it.each([
    ['a length behind the end', [0x0a, 0x05, 0x41]],
    ['a tag that never ends', Array(11).fill(0xff)],
    ['a group', [0x0b]],
  ])('refuses %s', (_, bytes) => {
    expect(() => eachField(Uint8Array.from(bytes), () => undefined)).toThrow('no protobuf message');
  });
});
