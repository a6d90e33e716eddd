// For the specs of SARIF: logs made small, and what is read of them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindingDraft } from '../adapter.ts';
import { sarif } from '../adapters/sarif/index.ts';
import { type ReadOptions, type ReadReport, readReport } from './read-report.ts';

export const fixture = (name: string) => readFile(join(import.meta.dirname, '../adapters/sarif/fixtures', name));

export async function read(content: string | Uint8Array | object, options?: ReadOptions): Promise<ReadReport> {
  const text = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  const report = await readReport(sarif, text, options);
  if (report.unexplained !== 0) throw new Error(`the tally does not add up: ${report.unexplained} records are missing`);
  return report;
}

/** A report of one run. */
export function log(run: object, results: unknown = [{}]): object {
  return { version: '2.1.0', runs: [{ tool: { driver: { name: 'Demo' } }, results, ...run }] };
}

/** The one finding of a run with one result. */
export async function one(run: object, result: object, options?: ReadOptions): Promise<FindingDraft> {
  const { drafts } = await read(log(run, [result]), options);
  const [draft] = drafts;
  if (!draft || drafts.length !== 1) throw new Error(`one finding expected, not ${drafts.length}`);
  return draft;
}

export const driver = (rules: unknown, more: object = {}) => ({ tool: { driver: { name: 'Demo', rules, ...more } } });
