// Hostile JSON made of a real report: each member in turn of another type, missing, twice, or beside one more.
import { hostileValues, prototypeNames, share } from './values.ts';

/** Elements of a list that are kept, and those with the same members: the others say the same again. */
const maxElements = 3;
const maxAlike = 1;

export interface Mutant {
  /** "runs[].results[].level = null" */
  readonly what: string;
  readonly text: string;
}

/** The documents of a report: one, or one a line. */
export function documentsOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown);
  }
}

/** The same with short lists, and short objects where they are lists by name: what is left has another set of members. */
export function shortened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const seen = new Map<string, number>();
  const kept = entries.filter(([, member]) => {
    const isInner = typeof member === 'object' && member !== null;
    if (!isInner && !Array.isArray(value)) return true;
    const shape = isInner ? Object.keys(member).sort().join() : typeof member;
    seen.set(shape, (seen.get(shape) ?? 0) + 1);
    return (seen.get(shape) ?? 0) <= maxAlike;
  });
  const short = kept.map(([key, member]) => [key, shortened(member)] as const);
  return Array.isArray(value) ? short.slice(0, maxElements).map(([, member]) => member) : Object.fromEntries(short);
}

/** A place in a document: member names and positions. */
type Path = readonly (string | number)[];

/** Each place that has not been attacked yet, by its path without positions; `done` remembers them. */
export function* placesOf(document: unknown, done: Set<string>, path: Path = []): Generator<Path> {
  const name = nameOf(path);
  if (!done.has(name)) {
    done.add(name);
    yield path;
  }
  if (typeof document !== 'object' || document === null) return;
  for (const [key, member] of Object.entries(document))
    yield* placesOf(member, done, [...path, Array.isArray(document) ? Number(key) : key]);
}

function nameOf(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? '[]' : `.${/^[A-Za-z][\w-]*$/.test(step) ? step : '*'}`))
    .join('');
}

/** Every attack on one place. */
export function* mutantsAt(documents: readonly unknown[], which: number, path: Path): Generator<Mutant> {
  const name = nameOf(path);
  const text = (edit: Edit) =>
    documents
      .map((document, at) => (at === which ? written(document, path, edit) : JSON.stringify(document)))
      .join('\n');
  for (const value of share(hostileValues, name)) yield { what: `${name} = ${value}`, text: text({ value }) };
  const last = path.at(-1);
  if (last === undefined) return;
  yield { what: `${name} missing`, text: text({ isMissing: true }) };
  yield { what: `${name} twice, then null`, text: text({ again: 'null' }) };
  yield { what: `${name} twice, then in a list`, text: text({ again: '[{}]' }) };
  for (const key of share([...prototypeNames, '', 'x\u0000\u001b[2J', '../../x'], name))
    yield { what: `${name} named ${JSON.stringify(key)}`, text: text({ key }) };
}

interface Edit {
  value?: string;
  isMissing?: boolean;
  /** The same member once more with this value; beside an element, one more. */
  again?: string;
  /** Another name; of an element: its value in an object under it. */
  key?: string;
}

function written(value: unknown, [step, ...rest]: Path, edit: Edit): string {
  if (step === undefined) return edit.value ?? JSON.stringify(value);
  const isHere = rest.length === 0;
  const parts: string[] = [];
  for (const [key, member] of Object.entries(value as object)) {
    const isList = Array.isArray(value);
    const name = isList ? '' : `${JSON.stringify(key)}:`;
    if (key !== String(step)) {
      parts.push(name + JSON.stringify(member));
      continue;
    }
    if (isHere && edit.isMissing) continue;
    const inner = written(member, rest, edit);
    if (isHere && edit.key !== undefined)
      parts.push(isList ? `{${JSON.stringify(edit.key)}:${inner}}` : `${JSON.stringify(edit.key)}:${inner}`);
    else parts.push(name + inner);
    if (isHere && edit.again) parts.push(name + edit.again);
  }
  return Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`;
}

/** The report with a tower of lists in the place of each of its first members. */
export function* deepMutants(text: string, levels: number): Generator<string> {
  const tower = '['.repeat(levels) + ']'.repeat(levels);
  const [document] = documentsOf(text).map(shortened);
  let left = 12;
  for (const path of placesOf(document, new Set())) {
    if (left-- === 0) return;
    yield written(document, path, { value: tower });
  }
}

/** The report with more text behind that of a member, one member after the other. */
export function* longTexts(text: string, fillers: readonly string[]): Generator<Mutant> {
  const documents = documentsOf(text).slice(0, 4).map(shortened);
  const done = new Set<string>();
  let count = 0;
  for (const [which, document] of documents.entries())
    for (const path of placesOf(document, done)) {
      const value = path.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], document);
      if (typeof value !== 'string') continue;
      const filler = fillers[count++ % fillers.length] ?? '';
      const others = documents.map((other) => JSON.stringify(other));
      others[which] = written(document, path, { value: JSON.stringify(value + filler) });
      yield { what: `${nameOf(path)} and many ${JSON.stringify(filler.slice(0, 8))}`, text: others.join('\n') };
    }
}
