// What an archive says it has, judged as a whole before a byte of it is written: an entry may be harmless by itself and
// lead out of the folder by another.
import { InvalidInput } from '@assay/contracts/errors';
import type { ReadEntry } from 'tar';

/** More is no source. */
const maxEntries = 500_000;
/** Links that lead to links. */
const maxHops = 40;

const kinds: Readonly<Record<string, Entry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  SymbolicLink: 'symlink',
  Link: 'hard link',
};

interface Entry {
  readonly kind: 'file' | 'folder' | 'symlink' | 'hard link';
  /** Of a link: where to, as written. */
  readonly to: string;
}

export class ArchiveEntries {
  readonly #entries = new Map<string, Entry>();
  readonly #options: { strip: number; maxBytes: number };
  #bytes = 0;
  #count = 0;

  constructor(options: { strip: number; maxBytes: number }) {
    this.#options = options;
  }

  /** Throws InvalidInput "archive.hostile" or "archive.too-large". */
  add({ path, type, linkpath, size }: Pick<ReadEntry, 'path' | 'type' | 'linkpath' | 'size'>): void {
    this.#count += 1;
    this.#bytes += size;
    if (this.#count > maxEntries || this.#bytes > this.#options.maxBytes) {
      throw new InvalidInput(
        `the archive unpacks to more than ${maxEntries} files or ${this.#options.maxBytes} bytes; leave out what is not to be scanned, or raise max-bytes`,
        { code: 'archive.too-large' },
      );
    }
    const kind = kinds[type];
    if (!kind) throw hostile(`"${path}" is a ${type}`);
    const name = pathBelow(path, this.#options.strip);
    if (name === '') return;
    const to = kind === 'hard link' ? pathBelow(linkpath ?? '', this.#options.strip) : (linkpath ?? '');
    const before = this.#entries.get(name);
    if (before && (before.kind === 'symlink' || kind === 'symlink')) throw hostile(`"${path}" is there twice`);
    if (kind === 'hard link' && this.#entries.get(to)?.kind !== 'file') {
      throw hostile(`"${path}" is a hard link to "${linkpath}", which is no file of it`);
    }
    this.#entries.set(name, { kind, to });
  }

  /** Symlinks that lead elsewhere, which are not to be made. Throws InvalidInput "archive.hostile", or "archive.empty". */
  linksOutside(): ReadonlySet<string> {
    if (this.#entries.size === 0) {
      throw new InvalidInput('the archive has no files; check what was packed, and strip-components', {
        code: 'archive.empty',
      });
    }
    const outside = new Set<string>();
    for (const [name, { kind }] of this.#entries) {
      for (const parent of parentsOf(name)) {
        const above = this.#entries.get(parent);
        if (above && above.kind !== 'folder') throw hostile(`"${name}" lies below "${parent}", a ${above.kind}`);
      }
      if (kind === 'symlink' && !this.#staysInside(name)) outside.add(name);
    }
    return outside;
  }

  // Name by name, as the kernel goes: behind a link ".." is not the folder that the link lies in.
  #staysInside(name: string): boolean {
    const at: string[] = [];
    const left = name.split('/').reverse();
    for (let hops = 0; left.length > 0; ) {
      const part = left.pop() ?? '';
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (at.pop() === undefined) return false;
        continue;
      }
      const entry = this.#entries.get([...at, part].join('/'));
      if (entry?.kind !== 'symlink') {
        at.push(part);
        continue;
      }
      hops += 1;
      if (hops > maxHops || entry.to.startsWith('/')) return false;
      left.push(...entry.to.split('/').reverse());
    }
    return true;
  }
}

/**
 * Where an entry goes below the folder that the archive goes into; "" for one that `strip` leaves nothing of. Throws
 * InvalidInput "archive.hostile".
 */
export function pathBelow(path: string, strip: number): string {
  const parts = path.split('/');
  if (path.startsWith('/') || path.split(/[/\\]/).includes('..')) throw hostile(`the path "${path}" leads out of it`);
  // As tar counts them: "./a/b" has three parts.
  return parts
    .slice(strip)
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function* parentsOf(name: string): Generator<string> {
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) yield name.slice(0, at);
}

function hostile(why: string): InvalidInput {
  return new InvalidInput(`the archive is not to be trusted, nothing of it was unpacked: ${why}`, {
    code: 'archive.hostile',
  });
}
