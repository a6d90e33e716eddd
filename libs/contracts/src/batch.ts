// Batches of findings. A stage that only routes them never decodes a finding: on the wire `repeated Finding` and
// `repeated bytes` are the same, so `Batch` keeps each finding as the bytes it came in, with its identity and its
// severity beside it.
import protobuf from 'protobufjs';
import type { Enrichment, Finding, FindingBatch } from '../generated/messages.ts';
import { type Draft, type MessageType, messageType, root, typeOf } from './message.ts';

/** A FindingBatch whose findings are left encoded; `findingType.decode` reads one. */
export type Batch = Omit<FindingBatch, 'findings'> & { findings: Uint8Array[] };

/** Most findings of one batch. */
export const maxBatchFindings = 1024;
/** Most bytes of one batch's findings together. */
export const maxBatchBytes = 512 * 1024;
/** Bytes of one identity. */
export const identityBytes = 16;

export const findingType = messageType('Finding');
/** Reads and writes batches with every finding decoded: for JSON and for people. */
export const findingBatchType = messageType('FindingBatch');
const generated = typeOf<Batch>(lazyBatch());
export const batchType: MessageType<Batch> = { ...generated, encode: encodeBatch, decode: decodeBatch };

function lazyBatch(): protobuf.Type {
  const full = root.lookupType('assay.v1.FindingBatch');
  const json = full.toJSON();
  const fields = { ...json.fields, findings: { rule: 'repeated', type: 'bytes', id: full.fields.findings?.id ?? 0 } };
  const lazy = protobuf.Type.fromJSON('Batch', { ...json, fields });
  full.parent?.add(lazy);
  lazy.resolveAll();
  return lazy;
}

/** Field 8 of FindingBatch, length-delimited. */
const findingsTag = (8 << 3) | 2;

// The findings are bytes already, so they are only copied: a third of what the generated encoder costs. In protobuf,
// repeated fields may stand anywhere in a message, so they follow all others.
function encodeBatch(batch: Draft<Batch>): Uint8Array {
  const { findings = [] } = batch;
  const head = generated.encode({ ...batch, findings: [] });
  const together = asTheyCame(findings);
  let size = head.length;
  if (together) size += together.length;
  else for (const finding of findings) size += 1 + varintSize(finding.length) + finding.length;
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  bytes.set(head);
  if (together) {
    bytes.set(together, head.length);
    return bytes;
  }
  let at = head.length;
  for (const finding of findings) {
    at = writeLength(bytes, at, finding.length);
    bytes.set(finding, at);
    at += finding.length;
  }
  return bytes;
}

/**
 * The findings with their tags and lengths, when they lie behind each other as in a message: what a stage hands on is
 * copied at once, a tenth of what copying one by one costs.
 */
function asTheyCame(findings: readonly Uint8Array[]): Uint8Array | undefined {
  const [first] = findings;
  if (!first) return undefined;
  const start = first.byteOffset - 1 - varintSize(first.length);
  if (start < 0) return undefined;
  const bytes = new Uint8Array(first.buffer, start);
  let at = 0;
  for (const finding of findings) {
    const { length } = finding;
    const content = at + 1 + varintSize(length);
    if (finding.buffer !== first.buffer || finding.byteOffset !== start + content) return undefined;
    // What stands between them may be something else of the same length.
    if (bytes[at++] !== findingsTag) return undefined;
    let rest = length;
    for (; rest > 127; rest >>>= 7) if (bytes[at++] !== ((rest & 127) | 128)) return undefined;
    if (bytes[at] !== rest) return undefined;
    at = content + length;
  }
  return bytes.subarray(0, at);
}

/** Writes what stands before a finding of that length; gives the position behind it. */
function writeLength(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  bytes[at++] = findingsTag;
  let rest = length;
  for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
  bytes[at++] = rest;
  return at;
}

