// A sink's filter: a CEL expression over each finding or event, checked when the sink is declared.
// https://github.com/google/cel-spec/blob/master/doc/langdef.md
import { createContext, Script } from 'node:vm';
import { InvalidInput } from '@assay/contracts';
import { Environment } from '@marcbachmann/cel-js';
import type { SinkItem } from './sink.ts';

/** Most characters of a filter. */
export const maxFilterLength = 4096;
/** Longest that the items of one event may take together. */
const maxFilterMs = 1000;

/** The items that pass. Throws InvalidInput "sink.filter" when the expression fails on one: that is never "false". */
export type Filter = (items: readonly SinkItem[]) => SinkItem[];

const limits = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 16 };
const event = { type: 'string', subject: 'string', time: 'string' };
// FindingRecord in CEL's words; compile-filter.spec.ts holds them together.
const finding = {
  id: 'string',
  target: 'string',
  revision: 'string',
  tool: 'string',
  toolVersion: 'string',
  rule: 'string',
  title: 'string',
  description: 'string',
  severity: 'string',
  confidence: 'string',
  kind: 'string',
  cvss: { score: 'double', vector: 'string' },
  cves: 'list<string>',
  cwes: 'list<int>',
  path: 'string',
  startLine: 'int',
  endLine: 'int',
  startColumn: 'int',
  endColumn: 'int',
  snippet: 'string',
  purl: 'string',
  digest: 'string',
  references: 'list<string>',
  properties: 'map<string, string>',
  suppression: { kind: 'string', justification: 'string' },
  owners: 'list<string>',
  annotations: 'map<string, string>',
  transition: 'string',
  run: 'string',
  report: 'string',
};

/** Compiles a filter over findings (`finding`, `event`) or over other events (`data`, `event`). */
export function compileFilter(expression: string, of: 'findings' | 'events'): Filter {
  if (expression.length > maxFilterLength)
    throw invalid(`the filter has ${expression.length} characters; at most ${maxFilterLength} are taken`);
  const environment = new Environment({ limits }).registerVariable({ name: 'event', schema: event });
  if (of === 'findings') environment.registerVariable({ name: 'finding', schema: finding });
  else environment.registerVariable('data', 'dyn');
  const checked = environment.check(expression);
  if (!checked.valid) throw notValid(expression, checked.error);
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    throw invalid(`the filter must be true or false; it is a ${checked.type}`);
  const evaluate = environment.parse(expression);
  return (items) =>
    withinTime(() =>
      items.filter((item) => {
        const passed = answer(evaluate, item);
        if (typeof passed !== 'boolean') throw failed(item, 'it must be true or false', undefined);
        return passed;
      }),
    );
}

/** For a sink without a filter. */
export const passAll: Filter = (items) => [...items];

function answer(evaluate: (context: Record<string, unknown>) => unknown, item: SinkItem): unknown {
  const { finding, data } = item;
  const { type, subject, time } = item.event;
  const about = finding ? { finding: withIntegers(finding) } : { data };
  try {
    return evaluate({ event: { type, subject, time }, ...about });
  } catch (cause) {
    throw failed(item, summaryOf(cause), cause);
  }
}

// CEL's int is a bigint in this library, a number is its double.
function withIntegers(record: object): Record<string, unknown> {
  const converted: Record<string, unknown> = { ...record };
  for (const name of ['startLine', 'endLine', 'startColumn', 'endColumn']) {
    const value = converted[name];
    if (typeof value === 'number') converted[name] = BigInt(value);
  }
  if (Array.isArray(converted.cwes)) converted.cwes = converted.cwes.map((cwe: number) => BigInt(cwe));
  return converted;
}

// `matches` uses JavaScript's backtracking expressions on texts that strangers write; only a vm can interrupt one.
const limited = createContext({ run: undefined as unknown });
const script = new Script('run()');

function withinTime<T>(run: () => T): T {
  limited.run = run;
  try {
    return script.runInContext(limited, { timeout: maxFilterMs }) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw invalid(`the filter took longer than ${maxFilterMs} ms on one event; simplify what it matches`);
  } finally {
    limited.run = undefined;
  }
}

function notValid(expression: string, error: unknown): InvalidInput {
  const start = (error as { range?: { start?: number } } | undefined)?.range?.start ?? 0;
  const before = expression.slice(0, start).split('\n');
  const position = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return invalid(`the filter is wrong at ${position}: ${summaryOf(error)}`);
}

function failed(item: SinkItem, reason: string, cause: unknown): InvalidInput {
  return new InvalidInput(
    `the filter fails on ${item.id}: ${reason}; ask has(…) for what a finding or event may lack`,
    // The library's message repeats the expression over several lines; its summary is in the sentence.
    { code: 'sink.filter', ...(cause instanceof Error && !('summary' in cause) ? { cause } : {}) },
  );
}

function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be read';
  const summary = (error as { summary?: unknown }).summary;
  return typeof summary === 'string' ? summary : (error.message.split('\n')[0] ?? '');
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.filter' });
}
