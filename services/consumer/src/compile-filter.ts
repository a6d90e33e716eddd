// A sink's filter: a CEL expression over each finding or event, checked when the sink is declared.
import { compileCondition, findingValue, withinTime } from '@assay/cel';
import { InvalidInput } from '@assay/contracts';
import type { SinkItem } from './sink.ts';

/** Longest that the items of one event may take together. */
const maxFilterMs = 1000;

/** The items that pass. Throws InvalidInput "sink.filter" when the expression fails on one: that is never "false". */
export type Filter = (items: readonly SinkItem[]) => SinkItem[];

/** Compiles a filter over findings (`finding`, `event`) or over other events (`data`, `event`). */
export function compileFilter(expression: string, of: 'findings' | 'events'): Filter {
  const condition = compileCondition(expression, [of === 'findings' ? 'finding' : 'data', 'event']);
  if (typeof condition !== 'function') throw notValid(expression, condition.reason, condition.offset);
  return (items) => {
    const passed = withinTime(maxFilterMs, () => items.filter((item) => passes(condition, item)));
    if (!passed) throw invalid(`the filter took longer than ${maxFilterMs} ms on one event; simplify what it matches`);
    return passed;
  };
}

/** For a sink without a filter. */
export const passAll: Filter = (items) => [...items];

function passes(condition: (values: Record<string, unknown>) => boolean, item: SinkItem): boolean {
  const { finding, data } = item;
  const { type, subject, time } = item.event;
  const about = finding ? { finding: findingValue(finding) } : { data };
  try {
    return condition({ event: { type, subject, time }, ...about });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new InvalidInput(
      `the filter fails on ${item.id}: ${message}; ask has(…) for what a finding or event may lack`,
      { code: 'sink.filter', ...(cause === undefined ? {} : { cause }) },
    );
  }
}

function notValid(expression: string, reason: string, offset: number | undefined): InvalidInput {
  if (offset === undefined) return invalid(`the filter ${reason}`);
  const before = expression.slice(0, offset).split('\n');
  const position = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return invalid(`the filter is wrong at ${position}: ${reason}`);
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.filter' });
}