// The generated decoder goes over the findings three times; here only what is beside them is left to it, and so is what
// it must judge.
function decodeBatch(bytes: Uint8Array): Batch {
  const findings: Uint8Array[] = [];
  const others: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = bytes[at++] ?? 0;
    const wireType = tag & 7;
    let value = 0;
    let byte = 128;
    for (let shift = 0; byte > 127 && shift < 28; shift += 7) {
      byte = bytes[at++] ?? 128;
      value |= (byte & 127) << shift;
    }
    if (wireType === 2) at += value;
    if (tag > 127 || byte > 127 || (wireType !== 0 && wireType !== 2) || at > bytes.length)
      return generated.decode(bytes);
    if (tag === findingsTag) findings.push(bytes.subarray(at - value, at));
    else others.push(bytes.subarray(start, at));
  }
  return { ...generated.decode(Buffer.concat(others)), findings };
}

/** Findings written one behind the other, as a batch has them: they are copied once, when the batch is. */
export class FindingsWriter {
  readonly #type = root.lookupType('assay.v1.Finding');
  readonly #writer = protobuf.Writer.create();
  /** Where each begins and ends. */
  readonly #places: number[] = [];

  get count(): number {
    return this.#places.length / 2;
  }

  /** Appends a finding; gives its bytes. */
  add(finding: Draft<Finding>): number {
    const writer = this.#writer.uint32(findingsTag);
    const before = writer.pos;
    this.#type.encode(finding, writer.fork()).ldelim();
    const end = writer.pos;
    // Its length stands before it, and is that of what is left.
    let length = end - before - 1;
    while (length + varintSize(length) > end - before) length--;
    this.#places.push(end - length, end);
    return length;
  }

  /** All, but for the last one where it `isLeftOut`. */
  findings(isLeftOut = false): Uint8Array[] {
    const bytes = this.#writer.finish(true);
    const count = this.count - Number(isLeftOut);
    return Array.from({ length: count }, (_, at) => bytes.subarray(this.#places[2 * at], this.#places[2 * at + 1]));
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest >>>= 7) size++;
  return size;
}

/** The identity of the finding at a position: 32 hex digits. */
export function identityAt(batch: Pick<Batch, 'identities'>, position: number): string {
  const start = position * identityBytes;
  return Buffer.from(batch.identities.buffer, batch.identities.byteOffset + start, identityBytes).toString('hex');
}

/** The same batch with only the findings at the given positions, its enrichments pointing at them. */
export function pick(batch: Batch, positions: readonly number[]): Batch {
  if (positions.length === batch.findings.length) return batch;
  const place = new Map(positions.map((position, index) => [position, index]));
  const identities = new Uint8Array(positions.length * identityBytes);
  positions.forEach((position, index) => {
    identities.set(
      batch.identities.subarray(position * identityBytes, (position + 1) * identityBytes),
      index * identityBytes,
    );
  });
  return {
    ...batch,
    findings: positions.map((position) => batch.findings[position] as Uint8Array),
    identities,
    severities: Uint8Array.from(positions, (position) => batch.severities[position] ?? 0),
    enrichments: batch.enrichments.flatMap((enrichment) => narrow(enrichment, place)),
  };
}

function narrow(enrichment: Enrichment, place: ReadonlyMap<number, number>): Enrichment[] {
  if (enrichment.positions.length === 0) return [enrichment];
  const positions = enrichment.positions.flatMap((position) => place.get(position) ?? []);
  return positions.length ? [{ ...enrichment, positions }] : [];
}

/** The enrichments of the finding at a position, as they belong inside it. */
export function enrichmentsAt(batch: Pick<Batch, 'enrichments'>, position: number): Enrichment[] {
  return batch.enrichments
    .filter(({ positions }) => positions.length === 0 || positions.includes(position))
    .map((enrichment) => ({ ...enrichment, positions: [] }));
}

/** The finding at a position, with its enrichments and its severity after them. */
export function findingAt(batch: Batch, position: number): Finding {
  const finding = findingType.decode(batch.findings[position] as Uint8Array);
  finding.enrichments.push(...enrichmentsAt(batch, position));
  finding.severity = (batch.severities[position] ?? finding.severity) as Finding['severity'];
  for (const { suppression } of finding.enrichments) if (suppression) finding.suppression = suppression;
  return finding;
}
