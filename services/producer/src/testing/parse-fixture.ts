// For specs: a report taken the whole way to findings, as `assay report parse` does.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { FindingRecord } from '@assay/contracts';
import type { Adapter } from '../adapter.ts';
import { type ParseSummary, parseToFindings } from '../parse-to-findings.ts';

export interface Parsed {
  records: FindingRecord[];
  summary: ParseSummary;
}

export interface ParseFixtureOptions {
  sourceRoot?: string;
  target?: string;
  identityKey?: string;
  chunkBytes?: number;
}

/** A report's bytes; one that ends in ".gz" is unpacked. */
export function readFixture(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export async function parseContent(
  adapter: Adapter,
  content: string | Uint8Array,
  { sourceRoot = '', target = 'target', identityKey = 'key', chunkBytes = 64 * 1024 }: ParseFixtureOptions = {},
): Promise<Parsed> {
  const bytes = Buffer.from(content as Uint8Array);
  const open = async function* () {
    for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
  };
  const reader = parseToFindings({
    adapters: new Map([[adapter.name, adapter]]),
    report: { open, sourceRoot },
    format: adapter.name,
    target,
    identityKey,
  });
  const records: FindingRecord[] = [];
  let step = await reader.next();
  for (; !step.done; step = await reader.next()) records.push(step.value);
  return { records, summary: step.value };
}
