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

/** A FindingRecord as expressions take it: CEL's int is a bigint in the library used, a number is its double. */
export function withIntegers(record: object): Record<string, unknown> {
  const converted: Record<string, unknown> = { ...record };
  for (const name of integers) {
    const value = converted[name];
    if (typeof value === 'number') converted[name] = BigInt(value);
  }
  if (Array.isArray(converted['cwes'])) converted['cwes'] = converted['cwes'].map((cwe: number) => BigInt(cwe));
  return converted;
}
