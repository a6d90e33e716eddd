// Findings as one SARIF log.
import type { FindingRecord } from '@assay/contracts';
import type { Io } from './io.ts';
import { toJson } from './terminal-text.ts';

export async function printSarif(
  io: Io,
  findings: AsyncIterable<FindingRecord> | Iterable<FindingRecord>,
): Promise<void> {
  const { sarifLog } = await import('@assay/contracts');
  const records: FindingRecord[] = [];
  for await (const finding of findings) records.push(finding);
  await io.out.line(toJson(sarifLog(records), 2));
}
