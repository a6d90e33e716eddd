// Paths as tools write them → paths relative to the target's root, with "/". The same file must have the same path
// whichever tool names it, on whichever machine it was scanned, or findings lose their history and owners.

export interface NormalPath {
  /** Relative to the root; as the tool gave it, but tidy, when it lies outside. */
  path: string;
  /** It does not lie below the root: "../x", or absolute and elsewhere. */
  isOutside: boolean;
}

/**
 * A function for one report. `sourceRoot` is the folder that absolute paths start with; "" when unknown.
 *
 * - "file://" and a Windows drive are understood, "\" is "/", "./", "//" and "a/../" are resolved.
 * - Percent-encoding is decoded in file: URIs only; a plain name may hold a "%". Relative URI references (SARIF) are
 *   decoded by their adapter.
 * - An absolute path elsewhere stays absolute and is marked: nobody can tell "/main.tf" that means the root from the
 *   file system's. An adapter whose tool writes a false leading "/" takes it off.
 */
export function pathNormaliser(sourceRoot: string): (raw: string) => NormalPath {
  const root = sourceRoot === '' ? undefined : resolve(fromUri(sourceRoot.slice(0, maxChars)));
  let lastRaw = '';
  let last: NormalPath = { path: '', isOutside: false };
  return (raw) => {
    // Findings of one file come together.
    if (raw !== lastRaw) {
      last = normalise(raw, root);
      lastRaw = raw;
    }
    return last;
  };
}

function normalise(raw: string, root: string | undefined): NormalPath {
  const path = resolve(fromUri(raw.slice(0, maxChars)));
  if (root !== undefined) {
    if (path === root) return { path: '', isOutside: false };
    const prefix = root.endsWith('/') ? root : `${root}/`;
    if (path.startsWith(prefix)) return { path: path.slice(prefix.length), isOutside: false };
  }
  return { path, isOutside: path.startsWith('/') || path === '..' || path.startsWith('../') };
}

function fromUri(raw: string): string {
  const match = /^file:(?:\/\/([^/]*))?(.*)$/is.exec(raw);
  if (!match) return raw;
  const path = match[2] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    // A "%" that encodes nothing: the name is meant as it stands.
    return path;
  }
}

/** Of a path that are looked at; no system knows longer ones. */
const maxChars = 16 * 1024;

const isTidy = /^\/?(?!\.{0,2}(?:\/|$))[^\\:/]+(?:\/(?!\.{0,2}(?:\/|$))[^\\:/]+)*$/;

// A drive becomes an ordinary absolute path: "C:\src" is "/c:/src".
function resolve(raw: string): string {
  if (isTidy.test(raw)) return raw;
  const slashed = raw
    .replaceAll('\\', '/')
    .replace(/^\/?([A-Za-z]):(?=\/|$)/, (_, drive) => `/${drive.toLowerCase()}:`);
  const isAbsolute = slashed.startsWith('/');
  const kept: string[] = [];
  for (const segment of slashed.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isAbsolute) kept.push('..');
  }
  return (isAbsolute ? '/' : '') + kept.join('/');
}
