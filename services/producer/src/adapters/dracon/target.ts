// Where an issue is, of the one text that Dracon has for it: a package, lines of a file, an image, an address.
import { canonicalPurl } from '../../purl.ts';

export interface Place {
  readonly purl: string;
  /** "" for what is no file. */
  readonly path: string;
  /** 0: not said. */
  readonly startLine: number;
  readonly endLine: number;
  /** "sha256:…" of an image that is named by it. */
  readonly digest: string;
}

/** No path or address is longer. */
const maxChars = 4096;

const nowhere: Place = { purl: '', path: '', startLine: 0, endLine: 0, digest: '' };

/**
 * - "pkg:npm/a@1" is a package.
 * - "file:///src/a.go:10-20" is a file of the sources, whose root Dracon takes for the root of the path; "src/a.go:10"
 *   and "/abs/a.go:10-20" were written before.
 * - "name@sha256:…" is an image by its digest.
 * - "https://…", "shop.example.com:443", "nginx:1" and all else is an address or a name, and no place here.
 *
 * `sourceRoot`: paths below it are left for others to shorten.
 */
export function placeOf(target: string, sourceRoot: string): Place {
  const text = target.trim();
  if (text.length > maxChars) return nowhere;
  if (/^pkg:/i.test(text)) return { ...nowhere, purl: canonicalPurl(text) || text };
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1];
  if (digest) return { ...nowhere, digest };
  const [, name = text, start, end] = /^(.*?):(\d{1,9})(?:-(\d{1,9}))?$/s.exec(text) ?? [];
  const lines = { startLine: Number(start ?? 0), endLine: Number(end ?? start ?? 0) };
  const isFileUrl = /^file:\/\//i.test(name);
  if (isFileUrl) return { ...nowhere, ...lines, path: rootless(decoded(name.slice('file://'.length)), sourceRoot) };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return nowhere;
  const isFile = end !== undefined || isPath(name, start !== undefined);
  return isFile && name ? { ...nowhere, ...lines, path: name } : nowhere;
}

/** A name with a folder and an extension, or with a line behind it that is no port. */
function isPath(name: string, hasNumber: boolean): boolean {
  if (/^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(name)) return true;
  const hasExtension = /[^/.][^/]*\.[A-Za-z][A-Za-z0-9_+-]{0,15}$/.test(name);
  if (!hasExtension || name.includes(':') || name.includes('@')) return false;
  return name.includes('/') ? true : hasNumber && !isHost(name);
}

/** "shop.example.com:443" and not "main.go:10". */
function isHost(name: string): boolean {
  return /\.(com|net|org|io|dev|app|cloud|local|localhost|internal|svc|test|example)$/i.test(name);
}

function rootless(path: string, sourceRoot: string): string {
  const root = sourceRoot
    .slice(0, maxChars)
    .replace(/^file:\/\//i, '')
    .replace(/\/+$/, '');
  return root !== '' && path.startsWith(`${root}/`) ? path : path.replace(/^\/+/, '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A "%" that encodes nothing: the name is meant as it stands.
    return path;
  }
}
