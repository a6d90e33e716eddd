// What a VEX document names: a package or a product, by package URL, digests or other ids; and whether a finding is
// about it. A statement that may be about something else does not match: a suppression must be right.
import { PackageURL } from 'packageurl-js';
import { contains, parseRange, type VersionRange } from './version-range.ts';

export interface Package {
  /** Type, namespace and name, as they are compared. */
  readonly key: string;
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  /** "" when none is given. */
  readonly version: string;
  readonly qualifiers: Readonly<Record<string, string>>;
}

export interface Component {
  /** Ids as they stand in the document: an IRI, a CPE, a product id, a name. */
  readonly names: readonly string[];
  readonly packages: readonly Package[];
  /** "sha256:…" */
  readonly digests: readonly string[];
  /** Versions that are meant, of packages without a version. */
  readonly range?: VersionRange;
}

/** What a finding is about, and what was scanned. */
export interface Subject {
  readonly package: Package | undefined;
  /** Digests of the finding's artifact and of what was scanned. */
  readonly digests: readonly string[];
  /** Name of the target, without a tag; and the tag, "" when it has none. */
  readonly target: string;
  readonly tag: string;
  readonly revision: string;
  /** What the step's parameter says that the target is. */
  readonly products: readonly (string | Package)[];
}

/** "exact": this version or digest; "any": whatever the version; undefined: not this one, or nobody can tell. */
export type Match = 'exact' | 'any' | undefined;

/** `range` is the versions that are meant where a package URL has none. */
export function componentOf(ids: readonly string[], digests: readonly string[] = [], range?: string): Component {
  const names = [...new Set(ids.filter(Boolean))];
  const versions = range === undefined ? undefined : parseRange(range);
  return {
    names,
    // A range that nobody can read must not become every version.
    packages: names
      .flatMap((name) => parsePackage(name) ?? [])
      .filter(({ version }) => version !== '' || range === undefined || versions),
    digests,
    ...(versions ? { range: versions } : {}),
  };
}

/** Undefined for what is no package URL. */
export function parsePackage(purl: string): Package | undefined {
  if (!purl.startsWith('pkg:') || purl.length > 2048) return undefined;
  try {
    const { type, namespace, name, version, qualifiers, subpath } = PackageURL.fromString(purl);
    const parts = { type: type.toLowerCase(), namespace: namespace ?? '', name, version: version ?? '' };
    // A part of a package is told apart as one more qualifier does; "#" is no name of one.
    return { ...parts, key: keyOf(parts), qualifiers: { ...qualifiers, ...(subpath ? { '#': subpath } : {}) } };
  } catch {
    return undefined;
  }
}

/** Whether a finding's package is this component. */
export function isPackage({ packages, range }: Component, found: Package | undefined): Match {
  if (!found) return undefined;
  let match: Match;
  for (const named of packages) {
    if (named.key !== found.key || !hasQualifiers(named, found)) continue;
    if (named.version !== '') {
      if (named.version === found.version && epochOf(named) === epochOf(found)) return 'exact';
    } else if (!range) match = 'any';
    else if (found.version !== '' && contains(range, found.version, found.type)) {
      if (range.constraints.length > 0) return 'exact';
      match = 'any';
    }
  }
  return match;
}

/** Part of an rpm's version, of which the purl has it apart; none is 0. */
function epochOf({ qualifiers }: Package): string {
  return qualifiers['epoch'] ?? '0';
}

/** Whether what was scanned is this component. */
export function isScanned(component: Component, { digests, target, tag, revision, products }: Subject): Match {
  if (component.digests.some((digest) => digests.includes(digest))) return 'exact';
  let match: Match;
  for (const product of products) {
    const found = typeof product === 'string' ? undefined : isPackage(component, product);
    if (found === 'exact') return 'exact';
    if (found || (typeof product === 'string' && component.names.includes(product))) match = 'any';
  }
  for (const named of component.packages) {
    if (digests.includes(named.version)) return 'exact';
    if (!repositoriesOf(named).includes(target) || !hasTag(named, tag)) continue;
    if (named.version !== '' && named.version === revision) return 'exact';
    if (named.version === '' && !component.range) match = 'any';
  }
  return match;
}

/** Whether something could be scanned that is this component; the others are only ever in what was scanned. */
export function canBeScanned({ names, packages, digests }: Component, products: Subject['products']): boolean {
  return (
    digests.length > 0 ||
    names.some((name) => products.includes(name)) ||
    packages.some(
      (named) =>
        named.version.startsWith('sha256:') ||
        repositoriesOf(named).length > 0 ||
        products.some((product) => typeof product !== 'string' && product.key === named.key),
    )
  );
}

/** Names under which a target is scanned that is this package: an image's repository, a repository of sources. */
function repositoriesOf({ type, namespace, name, qualifiers }: Package): string[] {
  const path = [namespace, name].filter(Boolean).join('/');
  if (type === 'oci' || type === 'docker') {
    const repository = qualifiers['repository_url'] ?? '';
    return [repository, type === 'docker' ? path : ''].filter(Boolean);
  }
  const host = { github: 'github.com', gitlab: 'gitlab.com', bitbucket: 'bitbucket.org' }[type];
  return host ? [`${host}/${path}`] : [];
}

/** Of what was scanned only the tag is known: a statement of a platform or anything else may be of another image. */
function hasTag({ qualifiers }: Package, tag: string): boolean {
  return Object.entries(qualifiers).every(
    ([name, value]) => name === 'repository_url' || ignored.has(name) || (name === 'tag' && value === tag),
  );
}

/** "ghcr.io/acme/shop" of "ghcr.io/acme/shop:1.2". */
export function withoutTag(reference: string): string {
  return reference.replace(/(?:@sha256:[0-9a-f]+|:[\w][\w.-]{0,127})$/, '');
}

// Where something lies says nothing of what it is.
const ignored = new Set(['checksum', 'download_url', 'file_name', 'vcs_url']);
const defaults: Readonly<Record<string, Readonly<Record<string, string>>>> = { maven: { type: 'jar' } };

/** A document's package is the more general one: what it says of itself, the finding's must say too. */
function hasQualifiers(named: Package, found: Package): boolean {
  return Object.entries(named.qualifiers).every(
    ([name, value]) => ignored.has(name) || (found.qualifiers[name] ?? defaults[named.type]?.[name]) === value,
  );
}

const caseless = new Set(['apk', 'bitbucket', 'composer', 'deb', 'docker', 'github', 'gitlab', 'hex', 'oci', 'pypi']);

function keyOf({ type, namespace, name }: Pick<Package, 'type' | 'namespace' | 'name'>): string {
  const key = `${type}/${namespace}/${type === 'pypi' ? name.replace(/[_.]+/g, '-') : name}`;
  return caseless.has(type) ? key.toLowerCase() : key;
}
