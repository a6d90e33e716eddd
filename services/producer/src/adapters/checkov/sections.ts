// What Checkov's report says around its checks: a section for each framework, with its name and its summary.
import { InvalidInput } from '@assay/contracts';
import type { Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, list, object, text, texts } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';

export interface Section {
  /** "terraform", "dockerfile", …; "" for a bare summary. */
  readonly framework: string;
  readonly version: string;
  /** A summary without results: nothing was checked. */
  readonly isBare: boolean;
  /** Failed checks as the summary counts them, and those that were read. */
  readonly failed: number;
  seen: number;
  /** How many files could not be parsed, and the names of those that are named. */
  readonly unparsed: number;
  readonly unparsedFiles: readonly string[];
}

const checks = ['failed_checks', 'skipped_checks', 'passed_checks'].map((name) => `results.${name}`);

/** Throws InvalidInput "report.format" for JSON of another shape. */
export async function reportSections(report: Report): Promise<Section[]> {
  const reader = jsonItems(report.open(), [], { skip: [...checks, ...checks.map((path) => `[].${path}`)] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const whole = step.value;
  if (!Array.isArray(whole)) return [sectionOf(whole, 'The Checkov report')];
  if (whole.length === 0) throw notCheckov();
  return whole.map((value, index) => sectionOf(value, `Checkov’s report ${index}`));
}

function sectionOf(value: unknown, where: string): Section {
  const fields = fieldsOf(value, where);
  const results = object(fields, 'results', where);
  const isBare = results === undefined && 'checkov_version' in fields && 'failed' in fields;
  const summary = isBare ? fields : object(fields, 'summary', where);
  if (!summary || (results && !Array.isArray(results['failed_checks']))) throw notCheckov();
  if (!isBare && !results) throw notCheckov();
  return {
    framework: text(fields, 'check_type', where),
    version: text(summary, 'checkov_version', where),
    isBare,
    failed: count(summary, 'failed', where),
    seen: 0,
    unparsed: count(summary, 'parsing_errors', where),
    unparsedFiles: results ? unparsedFilesOf(results, where) : [],
  };
}

function unparsedFilesOf(results: Fields, where: string): string[] {
  for (const name of ['passed_checks', 'skipped_checks']) list(results, name, where);
  return texts(results, 'parsing_errors', where);
}

function notCheckov(): InvalidInput {
  return new InvalidInput(
    'The report has neither "results" with "failed_checks" and a "summary" nor is it a summary: it is not Checkov’s JSON (-o json).',
    { code: 'report.format' },
  );
}
