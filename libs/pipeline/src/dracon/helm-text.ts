// What Dracon's task.yaml takes from Helm: values in the names of images and the like. Of Helm's language just what is
// seen there: .Values.x, .Chart.x, .Release.x, "text", default, quote, and pipes of these. Anything else is named.
import { InvalidInput } from '@assay/contracts';

/** What a template may ask for. */
export interface HelmContext {
  /** What values.yaml says. */
  readonly Values?: Readonly<Record<string, unknown>>;
  /** What Chart.yaml says, "AppVersion" and all. */
  readonly Chart?: Readonly<Record<string, unknown>>;
  readonly Release?: Readonly<Record<string, unknown>>;
}

const code = 'component.helm';
const braces = '{{`{{`}}';
const expression = /\{\{([^{}]*)\}\}/g;
const token = /"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\.[A-Za-z_][\w.]*)|(-?\d+(?:\.\d+)?)|([A-Za-z]\w*)|([|()])/y;

export function hasHelm(text: string): boolean {
  return text.includes('{{');
}

/** A text with each {{ expression }} filled in. Throws InvalidInput for what has no value or is not known here. */
export function fillHelm(text: string, context: HelmContext, where: string): string {
  // How a chart says two braces of its own.
  if (text.includes(braces)) {
    return text
      .split(braces)
      .map((part) => fillHelm(part, context, where))
      .join('{{');
  }
  if (hasHelm(text.replace(expression, ''))) throw refused(where, 'a "{{" has no "}}" that belongs to it');
  return text.replace(expression, (whole, between: string) => {
    const inner = between.trim().replace(/^-\s|\s-$/g, '');
    const value = evaluate(inner, whole, context, where);
    if (value !== undefined) return value;
    const [name] = /\.[A-Za-z][\w.]*/.exec(inner) ?? [inner];
    throw refused(where, `${whole} has no value; give ${name} one (${hintFor(name)})`);
  });
}

function hintFor(name: string): string {
  if (name.startsWith('.Chart.')) return '--app-version, or the Chart.yaml of its --release';
  return '--values FILE, or the values.yaml of its --release';
}

type Atom = { readonly text: string } | { readonly path: string } | { readonly call: string };

function evaluate(inner: string, whole: string, context: HelmContext, where: string): string | undefined {
  let piped: string | undefined;
  let isPiped = false;
  for (const stage of stagesOf(inner, whole, where)) {
    const [head, ...rest] = stage.map((atom) => ('call' in atom ? atom : { value: valueAt(atom, context) }));
    if (!head) throw refused(where, `${whole} has nothing between its pipes`);
    const given = [...rest, ...(isPiped ? [{ value: piped }] : [])];
    piped = 'call' in head ? called(head.call, given, whole, where) : head.value;
    if (!('call' in head) && given.length > 0) throw refused(where, `${whole} is no expression that is known here`);
    isPiped = true;
  }
  return piped;
}

function called(
  name: string,
  given: readonly ({ call: string } | { value: string | undefined })[],
  whole: string,
  where: string,
): string | undefined {
  const values = given.map((it) => ('value' in it ? it.value : undefined));
  const isPlain = given.every((it) => 'value' in it);
  if (isPlain && name === 'default' && values.length === 2) return values[1] || values[0];
  if (isPlain && name === 'quote' && values.length === 1) return JSON.stringify(values[0] ?? '');
  throw refused(where, `${whole} uses "${name}", which is not known here; only default and quote are`);
}

function stagesOf(inner: string, whole: string, where: string): Atom[][] {
  const stages: Atom[][] = [[]];
  let at = 0;
  while (at < inner.length) {
    if (/\s/.test(inner[at] ?? '')) {
      at += 1;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(inner);
    const [, double, raw, path, number, word, sign] = found ?? [];
    if (!found || sign === '(' || sign === ')') throw refused(where, `${whole} is no expression that is known here`);
    at = token.lastIndex;
    if (sign === '|') stages.push([]);
    else if (double !== undefined) stages.at(-1)?.push({ text: double.replace(/\\(.)/g, '$1') });
    else if (raw !== undefined || number !== undefined) stages.at(-1)?.push({ text: raw ?? number ?? '' });
    else if (path !== undefined) stages.at(-1)?.push({ path });
    else stages.at(-1)?.push({ call: word ?? '' });
  }
  return stages;
}

function valueAt(atom: { text: string } | { path: string }, context: HelmContext): string | undefined {
  if ('text' in atom) return atom.text;
  let value: unknown = context;
  for (const name of atom.path.split('.').filter(Boolean)) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function refused(where: string, why: string): InvalidInput {
  return new InvalidInput(`${where}: ${why}.`, { code });
}
