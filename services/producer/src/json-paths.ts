// Patterns such as "runs[].results[]" as a tree that a scanner walks along with the document.
import { Fault } from '@assay/contracts';

export interface PathNode {
  /** By name; "*" is every member without a node of its own. */
  readonly members: Map<string, PathNode>;
  /** What an element of the array here is. */
  elements?: PathNode;
  /** Set where an element is an item: the pattern that says so. */
  pattern?: string;
  /** The value here is passed over. */
  isSkipped?: boolean;
}

export function compilePaths(patterns: readonly string[], skip: readonly string[]): PathNode {
  const root: PathNode = { members: new Map() };
  for (const pattern of patterns) {
    const node = nodeAt(root, pattern);
    if (!pattern.endsWith('[]')) throw wrong(pattern, 'must end in "[]"');
    node.pattern = pattern;
  }
  for (const path of skip) nodeAt(root, path.replace(/\[\]$/, '')).isSkipped = true;
  check(root);
  return root;
}

function nodeAt(root: PathNode, pattern: string): PathNode {
  const steps = pattern.match(/\[\]|[^.[\]]+/g) ?? [];
  if (steps.length === 0) throw wrong(pattern, 'names nothing');
  let node = root;
  for (const step of steps) {
    const next: PathNode = (step === '[]' ? node.elements : node.members.get(step)) ?? { members: new Map() };
    if (step === '[]') node.elements = next;
    else node.members.set(step, next);
    node = next;
  }
  return node;
}

function check(node: PathNode): void {
  const isLeaf = node.members.size === 0 && node.elements === undefined;
  if (!isLeaf && (node.pattern !== undefined || node.isSkipped))
    throw wrong(node.pattern ?? '(skipped)', 'holds another pattern');
  for (const member of node.members.values()) check(member);
  if (node.elements) check(node.elements);
}

function wrong(pattern: string, why: string): Fault {
  return new Fault(`The JSON pattern "${pattern}" ${why}.`, { code: 'json.pattern' });
}
