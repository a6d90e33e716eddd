// JSON from strangers: of bounded depth, and without names that reach into an object's prototype.
import { InvalidInput } from '@assay/contracts';

/** Deepest nesting that is taken. */
const maxDepth = 64;

/** Reads JSON; throws InvalidInput "request.json". `where` names it in the sentence. */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(`${where} is not JSON in UTF-8`, cause);
  }
  check(value, where);
  return value;
}

// With a stack of our own: the depth of the input must not become that of ours.
function check(root: unknown, where: string): void {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > maxDepth) throw invalid(`${where} is nested deeper than ${maxDepth} levels`);
    if (Object.hasOwn(value, '__proto__')) throw invalid(`${where} has a member "__proto__"; rename it`);
    for (const member of Object.values(value))
      if (typeof member === 'object') open.push({ value: member, depth: depth + 1 });
  }
}

function invalid(message: string, cause?: unknown): InvalidInput {
  return new InvalidInput(message, { code: 'request.json', cause });
}
