// Reads one YAML file into a zod schema; every mistake is told with file and line.
import { readFile } from 'node:fs/promises';
import { InvalidInput } from '@assay/contracts';
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';

/** Most bytes of a component or pipeline file: far above what people write, far below what hurts. */
const maxBytes = 1024 * 1024;
/** Most mistakes told at once. */
const maxMistakes = 10;

/** A document, what it says, and where each part of it stands. */
export interface Located<T> {
  readonly value: T;
  /** "folder/task.yaml:12", the place of the nearest part that exists. */
  at(path: readonly PropertyKey[]): string;
}

export async function readYaml<T>(file: string, schema: z.ZodType<T>, code: string): Promise<Located<T>> {
  return parseYaml(await readText(file, code), file, schema, code);
}

export async function readText(file: string, code: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InvalidInput(`Cannot read ${file}; check the path and its permissions.`, { code, cause });
  }
}

/** One document. Throws InvalidInput with the given code. */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>, code: string): Located<T> {
  return checked(parseDocument(text, file, code), schema, code);
}

export function parseDocument(text: string, file: string, code: string): Located<unknown> {
  const [document, second] = parseDocuments(text, file, code);
  if (!document) throw new InvalidInput(`${file} is empty.`, { code });
  if (second) throw new InvalidInput(`${file} has several documents; put each in a file of its own.`, { code });
  return document;
}

/** Each document that says something. Aliases are refused beyond a few: they can multiply a file's size. */
export function parseDocuments(text: string, file: string, code: string): Located<unknown>[] {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new InvalidInput(`${file} is larger than ${maxBytes} bytes; it is hardly a component.`, { code });
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents
    .map((document) => locatedIn(document, file, lines, code))
    .filter(({ value }) => value !== null && value !== undefined);
}

function locatedIn(document: Document.Parsed, file: string, lines: LineCounter, code: string): Located<unknown> {
  const [broken] = document.errors;
  if (broken) throw new InvalidInput(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`, { code });
  const at = (path: readonly PropertyKey[]): string => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
      if (Array.isArray(range)) return `${file}:${lines.linePos(Number(range[0])).line}`;
    }
    return `${file}:1`;
  };
  try {
    return { value: document.toJS({ maxAliasCount: 20 }), at };
  } catch (cause) {
    throw new InvalidInput(`${file} uses too many aliases; write the values out.`, { code, cause });
  }
}

/** What a document says, if it is what the schema says; every mistake with its line. */
export function checked<T>({ value, at }: Located<unknown>, schema: z.ZodType<T>, code: string): Located<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, at };
  const mistakes = parsed.error.issues.map(({ path, message }) => `${at(path)}: ${[...path, message].join(' › ')}`);
  const more = mistakes.length > maxMistakes ? [`and ${mistakes.length - maxMistakes} more`] : [];
  throw new InvalidInput([...mistakes.slice(0, maxMistakes), ...more].join('\n'), { code });
}
