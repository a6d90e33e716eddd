// Tekton's variables: $(params.x), $(params["x"]), $(params.x[*]), $(workspaces.x.path), $(results.x.path),
// $(context.taskRun.name). Substituted in arguments and environment values, never in a script: a value there would be
// read as shell code.
import { InvalidInput } from '@assay/contracts';
import type { ParamValue } from './task-schema.ts';

export interface Variables {
  params: Readonly<Record<string, ParamValue>>;
  /** Folder of each workspace; an optional one that is not bound is absent. */
  workspaces: Readonly<Record<string, string>>;
  /** File that each result is written to. */
  results: Readonly<Record<string, string>>;
  /** e.g. { "taskRun.name": "scan-1-gosec" } */
  context: Readonly<Record<string, string>>;
}

/** A reference found in a text. */
export interface Reference {
  /** As written, "$(params.x)". */
  text: string;
  root: 'params' | 'workspaces' | 'results' | 'context';
  /** What follows the root, e.g. ["x", "path"]. */
  path: string[];
  /** [*] or [3] at its end. */
  index?: '*' | number;
}

const pattern =
  /\$\((params|workspaces|results|context)((?:\.[A-Za-z0-9_-]+|\["[^"\]]+"\]|\['[^'\]]+'\])+)(?:\[(\*|\d+)\])?\)/g;
const segment = /\.([A-Za-z0-9_-]+)|\["([^"\]]+)"\]|\['([^'\]]+)'\]/g;

/** Everything in a text that Tekton would replace; anything else in "$(…)" is left to whoever reads the text. */
export function references(text: string): Reference[] {
  return [...text.matchAll(pattern)].map(([whole, root, rest, index]) => ({
    text: whole,
    root: root as Reference['root'],
    path: [...(rest ?? '').matchAll(segment)].map(([, dotted, double, single]) => dotted ?? double ?? single ?? ''),
    ...(index === undefined ? {} : { index: index === '*' ? '*' : Number(index) }),
  }));
}

/** A text with every variable replaced by one string. Throws InvalidInput for one that has no such value. */
export function substitute(text: string, variables: Variables): string {
  return text.replace(pattern, (whole) => {
    const [reference] = references(whole);
    const found = reference && lookUp(reference, variables);
    if (typeof found === 'string') return found;
    throw unusable(whole, Array.isArray(found) ? 'is a list; write [*] as a whole argument' : 'has no value');
  });
}

/** Arguments; one that is just a list, "$(params.x[*])", becomes as many as the list has. */
export function substituteAll(texts: readonly string[], variables: Variables): string[] {
  return texts.flatMap((text) => {
    const [reference] = references(text);
    if (reference?.text !== text || reference.index !== '*') return substitute(text, variables);
    const found = lookUp(reference, variables);
    if (Array.isArray(found)) return found;
    throw unusable(text, 'is not a list');
  });
}

function lookUp({ root, path, index }: Reference, variables: Variables): string | readonly string[] | undefined {
  const [name = '', ...rest] = path;
  if (root === 'context') return variables.context[path.join('.')];
  if (root === 'results') return rest.join('.') === 'path' ? variables.results[name] : undefined;
  if (root === 'workspaces') {
    const folder = variables.workspaces[name];
    if (rest.join('.') === 'bound') return String(folder !== undefined);
    return rest.join('.') === 'path' ? (folder ?? '') : undefined;
  }
  // A name may hold dots, "a.b", or lead into an object's member.
  const value = variables.params[path.join('.')] ?? variables.params[name];
  if (value === undefined || typeof value === 'string') return path.join('.') in variables.params ? value : undefined;
  if (Array.isArray(value)) return typeof index === 'number' ? value[index] : value;
  const [member] = rest;
  return member === undefined ? undefined : (value as Record<string, string>)[member];
}

function unusable(text: string, why: string): InvalidInput {
  return new InvalidInput(`${text} ${why}.`, { code: 'component.variable' });
}
