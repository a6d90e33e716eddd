// Who a finding is. docs/findings.md describes the layout: change both, and the version, together; every finding of
// every installation is a new one after that.
import { hash } from 'node:crypto';
import { IdentityTable } from './identity-table.ts';

const version = 'assay-finding-1';

/** What identity is made of: no severity, description or line number. */
export interface IdentityParts {
  target: string;
  /** Which part of the target, e.g. a workload of a cluster; "" where the path says it. */
  within: string;
  tool: string;
  rule: string;
  cves: readonly string[];
  purl: string;
  /** Normalised. */
  path: string;
  fingerprint: string;
  /** The flagged lines, each secret its keyed hash. */
  content: string;
  /** Used where there is neither content nor fingerprint. Each secret its keyed hash. */
  title: string;
}

/** The finding's place and words, by which the same record twice is told from two findings that look alike. */
export interface RecordParts {
  path: string;
  purl: string;
  span: Partial<Record<'startLine' | 'endLine' | 'startColumn' | 'endColumn', number | undefined>> | undefined;
  title: string;
  /** Description, digest, properties. */
  more: readonly string[];
}

/** The identity of a finding that stands alone: 16 bytes, as a string of 16 latin1 characters. */
export function baseIdentity(parts: IdentityParts): string {
  const { target, within, tool, rule, cves, purl, path, fingerprint, content, title } = parts;
  let text = version;
  const name = purl === '' ? '' : purlName(purl);
  if (name !== '' && cves.length > 0) {
    const known = cves.length === 1 ? cves : [...new Set(cves)].sort();
    for (const cve of known) text += field('v', cve.toUpperCase());
  } else {
    text += field('t', tool) + field('r', rule);
  }
  text += field('g', target);
  if (within !== '') text += field('w', within);
  if (name !== '') {
    // The folder, not the file: tools name the manifest, its lock file or neither.
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    return digest(text + field('p', name) + (folder === '' ? '' : field('d', folder)));
  }
  text += field('f', path);
  if (fingerprint !== '') return digest(text + field('i', fingerprint));
  const folded = content.trim().replace(/\s+/g, ' ');
  return digest(text + (folded === '' ? field('n', title) : field('c', folded)));
}

/**
 * A package URL without version, qualifiers and subpath: "pkg:npm/%40babel/core@7.0.0?x=y#z" is
 * "pkg:npm/%40babel/core". The type is lower-cased, as the specification demands of everybody.
 */
export function purlName(purl: string): string {
  const path = purl.replace(/[?#].*$/s, '');
  const at = path.lastIndexOf('@');
  const name = at > path.lastIndexOf('/') ? path.slice(0, at) : path;
  return name.replace(/^pkg:\/*([^/]*)/i, (_, type: string) => `pkg:${type.toLowerCase()}`);
}

/** Identities of one report, in order: equal ones are told apart by ordinal, the same record twice is found. */
export class Identities {
  readonly #bases = new IdentityTable();
  /** Records whose base was there before them; the first of each base is a note beside it. */
  readonly #repeated = new IdentityTable();

  /** The identity of the report's next finding; undefined when this very record was there before. */
  next(base: string, parts: RecordParts): string | undefined {
    const mark = markOf(parts);
    const at = this.#bases.find(word(base, 0), word(base, 4), mark);
    if (this.#bases.counted(at) > 0) {
      if (this.#bases.note(at) === mark) return undefined;
      const record = this.#repeated.find((word(base, 8) ^ mark) >>> 0, word(base, 12));
      if (this.#repeated.count(record) > 0) return undefined;
    }
    const ordinal = this.#bases.count(at);
    if (ordinal === 0) return base;
    const hex = Buffer.from(base, 'latin1').toString('hex');
    return digest(version + field('b', hex) + field('o', String(ordinal)));
  }
}

/** 32 bits of what a record says. Not cryptographic: it decides only between findings whose bases are equal. */
function markOf({ path, purl, span, title, more }: RecordParts): number {
  let mark = mixText(0, title);
  // The base holds the path unless it is about a package.
  if (purl !== '') mark = mixText(mixText(mark, path), purl);
  for (const text of more) mark = mixText(mark, text);
  if (span) {
    mark = mix(mark, span.startLine ?? 0);
    mark = mix(mark, span.endLine ?? 0);
    mark = mix(mark, span.startColumn ?? 0);
    mark = mix(mark, span.endColumn ?? 0);
  }
  return mark >>> 0;
}

function mix(state: number, value: number): number {
  const mixed = Math.imul(state ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function mixText(state: number, text: string): number {
  let mixed = mix(state, text.length);
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mix(mixed, 1);
}

// Length first, so that no two lists of fields make the same text. UTF-16 code units.
function field(kind: string, value: string): string {
  return `|${kind}${value.length}:${value}`;
}

// A string of latin1 characters costs a third of what a Buffer does.
function digest(text: string): string {
  return hash('sha256', text, 'binary').slice(0, 16);
}

function word(bytes: string, at: number): number {
  return (
    (bytes.charCodeAt(at) |
      (bytes.charCodeAt(at + 1) << 8) |
      (bytes.charCodeAt(at + 2) << 16) |
      (bytes.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
