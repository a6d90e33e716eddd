// A finding as people, sinks and the HTTP API see it: one flat JSON object, enums in words.
import { createHash } from 'node:crypto';
import type { Finding } from '../generated/messages.ts';
import { type Batch, findingAt, identityAt } from './batch.ts';
import { confidenceNames, kindNames, severityNames, transitionNames } from './names.ts';

/** JSON shape of a finding; fields that are not known are absent. Documented in docs/findings.md. */
export interface FindingRecord {
  /** Identity: 32 hex digits, unique within the target. */
  id: string;
  target: string;
  revision?: string;
  tool: string;
  toolVersion?: string;
  rule: string;
  title: string;
  description?: string;
  severity: string;
  confidence?: string;
  kind?: string;
  cvss?: { score: number; vector?: string };
  cves?: string[];
  cwes?: number[];
  path?: string;
  startLine?: number;
  endLine?: number;
  startColumn?: number;
  endColumn?: number;
  snippet?: string;
  purl?: string;
  digest?: string;
  references?: string[];
  properties?: Record<string, string>;
  suppression?: { kind: string; justification?: string };
  owners?: string[];
  annotations?: Record<string, string>;
  /** "opened", "recurred", "reopened", "fixed" or "suppressed"; only once the ledger has seen it. */
  transition?: string;
  run?: string;
  report?: string;
}

/** Every finding of a batch as records, in order. */
export function recordsOf(batch: Batch): FindingRecord[] {
  return batch.findings.map((_, position) => recordAt(batch, position));
}

export function recordAt(batch: Batch, position: number): FindingRecord {
  return toRecord(findingAt(batch, position), {
    id: identityAt(batch, position),
    target: batch.target?.name ?? '',
    revision: batch.revision,
    tool: batch.tool?.name ?? '',
    toolVersion: batch.tool?.version ?? '',
    transition: batch.transition ? transitionNames.of(batch.transition) : '',
    run: batch.runId,
    report: batch.reportId,
  });
}

/** Where a finding belongs; empty strings are left out of the record. */
export interface RecordContext {
  id: string;
  target: string;
  revision: string;
  tool: string;
  toolVersion: string;
  transition: string;
  run: string;
  report: string;
}

export function toRecord(finding: Finding, context: RecordContext): FindingRecord {
  const { location, cvss, suppression, enrichments } = finding;
  const owners = [...new Set(enrichments.flatMap((enrichment) => enrichment.owners))];
  const annotations = Object.assign({}, ...enrichments.map((enrichment) => enrichment.annotations));
  return withoutEmpty({
    id: context.id,
    target: context.target,
    revision: context.revision,
    tool: context.tool,
    toolVersion: context.toolVersion,
    rule: finding.rule,
    title: finding.title,
    description: finding.description,
    severity: severityNames.of(finding.severity),
    confidence: finding.confidence ? confidenceNames.of(finding.confidence) : '',
    kind: finding.kind ? kindNames.of(finding.kind) : '',
    cvss: cvss ? withoutEmpty({ score: cvss.score, vector: cvss.vector }) : '',
    cves: finding.cves,
    cwes: finding.cwes,
    path: location?.path,
    startLine: location?.startLine,
    endLine: location?.endLine,
    startColumn: location?.startColumn,
    endColumn: location?.endColumn,
    snippet: location?.snippet,
    purl: finding.purl,
    digest: finding.digest,
    references: finding.references,
    properties: finding.properties,
    suppression: suppression ? withoutEmpty({ kind: suppression.kind, justification: suppression.justification }) : '',
    owners,
    annotations,
    transition: context.transition,
    run: context.run,
    report: context.report,
  }) as unknown as FindingRecord;
}

function withoutEmpty(record: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of Object.entries(record)) {
    const isEmpty =
      value === undefined ||
      value === '' ||
      value === 0 ||
      (Array.isArray(value)
        ? value.length === 0
        : typeof value === 'object' && value !== null && Object.keys(value).length === 0);
    if (isEmpty) delete record[key];
  }
  return record;
}

/** "sha256:<hex>" of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
