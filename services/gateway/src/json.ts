// JSON from strangers: of bounded depth and size in memory, without names that reach into an object's prototype, and
// without the same name twice, of which each reader believes another.
import { InvalidInput } from '@assay/contracts';

/** Deepest nesting that is taken. */
const maxDepth = 64;
/** Most objects, lists and members: each costs far more memory than its bytes. */
const maxParts = 2_000_000;

/** Reads JSON; throws InvalidInput "request.json". `where` names it in the sentence. */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  const text = decode(bytes, where);
  // Before it is parsed: 16 MB of "[" would be a gigabyte.
  const members = measure(text, where);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(where, cause);
  }
  if (check(value, where) !== members) throw invalid(`${where} has a member twice in one object; give it once`);
  return value;
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notJson(where, cause);
  }
}

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** How many members its objects have as they are written. Of what is no JSON the answer means nothing. */
function measure(text: string, where: string): number {
  let depth = 0;
  let parts = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === colon) members++;
    else if (code === comma) parts++;
    else if (code === openBrace || code === openBracket) {
      parts++;
      if (++depth > maxDepth) throw invalid(`${where} is nested deeper than ${maxDepth} levels`);
    } else if (code === closeBrace || code === closeBracket) depth--;
    if (parts > maxParts) throw invalid(`${where} has more than ${maxParts} parts; send it in several`);
  }
  return members;
}

/** Where the string that begins at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return at;
}

/** How many members its objects have. With a stack of our own: the depth of the input must not become that of ours. */
function check(root: unknown, where: string): number {
  let members = 0;
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) throw invalid(`${where} has a member "__proto__"; rename it`);
    const inner = Object.values(value);
    if (!Array.isArray(value)) members += inner.length;
    for (const member of inner) if (typeof member === 'object' && member !== null) open.push(member);
  }
  return members;
}

function notJson(where: string, cause: unknown): InvalidInput {
  return invalid(`${where} is not JSON in UTF-8`, cause);
}

function invalid(message: string, cause?: unknown): InvalidInput {
  return new InvalidInput(message, { code: 'request.json', cause });
}
