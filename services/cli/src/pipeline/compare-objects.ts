// What would change in a namespace, as people read it.
import type { KubeObject } from '@assay/kube';
import { stringify } from 'yaml';

/** Written by the server, different every time. */
const serverMetadata = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation', 'selfLink'];
/** Unchanged lines around a change. */
const context = 2;
/** Above this many lines on a side what changed is shown as one block. */
const maxLines = 4000;

/** "" when both say the same. */
export function difference(before: KubeObject | undefined, after: KubeObject | undefined): string {
  return diffLines(textOf(before), textOf(after));
}

function textOf(object: KubeObject | undefined): string[] {
  if (!object) return [];
  const { status: _, ...rest } = object as KubeObject & { status?: unknown };
  const metadata = Object.fromEntries(Object.entries(rest.metadata).filter(([name]) => !serverMetadata.includes(name)));
  return stringify({ ...rest, metadata }, { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false })
    .trimEnd()
    .split('\n');
}

/**
 * What the server would have if it took ours, as far as that can be reckoned here: fields merged, the entries of lists
 * too. What only the server has in an entry stays where it is a default, and is gone otherwise.
 */
export function overlaid(live: KubeObject, ours: KubeObject): KubeObject {
  return merged(live, ours, () => true) as KubeObject;
}

type Keeps = (name: string, value: unknown) => boolean;

function merged(live: unknown, ours: unknown, keeps: Keeps): unknown {
  if (Array.isArray(live) && Array.isArray(ours)) {
    return ours.map((entry, index) => merged(counterpart(live, entry, index), entry, isDefault));
  }
  if (!isObject(live) || !isObject(ours)) return ours;
  const kept = Object.entries(live).filter(([name, value]) => name in ours || keeps(name, value));
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(Object.entries(ours).map(([name, value]) => [name, merged(live[name], value, keeps)])),
  };
}

function counterpart(live: readonly unknown[], entry: unknown, index: number): unknown {
  if (!isObject(entry) || !('name' in entry)) return live[index];
  return live.find((other) => isObject(other) && other['name'] === entry['name']);
}

/** What Tekton's webhook fills in. */
function isDefault(name: string, value: unknown): boolean {
  if (value === null || value === '' || (name === 'type' && value === 'string')) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lines with "-", "+" or " " before them; runs of equal ones shortened. */
export function diffLines(before: readonly string[], after: readonly string[]): string {
  const lines = editsOf(before, after);
  const near = lines.map((_, index) => lines.slice(Math.max(0, index - context), index + context + 1).some(isChange));
  return lines
    .map((line, index) => (near[index] ? `${line}\n` : near[index - 1] ? '  …\n' : ''))
    .join('')
    .replace(/ {2}…\n$/, '');
}

function isChange(line: string): boolean {
  return line[0] !== ' ';
}

function editsOf(before: readonly string[], after: readonly string[]): string[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return [
    ...before.slice(0, head).map((line) => ` ${line}`),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map((line) => ` ${line}`),
  ];
}

// The longest common subsequence, by the table that everybody knows.
function middle(before: readonly string[], after: readonly string[]): string[] {
  if (Math.max(before.length, after.length) > maxLines) return [...removed(before), ...added(after)];
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? (lengths[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(lengths[(row + 1) * width + column] ?? 0, lengths[row * width + column + 1] ?? 0);
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push(` ${before[row]}`);
      row += 1;
      column += 1;
    } else if ((lengths[(row + 1) * width + column] ?? 0) >= (lengths[row * width + column + 1] ?? 0)) {
      lines.push(`-${before[row]}`);
      row += 1;
    } else {
      lines.push(`+${after[column]}`);
      column += 1;
    }
  }
  return [...lines, ...removed(before.slice(row)), ...added(after.slice(column))];
}

function removed(lines: readonly string[]): string[] {
  return lines.map((line) => `-${line}`);
}

function added(lines: readonly string[]): string[] {
  return lines.map((line) => `+${line}`);
}
