// A report to findings without a bus: what `assay report parse` prints.
import { completenessNames, type FindingRecord, findingType, toRecord } from '@assay/contracts';
import type { Adapter, Report } from './adapter.ts';
import { readFindings } from './read-findings.ts';
import { Redactor } from './redact.ts';
import { recognise, unknownFormat } from './sniff.ts';
import { sum, Tally } from './tally.ts';

export interface ParseOptions {
  adapters: ReadonlyMap<string, Adapter>;
  report: Report;
  /** An adapter's name, or "auto". */
  format: string;
  /** Name of the target; part of every identity. */
  target: string;
  revision?: string;
  /** Tool to name where the report does not. */
  tool?: { name: string; version: string };
  /** The installation's identity key; with another one, findings with secrets get other identities. */
  identityKey: string;
}

/** raw = findings + merged + filtered. */
export interface ParseSummary {
  format: string;
  raw: number;
  findings: number;
  merged: number;
  filtered: number;
  /** By severity name; those that occur. */
  severities: Record<string, number>;
  mergedReasons: Record<string, number>;
  filteredReasons: Record<string, number>;
  /** "complete", "partial" or "failed": what the report says of the scan. */
  completeness: string;
  notes: string[];
  tool: string;
  toolVersion: string;
}

/**
 * Yields findings as they are read; returns the summary. Throws InvalidInput when the report cannot be read to its
 * end: what was yielded before is no complete report then.
 */
export async function* parseToFindings(options: ParseOptions): AsyncGenerator<FindingRecord, ParseSummary> {
  const { adapters, report, target } = options;
  const redactor = new Redactor(options.identityKey);
  const tally = new Tally(redactor, report.sourceRoot);
  const adapter = options.format === 'auto' ? await recognise(report, adapters.values()) : adapters.get(options.format);
  if (!adapter) throw unknownFormat(`Reports of the format "${options.format}" are not known`, adapters.values());
  const tool = options.tool ?? { name: '', version: '' };
  for await (const some of readFindings({ adapter, report, target, redactor, tally, tool })) {
    for (const { finding, identity, tool: own } of some) {
      yield toRecord(Buffer.from(identity, 'latin1').toString('hex'), findingType.create(finding), {
        target,
        revision: options.revision ?? '',
        tool: own.name,
        toolVersion: own.version,
        transition: '',
        run: '',
        report: '',
      });
    }
  }
  tally.check(adapter.name);
  return {
    format: adapter.name,
    raw: tally.raw,
    findings: tally.findings,
    merged: sum(tally.merged),
    filtered: sum(tally.filtered),
    severities: tally.severities,
    mergedReasons: tally.merged,
    filteredReasons: tally.filtered,
    completeness: completenessNames.of(tally.completeness),
    notes: tally.notes,
    tool: tally.toolName || tool.name.toLowerCase() || adapter.name,
    toolVersion: tally.toolVersion || tool.version,
  };
}
