// Package URLs (ECMA-427) as adapters build them. The same package must have the same name whichever tool reports it,
// so every purl is written in one canonical form. Not packageurl-js: it leaves the case of Go modules as it is and
// refuses packages that a lock file names without a version.

export interface PurlParts {
  readonly type: string;
  /** With "/" between its segments; "" for none. */
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty values are left out. */
  readonly qualifiers?: Readonly<Record<string, string>>;
  readonly subpath?: string;
}

/** Types whose definitions say that namespace and name are lower-case. */
const lowerCase: ReadonlySet<string> = new Set(
  'alpm apk bitbucket bitnami composer deb github gitlab golang hex npm oci pub pypi'.split(' '),
);

/**
 * The canonical purl: namespace and name as their type demands, qualifiers sorted, percent-encoded by section 5 of the
 * standard. "" when type or name is missing, for there is no such purl.
 */
export function purlOf({ type, namespace = '', name, version = '', qualifiers = {}, subpath = '' }: PurlParts): string {
  const kind = type.toLowerCase();
  const [space, own] = normalised(kind, namespace, name);
  if (!/^[a-z][a-z0-9.-]*$/.test(kind) || own === '') return '';
  let purl = `pkg:${kind}/`;
  for (const segment of segmentsOf(space)) purl += `${encoded(segment)}/`;
  purl += encoded(own);
  if (version !== '') purl += `@${encoded(version)}`;
  const pairs = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key.toLowerCase()}=${encoded(value).replaceAll('%2F', '/')}`)
    .sort();
  if (pairs.length > 0) purl += `?${pairs.join('&')}`;
  const path = segmentsOf(subpath).filter((segment) => segment !== '.' && segment !== '..');
  return path.length > 0 ? `${purl}#${path.map(encoded).join('/')}` : purl;
}

/**
 * A package as its own ecosystem names it: "@babel/core" of npm, "org.apache:commons" of maven,
 * "github.com/gin-gonic/gin" of golang. Namespace and name are told apart by the type's rule.
 */
export function packagePurl(
  type: string,
  fullName: string,
  version = '',
  qualifiers: Readonly<Record<string, string>> = {},
): string {
  const separator = separators[type];
  const at = separator === undefined ? -1 : fullName.lastIndexOf(separator);
  const namespace = at < 0 ? '' : fullName.slice(0, at);
  const name = fullName.slice(at + 1);
  return purlOf({
    type,
    namespace: type === 'maven' ? namespace.replaceAll(':', '/') : namespace,
    name,
    version,
    qualifiers,
  });
}

/** What parts a namespace from a name; types that are not listed have no namespace in their packages' names. */
const separators: Readonly<Record<string, string>> = {
  composer: '/',
  github: '/',
  golang: '/',
  hex: '/',
  maven: ':',
  npm: '/',
  swift: '/',
};

/** No package has a longer one. Characters. */
const maxLength = 4096;

/** A purl of another tool in canonical form; "" for what is none. */
export function canonicalPurl(purl: string): string {
  if (purl.length > maxLength) return '';
  const match = /^pkg:\/*([A-Za-z][A-Za-z0-9.-]*)\/([^?#]+)(?:\?([^#]*))?(?:#(.*))?$/s.exec(purl.trim()) ?? undefined;
  if (!match) return '';
  const [, type = '', path = '', query = '', subpath = ''] = match;
  const slash = path.replace(/\/+$/, '');
  const at = slash.lastIndexOf('@');
  // "@" before the last "/" belongs to a scope that somebody did not encode.
  const hasVersion = at > 0 && at > slash.lastIndexOf('/');
  const segments = (hasVersion ? slash.slice(0, at) : slash).split('/').map(decoded);
  const name = segments.pop() ?? '';
  return purlOf({
    type,
    namespace: segments.join('/'),
    name,
    version: hasVersion ? decoded(slash.slice(at + 1)) : '',
    qualifiers: Object.fromEntries(
      query.split('&').flatMap((pair) => {
        const equals = pair.indexOf('=');
        return equals > 0 ? [[pair.slice(0, equals), decoded(pair.slice(equals + 1))]] : [];
      }),
    ),
    subpath: decoded(subpath),
  });
}

function normalised(type: string, namespace: string, name: string): [string, string] {
  if (type === 'pypi') return ['', name.toLowerCase().replace(/[-_.]+/g, '-')];
  if (lowerCase.has(type)) return [namespace.toLowerCase(), name.toLowerCase()];
  return [type === 'rpm' ? namespace.toLowerCase() : namespace, name];
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

// ":" stays as it is, all else that is not unreserved is encoded.
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A "%" that encodes nothing: meant as it stands.
    return text;
  }
}
