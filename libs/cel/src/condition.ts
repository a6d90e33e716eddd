// An expression of people over a finding or an event: checked when it is declared, asked many times.
// https://github.com/google/cel-spec/blob/master/doc/langdef.md
import { Environment } from '@marcbachmann/cel-js';
import { collections, findingSchema } from './finding-schema.ts';

/** Most characters of an expression. */
export const maxExpressionLength = 4096;

/** What an expression may speak of: a finding, an event's attributes, an event's data of any shape. */
export type Variables = readonly ('finding' | 'event' | 'data')[];

/** Answers true or false. Throws an Error with one line that says why when the expression cannot be evaluated. */
export type Condition = (values: Readonly<Record<string, unknown>>) => boolean;

/** Why an expression is no condition. */
export interface Mistake {
  /** Without the place. */
  readonly reason: string;
  /** Where in the expression: UTF-16 units from its start; undefined when it is about the whole. */
  readonly offset?: number;
}

// The library cannot tell empty from absent, as CEL does for lists and maps: `has` would always say yes.
const alwaysThere = new RegExp(`\\bhas\\(\\s*finding\\.(${collections.map(({ name }) => name).join('|')})\\s*\\)`);

// As texts "medium" comes after "high": the words have an order, but not this one.
const ordered = /\bfinding\.(severity|confidence)\s*[<>]|[<>]=?\s*finding\.(severity|confidence)\b/;

const limits = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 16 };
const eventSchema = { type: 'string', subject: 'string', time: 'string' };

/** Unknown fields and comparisons of different types are mistakes; a field that a finding lacks is told when asked. */
export function compileCondition(expression: string, variables: Variables): Condition | Mistake {
  if (expression.length > maxExpressionLength)
    return { reason: `has ${expression.length} characters; at most ${maxExpressionLength} are taken` };
  const environment = new Environment({ limits });
  if (variables.includes('event')) environment.registerVariable({ name: 'event', schema: eventSchema });
  if (variables.includes('finding')) environment.registerVariable({ name: 'finding', schema: findingSchema });
  if (variables.includes('data')) environment.registerVariable('data', 'dyn');
  const checked = environment.check(expression);
  if (!checked.valid) return { reason: summaryOf(checked.error), offset: offsetOf(checked.error) };
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    return { reason: `must be true or false; it is a ${checked.type}` };
  const asked = variables.includes('finding') ? alwaysThere.exec(expression) : null;
  if (asked) {
    const reason = `a finding always has ${asked[1]}, maybe empty: ask size(finding.${asked[1]}) > 0`;
    return { reason, offset: asked.index };
  }
  const compared = variables.includes('finding') ? ordered.exec(expression) : null;
  if (compared) {
    const name = compared[1] ?? compared[2];
    const reason = `${name} is a word without an order: ask finding.${name} in ["high", …]`;
    return { reason, offset: compared.index };
  }
  const evaluate = environment.parse(expression);
  return (values) => {
    const answer = evaluated(evaluate, values);
    if (typeof answer !== 'boolean') throw new Error('it must be true or false');
    return answer;
  };
}

function evaluated(evaluate: (values: Record<string, unknown>) => unknown, values: object): unknown {
  try {
    return evaluate(values as Record<string, unknown>);
  } catch (cause) {
    // The library's message repeats the expression over several lines; its summary is the sentence.
    throw new Error(summaryOf(cause), cause instanceof Error && !('summary' in cause) ? { cause } : {});
  }
}

function offsetOf(error: unknown): number {
  return (error as { range?: { start?: number } } | undefined)?.range?.start ?? 0;
}

function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be read';
  const summary = (error as { summary?: unknown }).summary;
  return typeof summary === 'string' ? summary : (error.message.split('\n')[0] ?? '');
}
