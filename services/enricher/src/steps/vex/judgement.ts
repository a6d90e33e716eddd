// Which statement counts for a finding: of those about its vulnerability and what it is about, the newest.
import {
  type Component,
  canBeScanned,
  isPackage,
  isScanned,
  type Match,
  type Package,
  type Subject,
} from './component.ts';
import type { Place, Statement, Status } from './statement.ts';
import type { Vulnerability } from './vulnerability-of.ts';

/** A statement about one place; of equally old ones the higher order stands later in the documents. */
interface Entry {
  readonly statement: Statement;
  readonly place: Place;
  readonly order: number;
}

/** Entries of one vulnerability: by the package they are about, and those about what was scanned. */
interface Entries {
  readonly byPackage: Map<string, Entry[]>;
  readonly aboutScanned: Entry[];
}

export type Statements = ReadonlyMap<string, Entries>;

export interface Judgement {
  readonly statement: Statement;
  /** The vulnerability that it is about, as the finding calls it. */
  readonly vulnerability: string;
  /** The finding is none, or none any more. */
  readonly isSettled: boolean;
}

/**
 * Statements in order of their documents; of equal times the last one is the newest. What can match nothing is told to
 * `skip`.
 */
export function indexStatements(
  statements: readonly Statement[],
  products: Subject['products'],
  skip: (reason: string) => void,
): Statements {
  const index = new Map<string, Entries>();
  const inOrder = statements.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  inOrder.forEach((statement, order) => {
    if (statement.places.length === 0) skip('no product');
    for (const place of statement.places) {
      const { product, parts } = place;
      const keys = new Set((parts.length > 0 ? parts : [product]).flatMap(keysOf));
      const isTarget = canBeScanned(product, products);
      if (parts.length > 0 ? !isTarget || keys.size === 0 : !isTarget && keys.size === 0) {
        const unknown = isTarget ? parts[0] : product;
        skip(`"${(unknown?.names[0] ?? '').slice(0, 80)}" is neither package, digest nor a product of this target`);
        continue;
      }
      for (const name of statement.vulnerabilities) {
        const entries = index.get(name) ?? { byPackage: new Map<string, Entry[]>(), aboutScanned: [] };
        index.set(name, entries);
        const entry = { statement, place, order };
        for (const key of keys) {
          const same = entries.byPackage.get(key);
          if (same) same.push(entry);
          else entries.byPackage.set(key, [entry]);
        }
        if (isTarget && parts.length === 0) entries.aboutScanned.push(entry);
      }
    }
  });
  return index;
}

/** Undefined when no statement is about the finding. */
export function judge(index: Statements, vulnerability: Vulnerability, subject: Subject): Judgement | undefined {
  const { ids, aliases } = vulnerability;
  const found = ids.map((id) => newest(index, id, aliases, subject, ids.length > 1));
  const judged = found.filter((each) => each !== undefined);
  // Of several vulnerabilities each must be settled; else the worst that is known counts.
  const isSettled = judged.length === ids.length && judged.every(({ isSettled }) => isSettled);
  const [worst] = judged.toSorted((a, b) => severityOf(b) - severityOf(a));
  return worst && { ...worst, isSettled };
}

const settled: ReadonlySet<Status> = new Set(['not_affected', 'false_positive', 'fixed']);

interface Found {
  readonly entry: Entry;
  readonly match: Match;
}

/** Older; or as old and about any version, while the other one is about this one; or earlier in the documents. */
function isBefore(a: Found, b: Found): boolean {
  const [time, other] = [a.entry.statement.time, b.entry.statement.time];
  if (time !== other) return time < other;
  if (a.match !== b.match) return b.match === 'exact';
  return a.entry.order < b.entry.order;
}

/** Of several vulnerabilities nobody can tell whose an alias is: by it alone none `isOneOfSeveral` is settled. */
function newest(
  index: Statements,
  id: string,
  aliases: readonly string[],
  subject: Subject,
  isOneOfSeveral: boolean,
): Judgement | undefined {
  let best: Found | undefined;
  for (const name of [id, ...aliases]) {
    const entries = index.get(name);
    if (!entries) continue;
    const ofPackage = subject.package ? (entries.byPackage.get(subject.package.key) ?? []) : [];
    for (const entry of [...ofPackage, ...entries.aboutScanned]) {
      if (best && entry.statement.time < best.entry.statement.time) continue;
      const match = matchOf(entry.place, subject);
      if (match && !(best && isBefore({ entry, match }, best))) best = { entry, match };
    }
  }
  if (!best) return undefined;
  const { statement } = best.entry;
  // "Fixed" is about versions: of every version it can only mean some of them.
  const isSettled =
    settled.has(statement.status) &&
    (statement.status !== 'fixed' || best.match === 'exact') &&
    (!isOneOfSeveral || statement.vulnerabilities.includes(id));
  return { statement, vulnerability: id, isSettled };
}

function severityOf({ statement: { status }, isSettled }: Judgement): number {
  if (isSettled) return 0;
  return { not_affected: 1, false_positive: 1, fixed: 1, under_investigation: 2, affected: 3 }[status];
}

/** A part must be what the finding is about, and lie in the product that was scanned. */
function matchOf({ product, parts }: Place, subject: Subject): Match {
  if (parts.length === 0) {
    const scanned = isScanned(product, subject);
    return scanned === 'exact' ? scanned : (isPackage(product, subject.package) ?? scanned);
  }
  const whole = isScanned(product, subject);
  if (!whole) return undefined;
  const found = parts.map((part) => isPackage(part, subject.package)).filter(Boolean);
  if (found.length === 0) return undefined;
  return whole === 'exact' || found.includes('exact') ? 'exact' : 'any';
}

function keysOf({ packages }: Component): string[] {
  return packages.map(({ key }: Package) => key);
}
