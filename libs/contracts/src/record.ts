// A finding as people, sinks and the HTTP API see it: one flat JSON object, enums in words.
import { createHash } from 'node:crypto';
import type { Cvss, Enrichment, Finding, Location, Suppression } from '../generated/messages.ts';
import { type Batch, findingType, identityAt } from './batch.ts';
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

/** Throws an Error when the finding's bytes are none. */
export function recordAt(batch: Batch, position: number): FindingRecord {
  const finding = findingType.read(batch.findings[position] as Uint8Array);
  const added = addedTo(batch, position);
  const enrichments = added.length > 0 ? [...finding.enrichments, ...added] : finding.enrichments;
  const severity = batch.severities[position] ?? finding.severity;
  return record(identityAt(batch, position), finding, severity, enrichments, contextOf(batch));
}

function addedTo({ enrichments }: Batch, position: number): Enrichment[] {
  return enrichments.filter(({ positions }) => positions.length === 0 || positions.includes(position));
}

/** Where findings belong; empty strings are left out of the record. */
export interface RecordContext {
  target: string;
  revision: string;
  tool: string;
  toolVersion: string;
  transition: string;
  run: string;
  report: string;
}

function contextOf({ target, revision, tool, transition, runId, reportId }: Batch): RecordContext {
  return {
    target: target?.name ?? '',
    revision,
    tool: tool?.name ?? '',
    toolVersion: tool?.version ?? '',
    transition: transition ? transitionNames.of(transition) : '',
    run: runId,
    report: reportId,
  };
}

/** The members of a finding's record before its own, but for the id; the same for all of a batch. */
export function membersBefore(batch: Batch): Partial<FindingRecord> {
  const record = {} as FindingRecord;
  addContext(record, contextOf(batch));
  return record;
}

/** The members behind its own, where it has no suppression and no enrichments itself. */
export function membersAfter(batch: Batch, position: number): Partial<FindingRecord> {
  const record = {} as FindingRecord;
  addWords(record, undefined, addedTo(batch, position));
  addCourse(record, contextOf(batch));
  return record;
}

/** `id` is the identity in hex digits. */
export function toRecord(id: string, finding: Finding, context: RecordContext): FindingRecord {
  return record(id, finding, finding.severity, finding.enrichments, context);
}

// Every finding that is shown or delivered passes here: members are set one by one, as deleting the empty ones of a
// whole object makes it, and writing it as JSON, four times as slow.
function record(
  id: string,
  finding: Finding,
  severity: number,
  enrichments: readonly Enrichment[],
  context: RecordContext,
): FindingRecord {
  const record = { id } as FindingRecord;
  addContext(record, context);
  if (finding.rule) record.rule = finding.rule;
  if (finding.title) record.title = finding.title;
  if (finding.description) record.description = finding.description;
  record.severity = severityNames.of(severity);
  if (finding.confidence) record.confidence = confidenceNames.of(finding.confidence);
  if (finding.kind) record.kind = kindNames.of(finding.kind);
  if (finding.cvss) addCvss(record, finding.cvss);
  if (finding.cves.length > 0) record.cves = finding.cves;
  if (finding.cwes.length > 0) record.cwes = finding.cwes;
  if (finding.location) addLocation(record, finding.location);
  if (finding.purl) record.purl = finding.purl;
  if (finding.digest) record.digest = finding.digest;
  if (finding.references.length > 0) record.references = finding.references;
  if (!isEmpty(finding.properties)) record.properties = finding.properties;
  addWords(record, finding.suppression, enrichments);
  addCourse(record, context);
  return record;
}

function addContext(record: FindingRecord, { target, revision, tool, toolVersion }: RecordContext): void {
  if (target) record.target = target;
  if (revision) record.revision = revision;
  if (tool) record.tool = tool;
  if (toolVersion) record.toolVersion = toolVersion;
}

// What its source and the steps say about it.
function addWords(record: FindingRecord, own: Suppression | undefined, enrichments: readonly Enrichment[]): void {
  const suppression = enrichments.findLast((enrichment) => enrichment.suppression)?.suppression ?? own;
  if (suppression) addSuppression(record, suppression);
  if (enrichments.length > 0) addEnrichments(record, enrichments);
}

function addCourse(record: FindingRecord, { transition, run, report }: RecordContext): void {
  if (transition) record.transition = transition;
  if (run) record.run = run;
  if (report) record.report = report;
}

function addCvss(record: FindingRecord, { score, vector }: Cvss): void {
  if (score !== 0 || vector)
    record.cvss = { ...(score ? { score } : {}), ...(vector ? { vector } : {}) } as { score: number };
}

function addLocation(
  record: FindingRecord,
  { path, startLine, endLine, startColumn, endColumn, snippet }: Location,
): void {
  if (path) record.path = path;
  if (startLine) record.startLine = startLine;
  if (endLine) record.endLine = endLine;
  if (startColumn) record.startColumn = startColumn;
  if (endColumn) record.endColumn = endColumn;
  if (snippet) record.snippet = snippet;
}

function addSuppression(record: FindingRecord, { kind, justification }: Suppression): void {
  if (justification) record.suppression = { kind, justification };
  else if (kind) record.suppression = { kind };
}

function addEnrichments(record: FindingRecord, enrichments: readonly Enrichment[]): void {
  const [only] = enrichments;
  const owners =
    enrichments.length === 1 && only
      ? only.owners
      : [...new Set(enrichments.flatMap((enrichment) => enrichment.owners))];
  const annotations =
    enrichments.length === 1 && only
      ? only.annotations
      : Object.assign({}, ...enrichments.map((enrichment) => enrichment.annotations));
  if (owners.length > 0) record.owners = owners;
  if (!isEmpty(annotations)) record.annotations = annotations;
}

function isEmpty(map: Readonly<Record<string, string>>): boolean {
  for (const _ in map) return false;
  return true;
}

/** "sha256:<hex>" of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
