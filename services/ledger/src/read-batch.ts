// What the ledger reads of a batch without decoding its findings: which are suppressed, and a hash of each content.
import { crc32 } from 'node:zlib';
import { type Batch, InvalidInput, identityBytes, messageType, pick } from '@assay/contracts';
import { FindingFields } from '@assay/store';
import { sharedHash } from './judge-shared.ts';

const enrichmentType = messageType('Enrichment');

export interface BatchContents {
  /** A byte a finding: 1 when the source, the tool or a step says that it is accepted. */
  suppressed: Uint8Array;
  /** A number a finding: the same as long as nothing people see of it changes. */
  hashes: Uint32Array;
}

/** Positions are kept in 16 bits; the contract says 1024. */
const maxFindings = 65_535;

export function checkBatch({ reportId, target, tool, findings, identities, severities }: Batch): void {
  const wrong = (what: string) => new InvalidInput(`batch of report "${reportId}": ${what}`, { code: 'batch.invalid' });
  if (reportId === '') throw wrong('reportId is empty');
  if (!target?.name) throw wrong('target.name is empty');
  if (!tool?.name) throw wrong('tool.name is empty');
  if (identities.length !== findings.length * identityBytes) {
    throw wrong(`${findings.length} findings need ${findings.length * identityBytes} bytes of identities`);
  }
  if (findings.length > maxFindings) throw wrong(`${findings.length} findings are more than ${maxFindings}`);
  if (severities.length !== findings.length) throw wrong(`${findings.length} findings need as many severities`);
}

/** Some findings of a batch, all of one severity. */
export interface Part {
  batch: Batch;
  /** They are the same whichever tool reports them. */
  isShared: boolean;
}

/** The batch in parts, worst first; nearly always it is one already. */
export function partsOf(batch: Batch): Part[] {
  const parts = bySeverity(batch);
  if (!batch.enrichments.some(({ anyTool }) => anyTool)) return parts.map((part) => ({ batch: part, isShared: false }));
  return parts.flatMap(bySharing);
}

function bySharing(batch: Batch): Part[] {
  const shared = new Uint8Array(batch.findings.length);
  for (const { anyTool, positions } of batch.enrichments) {
    if (!anyTool) continue;
    if (positions.length === 0) shared.fill(1);
    else for (const position of positions) shared[position] = 1;
  }
  return [true, false].flatMap((isShared) => {
    const positions = [...shared.keys()].filter((position) => shared[position] === Number(isShared));
    return positions.length > 0 ? [{ batch: pick(batch, positions), isShared }] : [];
  });
}

function bySeverity(batch: Batch): Batch[] {
  const [first] = batch.severities;
  if (batch.severities.every((severity) => severity === first)) return batch.findings.length > 0 ? [batch] : [];
  const positions = new Map<number, number[]>();
  batch.severities.forEach((severity, position) => {
    positions.set(severity, [...(positions.get(severity) ?? []), position]);
  });
  return [...positions].sort(([a], [b]) => b - a).map(([, some]) => pick(batch, some));
}

const fields = new FindingFields();

export function readContents({ batch, isShared }: Part): BatchContents {
  const { findings, severities, enrichments } = batch;
  const suppressed = new Uint8Array(findings.length);
  const hashes = Uint32Array.from(severities);
  for (const enrichment of enrichments) {
    const hash = crc32(enrichmentType.encode({ ...enrichment, positions: [] }));
    const touch = (position: number) => {
      hashes[position] = Math.imul(hashes[position] ?? 0, 31) + hash;
      if (enrichment.suppression) suppressed[position] = 1;
    };
    if (enrichment.positions.length === 0)
      for (let position = 0; position < findings.length; position++) touch(position);
    else for (const position of enrichment.positions) touch(position);
  }
  findings.forEach((finding, position) => {
    hashes[position] = crc32(finding, hashes[position]);
    if (fields.read(finding).isSuppressed) suppressed[position] = 1;
  });
  if (!isShared) return { suppressed, hashes };
  return { suppressed, hashes: hashes.map((hash, position) => sharedHash(hash, suppressed[position] === 1)) };
}

/** The distinct rules of findings, and their least and greatest paths by bytes. */
export function rangeOf(findings: readonly Uint8Array[]): { rules: string[]; minPath: string; maxPath: string } {
  const rules = new Set<string>();
  let rule: Span | undefined;
  let min: Span | undefined;
  let max: Span | undefined;
  for (const bytes of findings) {
    const { ruleStart, ruleEnd, pathStart, pathEnd } = fields.read(bytes);
    // Neighbours often share their rule, and their path with the least or the greatest: compared as bytes, no text is made.
    const own = { bytes, start: ruleStart, end: ruleEnd };
    if (rule === undefined || compare(rule, own) !== 0) rules.add(textOf(own));
    rule = own;
    const path = { bytes, start: pathStart, end: pathEnd };
    if (min === undefined || compare(path, min) < 0) min = path;
    if (max === undefined || compare(path, max) > 0) max = path;
  }
  return { rules: [...rules], minPath: min ? textOf(min) : '', maxPath: max ? textOf(max) : '' };
}

/** Some of a finding's bytes. */
interface Span {
  bytes: Uint8Array;
  start: number;
  end: number;
}

function compare(a: Span, b: Span): number {
  const length = Math.min(a.end - a.start, b.end - b.start);
  for (let at = 0; at < length; at++) {
    const difference = (a.bytes[a.start + at] ?? 0) - (b.bytes[b.start + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.end - a.start - (b.end - b.start);
}

function textOf({ bytes, start, end }: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}
