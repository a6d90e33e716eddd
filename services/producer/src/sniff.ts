// Which format a report is, by its content: file names lie, and a report from a webhook has none.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, Report, Sample } from './adapter.ts';
import { jsonItems } from './json-items.ts';
import { readStart } from './read-start.ts';

const sampleBytes = 64 * 1024;

/** Reads a report's start and its top-level member names, these to its end: what decides may come last. */
export async function sampleOf(report: Report): Promise<Sample> {
  const text = await readStart(report, sampleBytes);
  const first = text.trimStart().charAt(0);
  if (first === '{') return { root: 'object', keys: await topLevelKeys(report), text };
  if (first === '[') return { root: 'array', keys: await firstElementKeys(report), text };
  const root = first === '' ? 'empty' : first === '<' ? 'xml' : 'other';
  return { root, keys: new Set(), text };
}

/**
 * The one adapter that knows this report. Throws InvalidInput "report.unknown-format" when none does or several do,
 * "report.empty" for a report without content, and what jsonItems throws for broken JSON.
 */
export async function recognise(report: Report, adapters: Iterable<Adapter>): Promise<Adapter> {
  const known = [...adapters];
  const sample = await sampleOf(report);
  if (sample.root === 'empty') {
    throw new InvalidInput('The report is empty; a tool that found nothing writes an empty list, not an empty file.', {
      code: 'report.empty',
    });
  }
  const matching = known.filter((adapter) => adapter.recognises(sample));
  const [adapter] = matching;
  if (adapter && matching.length === 1) return adapter;
  if (matching.length > 1) {
    throw new InvalidInput(`The report may be of the format ${names(matching, ' or ')}; say which.`, {
      code: 'report.unknown-format',
    });
  }
  throw unknownFormat(`The format of the report is not known by its content`, known);
}

/** The error for a format that nobody reads; lists those that are read. */
export function unknownFormat(what: string, adapters: Iterable<Adapter>): InvalidInput {
  return new InvalidInput(
    `${what}; the known formats are ${names([...adapters], ', ')}, and "auto" to recognise one.`,
    {
      code: 'report.unknown-format',
    },
  );
}

function names(adapters: readonly Adapter[], separator: string): string {
  return adapters
    .map(({ name }) => name)
    .sort()
    .join(separator);
}

async function topLevelKeys(report: Report): Promise<ReadonlySet<string>> {
  const reader = jsonItems(report.open(), [], { skip: ['*'] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  return keysOf(step.value);
}

async function firstElementKeys(report: Report): Promise<ReadonlySet<string>> {
  const reader = jsonItems(report.open(), ['[]']);
  const step = await reader.next();
  // Only now: what follows the first element is not read.
  await reader.return(undefined);
  return step.done ? new Set() : keysOf(step.value[0]?.value);
}

function keysOf(value: unknown): ReadonlySet<string> {
  return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
}
