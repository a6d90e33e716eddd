// Which format a report is, by its content: file names lie, and a report from a webhook has none.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, Report, Sample } from './adapter.ts';
import { JsonFaults } from './json-faults.ts';
import { jsonItems } from './json-items.ts';
import { jsonLines } from './json-lines.ts';
import { readStartBytes, textOfStart } from './read-start.ts';
import { xmlRoot } from './xml-root.ts';

const sampleBytes = 64 * 1024;

/** Where JSON and XML begin with one of these, what comes later is their adapters' business. */
const textStarts = new Set(['{', '[', '<']);

/** Reads a report's start and its top-level member names, these to its end: what decides may come last. */
export async function sampleOf(report: Report): Promise<Sample> {
  const bytes = await readStartBytes(report, sampleBytes);
  if (isUtf16(bytes)) throw new JsonFaults().encoding();
  const text = textOfStart(bytes);
  const none = { keys: new Set<string>(), text, bytes };
  // Before white space is taken off: a newline is also the tag of a binary message's first member.
  if (!textStarts.has(text.charAt(0)) && isBinary(bytes)) return { root: 'binary', ...none };
  const first = text.trimStart().charAt(0);
  if (first === '{') return { ...none, ...(await objectKeys(report)) };
  if (first === '[') return { ...none, root: 'array', keys: await firstElementKeys(report) };
  if (first !== '<') return { ...none, root: first === '' ? 'empty' : 'other' };
  const element = xmlRoot(text);
  return { ...none, root: 'xml', ...(element ? { element } : {}) };
}

/**
 * The one adapter that knows this report. Throws InvalidInput "report.unknown-format" when none does or several do,
 * "report.empty" for a report without content, and what jsonItems throws for broken JSON and for UTF-16.
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

// By its byte order mark: PowerShell writes so by ">". No protobuf message begins with these bytes.
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

// Control characters that are in no text, but for white space and what colours a terminal. UTF-16 is no text to us.
function isBinary(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b));
}

async function objectKeys(report: Report): Promise<Pick<Sample, 'root' | 'keys'>> {
  try {
    return { root: 'object', keys: await topLevelKeys(report) };
  } catch (error) {
    const isTrailed = error instanceof InvalidInput && error.code === 'report.not-json';
    const keys = isTrailed ? await firstOfLines(report) : undefined;
    if (keys) return { root: 'lines', keys };
    throw error;
  }
}

async function topLevelKeys(report: Report): Promise<ReadonlySet<string>> {
  const reader = jsonItems(report.open(), [], { skip: ['*'] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  return keysOf(step.value);
}

/** Of the first of several objects; undefined when there is no second one, begun at least. */
async function firstOfLines(report: Report): Promise<ReadonlySet<string> | undefined> {
  let keys: ReadonlySet<string> | undefined;
  try {
    for await (const lines of jsonLines(report.open())) {
      for (const { index, value } of lines) {
        if (index > 0) return keys;
        keys = keysOf(value);
      }
    }
  } catch (error) {
    // Cut off in its second one: its adapter says so better.
    if (error instanceof InvalidInput && error.code === 'report.truncated') return keys;
  }
  return undefined;
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
