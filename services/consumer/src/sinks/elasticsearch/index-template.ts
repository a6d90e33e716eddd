// The mapping that a new index or data stream of ours gets, in types that Elasticsearch and OpenSearch both have. What is
// not named here is stored and not indexed, so that no property of a tool can blow the mapping up.
import type { FindingRecord } from '@assay/contracts';

const keyword = { type: 'keyword', ignore_above: 1024 };
const text = { type: 'text' };
const date = { type: 'date' };
// Lines and CWEs of a record have 32 bits without a sign.
const integer = { type: 'long' };
/** A map with names that tools choose. */
const unindexed = { type: 'object', enabled: false };

/** Every member of a record: one that is not named here could not be searched. */
const finding = {
  id: keyword,
  target: keyword,
  revision: keyword,
  tool: keyword,
  toolVersion: keyword,
  rule: keyword,
  title: { ...text, fields: { keyword } },
  description: text,
  severity: keyword,
  confidence: keyword,
  kind: keyword,
  cvss: { properties: { score: { type: 'float' }, vector: keyword } },
  cves: keyword,
  cwes: integer,
  path: keyword,
  startLine: integer,
  endLine: integer,
  startColumn: integer,
  endColumn: integer,
  snippet: text,
  purl: keyword,
  digest: keyword,
  references: keyword,
  properties: unindexed,
  annotations: unindexed,
  suppression: { properties: { kind: keyword, justification: text } },
  owners: keyword,
  transition: keyword,
  run: keyword,
  report: keyword,
} satisfies Record<keyof FindingRecord, object>;

const mappings = {
  dynamic: false,
  properties: {
    '@timestamp': date,
    event: { properties: { id: keyword, type: keyword, subject: keyword, time: date } },
    ...finding,
    data: unindexed,
  },
};

/** Body of PUT /_index_template/<index>. */
export function indexTemplate(index: string, isDataStream: boolean): Record<string, unknown> {
  return {
    index_patterns: [index],
    // Above the templates that come with the server.
    priority: 500,
    ...(isDataStream ? { data_stream: {} } : {}),
    template: { mappings },
    _meta: { managed_by: 'assay' },
  };
}
