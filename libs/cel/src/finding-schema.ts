// FindingRecord in CEL's words.
import type { FindingRecord } from '@assay/contracts';

export const findingSchema = {
  id: 'string',
  target: 'string',
  revision: 'string',
  tool: 'string',
  toolVersion: 'string',
  rule: 'string',
  title: 'string',
  description: 'string',
  severity: 'string',
  confidence: 'string',
  kind: 'string',
  cvss: { score: 'double', vector: 'string' },
  cves: 'list<string>',
  cwes: 'list<int>',
  path: 'string',
  startLine: 'int',
  endLine: 'int',
  startColumn: 'int',
  endColumn: 'int',
  snippet: 'string',
  purl: 'string',
  digest: 'string',
  references: 'list<string>',
  properties: 'map<string, string>',
  suppression: { kind: 'string', justification: 'string' },
  owners: 'list<string>',
  annotations: 'map<string, string>',
  transition: 'string',
  run: 'string',
  report: 'string',
} as const satisfies Record<keyof FindingRecord, unknown>;

const integers = Object.entries(findingSchema).flatMap(([name, type]) => (type === 'int' ? name : []));

/** Lists and maps of a finding: a record leaves an empty one out, an expression sees it as empty. */
export const collections = Object.entries(findingSchema).flatMap(([name, type]) =>
  typeof type === 'string' && /^(?:list|map)</.test(type) ? { name, isList: type.startsWith('list') } : [],
);

/**
 * A FindingRecord as expressions take it: lists and maps are there, maybe empty; CEL's int is a bigint in the library
 * used, a number is its double.
 */
export function findingValue(record: object): Record<string, unknown> {
  const value: Record<string, unknown> = { ...record };
  for (const name of integers) {
    const number = value[name];
    if (typeof number === 'number') value[name] = BigInt(number);
  }
  for (const { name, isList } of collections) value[name] ??= isList ? [] : {};
  if (Array.isArray(value['cwes'])) value['cwes'] = value['cwes'].map((cwe: number) => BigInt(cwe));
  return value;
}
