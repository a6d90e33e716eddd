// Texts that people word themselves: values put into a text, and nothing else. The words are a part of Mustache's
// (https://mustache.github.io/mustache.5.html): {{a.b}} a value, {{#a}}…{{/a}} once for what is there and once for each
// of a list, {{^a}}…{{/a}} for what is not there, {{.}} the item itself. There are no lambdas, partials, delimiters or
// ways around the escaping, and only members of JSON's own are found, so that a template can neither run nor reach
// anything, and a value is never read as a template.
import { InvalidInput } from '@assay/contracts';

/** Most characters of a template, and of what it makes. */
export const maxTemplateLength = 8192;
const maxResultLength = 65_536;
const maxDepth = 10;
/** Parts filled in: sections of long lists inside each other could go on for ever and make nothing. */
const maxParts = 100_000;

/** Fills in a view (JSON values); every value passes `escaped`, which makes it plain text in the format of the result. */
export type Template = (view: unknown, escaped: (value: string) => string) => string;

type Part = string | { path: readonly string[] } | Section;
interface Section {
  path: readonly string[];
  isInverted: boolean;
  parts: Part[];
}

/** Throws InvalidInput "sink.template" with the place of what is wrong. `name` is for errors. */
export function compileTemplate(name: string, text: string): Template {
  if (text.length > maxTemplateLength)
    throw invalid(name, `has ${text.length} characters; at most ${maxTemplateLength} are taken`);
  const parts = parse(name, text);
  return (view, escaped) => {
    const result = new Result(escaped);
    result.add(parts, [view]);
    return result.text.slice(0, maxResultLength);
  };
}

/** The templates of a sink; `known` are the names that its type has. */
export function compileTemplates(
  given: Readonly<Record<string, string>>,
  known: readonly string[],
): Record<string, Template> {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      if (known.includes(name)) return [name, compileTemplate(name, text)];
      const list = known.length ? `it takes ${known.join(', ')}` : 'it takes none';
      throw invalid(name.slice(0, 64), `is none of this type of sink; ${list}`);
    }),
  );
}

// A third brace is Mustache's way around the escaping.
const tag = /(?<!\{)\{\{\s*([#^/]?)\s*([^{}]*?)\s*\}\}/g;
const pathPattern = /^(?:\.|[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)$/;

function parse(name: string, text: string): Part[] {
  const root: Part[] = [];
  const open: { section: Section; path: string }[] = [];
  const add = (part: Part) => (open.at(-1)?.section.parts ?? root).push(part);
  const addText = (from: number, to: number) => {
    const literal = text.slice(from, to);
    const stray = literal.indexOf('{{');
    if (stray >= 0) throw invalid(name, `has a {{ that is no value or section at character ${from + stray + 1}`);
    if (literal) add(literal);
  };
  let end = 0;
  for (const match of text.matchAll(tag)) {
    const [all, kind, path = ''] = match;
    addText(end, match.index);
    end = match.index + all.length;
    if (!pathPattern.test(path)) throw invalid(name, `cannot read ${JSON.stringify(all)}; write {{name}} or {{a.b}}`);
    if (kind === '/') {
      if (open.pop()?.path !== path) throw invalid(name, `ends {{/${path}}} where it is not open`);
    } else if (kind) {
      if (open.length >= maxDepth) throw invalid(name, `has sections more than ${maxDepth} deep`);
      const section: Section = { path: pathOf(path), isInverted: kind === '^', parts: [] };
      add(section);
      open.push({ section, path });
    } else add({ path: pathOf(path) });
  }
  addText(end, text.length);
  const [left] = open;
  if (left) throw invalid(name, `does not end {{#${left.path}}}`);
  return root;
}

function pathOf(path: string): string[] {
  return path === '.' ? [] : path.split('.');
}

class Result {
  text = '';
  #parts = 0;
  readonly #escaped: (value: string) => string;

  constructor(escaped: (value: string) => string) {
    this.#escaped = escaped;
  }

  /** `views`: what a name is looked up in, the innermost last. */
  add(parts: readonly Part[], views: readonly unknown[]): void {
    for (const part of parts) {
      if (this.#isFull()) return;
      this.#parts++;
      if (typeof part === 'string') this.text += part;
      else if ('parts' in part) this.#addSection(part, lookUp(part.path, views), views);
      else this.text += this.#escaped(wordsOf(lookUp(part.path, views)));
    }
  }

  #addSection({ isInverted, parts }: Section, value: unknown, views: readonly unknown[]): void {
    const items = itemsOf(value);
    if (isInverted && items.length === 0) this.add(parts, views);
    if (isInverted) return;
    for (const item of items) {
      if (this.#isFull()) return;
      this.add(parts, [...views, item]);
    }
  }

  #isFull(): boolean {
    return this.text.length >= maxResultLength || this.#parts >= maxParts;
  }
}

// What is empty is as good as absent.
function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null || value === false || value === '' || value === 0 ? [] : [value];
}

function lookUp([first, ...rest]: readonly string[], views: readonly unknown[]): unknown {
  if (first === undefined) return views.at(-1);
  const holder = views.findLast((view) => member(view, first) !== undefined);
  return rest.reduce(member, member(holder, first));
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (!Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function wordsOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'function') return '';
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function invalid(name: string, what: string): InvalidInput {
  return new InvalidInput(`template.${name} ${what}`, { code: 'sink.template' });
}
