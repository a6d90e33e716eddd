// A query as people write it, checked once; what is wrong with it is said with its name.
import { InvalidInput, severityNames, transitionNames } from '@assay/contracts';
import type { Cursor } from './entry-reader.ts';
import type { FindingQuery, FindingState, PageQuery } from './store.ts';

const states: readonly string[] = ['open', 'fixed', 'suppressed'] satisfies FindingState[];

export interface CheckedQuery {
  target: string | undefined;
  tool: string | undefined;
  rule: string | undefined;
  path: string | undefined;
  run: string | undefined;
  state: FindingState | undefined;
  severities: readonly number[] | undefined;
  transitions: ReadonlySet<number> | undefined;
  after: Cursor | undefined;
  limit: number;
}

export function checkQuery(query: FindingQuery): CheckedQuery {
  const { state, severities, transitions, run } = query;
  if (state !== undefined && !states.includes(state)) throw wrong('state', state, states);
  if (transitions?.length && !run) {
    throw new InvalidInput('transitions are those of a run: name the run too', { code: 'query.transitions' });
  }
  return {
    target: query.target || undefined,
    tool: query.tool || undefined,
    rule: query.rule || undefined,
    path: query.path || undefined,
    run: run || undefined,
    state,
    severities: severities?.length ? severities.map((name) => parse('severities', name, severityNames)) : undefined,
    transitions: transitions?.length
      ? new Set(transitions.map((name) => parse('transitions', name, transitionNames)))
      : undefined,
    after: query.after ? readCursor(query.after) : undefined,
    limit: checkLimit(query),
  };
}

export function checkLimit({ limit = 100 }: PageQuery): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidInput(`limit must be a whole number from 1 to 1000, not ${limit}`, { code: 'query.limit' });
}

export function writeCursor({ severity, history, seq, position }: Cursor): string {
  return `${severity}.${history}.${seq}.${position}`;
}

function readCursor(text: string): Cursor {
  const [, severity, history = '', seq, position] = /^(\d)\.([0-9a-f]{20})\.(\d{1,10})\.(\d{1,10})$/.exec(text) ?? [];
  if (severity === undefined) throw wrongCursor();
  return { severity: Number(severity), history, seq: Number(seq), position: Number(position) };
}

export function wrongCursor(): InvalidInput {
  return new InvalidInput('after must be the `next` of the page before, as it was given', { code: 'query.after' });
}

function parse(
  field: string,
  name: string,
  names: { all: readonly string[]; parse(name: string): number | undefined },
) {
  const value = names.parse(name);
  if (value === undefined) throw wrong(field, name, names.all);
  return value;
}

function wrong(field: string, value: string, known: readonly string[]): InvalidInput {
  return new InvalidInput(`${field} must be of ${known.join(', ')}, not ${JSON.stringify(value).slice(0, 80)}`, {
    code: `query.${field}`,
  });
}
