// Ranges of versions as CSAF and CycloneDX write them: "vers:npm/>=1.0|<2.0", "vers:all/*", or only ">=1.0|<2.0".
// https://github.com/package-url/vers-spec

/** Most constraints of a range. */
const maxConstraints = 100;

export interface VersionRange {
  /** "npm"; "" when it says none. */
  readonly scheme: string;
  /** Empty: every version. */
  readonly constraints: readonly { comparator: string; version: string }[];
}

/** Undefined when it cannot be read. */
export function parseRange(text: string): VersionRange | undefined {
  const [, scheme = '', list = ''] = /^(?:vers:([a-z0-9.+-]+)\/)?(.*)$/is.exec(text.trim()) ?? [];
  if (list === '*') return { scheme: scheme.toLowerCase(), constraints: [] };
  const parts = list.split('|').map((part) => part.trim());
  if (parts.length > maxConstraints) return undefined;
  const constraints = parts.map((part) => {
    const [, comparator = '', version = ''] = /^(>=|<=|!=|<|>|=)?\s*([^\s<>=!]+)$/.exec(part) ?? [];
    return { comparator: comparator || '=', version: decoded(version) };
  });
  // A bare word is a version only where a scheme says that this is a range.
  const isRange = constraints.every(({ version }) => version !== '') && (scheme !== '' || /^[<>=!]/.test(list));
  return isRange ? { scheme: scheme.toLowerCase(), constraints } : undefined;
}

/** Whether a version of a package type is in a range; undefined when nobody can tell. */
export function contains({ scheme, constraints }: VersionRange, version: string, type: string): boolean | undefined {
  if (constraints.length === 0) return true;
  const order = scheme === '' || scheme === 'all' || scheme === 'vers' ? type : scheme;
  for (const { comparator, version: named } of constraints) {
    if (named !== version && compareVersions(named, version, order) !== 0) continue;
    if (comparator === '!=') return false;
    if (comparator.endsWith('=')) return true;
  }
  const bounds = constraints.filter(({ comparator }) => comparator !== '=' && comparator !== '!=');
  if (bounds.length === 0) return constraints.every(({ comparator }) => comparator === '!=');
  const sides = bounds.map(({ comparator, version: named }) => ({
    isLower: comparator.startsWith('>'),
    named,
    side: compareVersions(version, named, order),
  }));
  if (sides.some(({ side }) => side === undefined)) return undefined;
  sides.sort((a, b) => compareVersions(a.named, b.named, order) ?? 0);
  return sides.some(({ isLower, side = 0 }, index) => {
    const next = sides[index + 1];
    // Below the first upper bound, above the last lower one, or between a lower and the upper one behind it.
    if (!isLower) return index === 0 && side < 0;
    return side > 0 && (!next || (!next.isLower && (next.side ?? 0) < 0));
  });
}

// Composer's words have an order of their own, NuGet's have no case, and tags of GitHub may mean anything.
const semantic = new Set(['npm', 'semver', 'cargo', 'golang', 'go', 'hex', 'pub', 'swift']);

/** Negative, 0 or positive; undefined for versions whose order is not known here. */
export function compareVersions(a: string, b: string, type: string): number | undefined {
  const [left, right] = [parsed(a, type), parsed(b, type)];
  if (!left || !right) return undefined;
  for (let index = 0; index < Math.max(left.numbers.length, right.numbers.length); index += 1) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrerelease(left.prerelease, right.prerelease);
}

// Numbers with points are ordered alike everywhere; what follows them only where semver says how.
function parsed(version: string, type: string): { numbers: number[]; prerelease: string[] } | undefined {
  const [, numbers, prerelease] =
    /^v?(\d{1,15}(?:\.\d{1,15}){0,9})(?:-([0-9A-Za-z.-]{1,100}))?(?:\+[0-9A-Za-z.-]{1,100})?$/.exec(version) ?? [];
  if (numbers === undefined) return undefined;
  if (!semantic.has(type) && /[^\d.]/.test(version)) return undefined;
  return { numbers: numbers.split('.').map(Number), prerelease: prerelease ? prerelease.split('.') : [] };
}

/** Semver 2.0.0, 11.3 and 11.4. */
function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [left = '', right = ''] = [a[index], b[index]];
    if (left === right) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (isNumber && isOtherNumber) return Number(left) - Number(right);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
