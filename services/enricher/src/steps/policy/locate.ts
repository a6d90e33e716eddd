// Where things stand in a YAML document: a member, a key, a character of a scalar. Offsets are UTF-16 units from its start.
import { type Document, isMap, isNode, isPair, isScalar, type LineCounter } from 'yaml';

export interface Locate {
  /** Of the nearest part on the path that exists, or of a key of it. */
  node(path: readonly PropertyKey[], key?: string): number;
  /** Of a character of the scalar at the path; the scalar's start where folding or escapes moved it. */
  inside(path: readonly PropertyKey[], offset: number): number;
  /** From 1. */
  line(offset: number): number;
}

export function locateIn(document: Document, text: string, lines: LineCounter): Locate {
  const nodeAt = (path: readonly PropertyKey[]): unknown => document.getIn(path, true);
  const startOf = (value: unknown): number | undefined => (isNode(value) ? value.range?.[0] : undefined);
  return {
    node(path, key) {
      for (let length = path.length; length >= 0; length -= 1) {
        const found = length === 0 ? document.contents : nodeAt(path.slice(0, length));
        const pair =
          key !== undefined && isMap(found) ? found.items.find(({ key: known }) => nameOf(known) === key) : undefined;
        const start = startOf(isPair(pair) ? pair.key : found);
        if (start !== undefined) return start;
      }
      return 0;
    },
    inside(path, offset) {
      const node = nodeAt(path);
      const start = startOf(node);
      if (!isScalar(node) || typeof node.value !== 'string' || start === undefined) return this.node(path);
      if (node.type === 'BLOCK_LITERAL') return insideBlock(node.value, offset, text, start);
      const first = node.type === 'PLAIN' ? start : start + 1;
      return text.startsWith(node.value, first) ? first + offset : start;
    },
    line: (offset) => lines.linePos(offset).line,
  };
}

function nameOf(key: unknown): unknown {
  return isScalar(key) ? key.value : undefined;
}

/** Each line of the value is a line of the document behind the "|", indented. */
function insideBlock(value: string, offset: number, text: string, start: number): number {
  const before = value.slice(0, offset).split('\n');
  let lineStart = start;
  for (let left = before.length; left > 0; left -= 1) {
    const end = text.indexOf('\n', lineStart);
    if (end < 0) return start;
    lineStart = end + 1;
  }
  const line = value.split('\n')[before.length - 1] ?? '';
  const end = text.indexOf('\n', lineStart);
  const source = text.slice(lineStart, end < 0 ? text.length : end).replace(/\r$/, '');
  return lineStart + Math.max(0, source.length - line.length) + (before.at(-1) ?? '').length;
}
