// A batch as bytes for the store. The findings are bytes already, so they are only copied: a third of what encoding them
// anew costs. In protobuf, repeated fields may stand anywhere in a message, so they follow all others.
import { type Batch, batchType } from '@assay/contracts';

/** Field 8 of FindingBatch, length-delimited. */
const findingsTag = (8 << 3) | 2;

export function encodeContent(batch: Batch): Uint8Array {
  const head = batchType.encode({ ...batch, findings: [] });
  let size = head.length;
  for (const { length } of batch.findings) size += 1 + varintSize(length) + length;
  const bytes = new Uint8Array(size);
  bytes.set(head);
  let at = head.length;
  for (const finding of batch.findings) {
    bytes[at++] = findingsTag;
    let rest = finding.length;
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
    bytes[at++] = rest;
    bytes.set(finding, at);
    at += finding.length;
  }
  return bytes;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest >>>= 7) size++;
  return size;
}
