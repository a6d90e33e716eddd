// Streaming JSON with flat memory: finds the elements of chosen arrays in a stream of bytes and parses each alone, so
// that a report of any length costs what its largest record costs. Element slices go to JSON.parse, which is native;
// only the structure around them is read here (100 000 records of 440 bytes: 0.3 s; a token stream needs twice that).
import { JsonScanner } from './json-scanner.ts';
import { scanPieces } from './scan-pieces.ts';

/** One element of a selected array. */
export interface JsonItem {
  /** The pattern that selected it, e.g. "runs[].results[]". */
  readonly at: string;
  /** Positions in the pattern's arrays, outermost first: [run, result]. */
  readonly indexes: readonly number[];
  readonly value: unknown;
}

export interface JsonItemsOptions {
  /** Values passed over without being parsed, e.g. "runs[].artifacts"; arrays and objects are empty in the rest. */
  skip?: readonly string[];
  /** Longest element. Bytes, default 16 MiB. */
  maxItemBytes?: number;
  /** Longest document without the selected and skipped values. Bytes, default 32 MiB. */
  maxRestBytes?: number;
  /** Deepest nesting. Default 512. */
  maxDepth?: number;
}

/**
 * Yields the elements of the arrays that `patterns` name, in order of the document, some at a time (a yield for each
 * one would cost as much as reading it). Returns the rest: the document with those arrays empty.
 *
 * A pattern is a path of member names, "[]" behind a name enters an array: "Issues[]", "runs[].results[]", "[]" (the
 * document itself is the array); "*" is every member: "metrics.*"; of the arrays of "*[]" not even the names are kept. No pattern may begin with another one. A named value that is no array stays in the
 * rest as it is. Invalid UTF-8 becomes U+FFFD.
 *
 *     const items = jsonItems(report.open(), ['Issues[]']);
 *     let step = await items.next();
 *     for (; !step.done; step = await items.next()) for (const { value } of step.value) …
 *     const rest = step.value;
 *
 * What is wrong with a document is the same whichever way it is cut into chunks, and everything before it is yielded
 * first. Throws InvalidInput: "report.empty" (nothing but white space), "report.truncated" (ends too early; says at
 * which byte), "report.not-json", "report.too-deep", "report.too-large".
 */
export async function* jsonItems(
  source: AsyncIterable<Uint8Array>,
  patterns: readonly string[],
  options: JsonItemsOptions = {},
): AsyncGenerator<JsonItem[], unknown> {
  const scanner = new JsonScanner(patterns, options);
  yield* scanPieces(source, scanner);
  return scanner.end();
}
