import { type Draft, type Finding, findingType } from '@assay/contracts';
import { expect, it } from '@jest/globals';
import { FindingFields } from './finding-fields.ts';

const read = (draft: Draft<Finding>) => {
  const bytes = Buffer.from(findingType.encode(draft));
  const fields = new FindingFields().read(bytes);
  return {
    rule: bytes.toString('utf8', fields.ruleStart, fields.ruleEnd),
    path: bytes.toString('utf8', fields.pathStart, fields.pathEnd),
    isSuppressed: fields.isSuppressed,
  };
};

it.each<[string, Draft<Finding>, ReturnType<typeof read>]>([
  ['nothing', {}, { rule: '', path: '', isSuppressed: false }],
  ['a rule alone', { rule: 'G101' }, { rule: 'G101', path: '', isSuppressed: false }],
  [
    'a location whose path is not its only field',
    { rule: 'é', location: { startLine: 300, path: 'src/ü.go', snippet: 'x' }, cvss: { score: 9.8 }, cwes: [79, 1000] },
    { rule: 'é', path: 'src/ü.go', isSuppressed: false },
  ],
  ['a location without a path', { location: { startLine: 1 } }, { rule: '', path: '', isSuppressed: false }],
  ['an empty suppression', { suppression: {} }, { rule: '', path: '', isSuppressed: true }],
  [
    'text longer than 127 bytes before a suppression',
    { description: 'z'.repeat(70_000), properties: { a: 'b' }, suppression: { kind: 'in-source' } },
    { rule: '', path: '', isSuppressed: true },
  ],
])('reads %s', (_, draft, expected) => {
  expect(read(draft)).toEqual(expected);
});

it('ends on bytes that are no finding', () => {
  for (const bytes of [[255, 255], [10, 200], [3], [82, 200, 10], [121, 1]]) {
    new FindingFields().read(Uint8Array.from(bytes));
  }
});
