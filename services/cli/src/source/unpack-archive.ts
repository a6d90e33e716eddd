// An archive from somebody else: read once to judge it, then once more to write it. Files become readable for the tasks
// behind this one, which run as other users of the same group; nothing else of an entry's owner, mode or time is kept.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AssayError, Fault, InvalidInput } from '@assay/contracts/errors';
import { Parser, type ReadEntry, Unpack } from 'tar';
import { ArchiveEntries, pathBelow } from './archive-entries.ts';

export interface UnpackOptions {
  /** An empty folder. */
  readonly folder: string;
  /** Leading parts of every path that are left out. */
  readonly strip: number;
  /** Most bytes, unpacked. At least 1. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Links that lead elsewhere, which were left out. Throws InvalidInput "archive.*", before anything is written where it can. */
export async function unpackArchive(file: string, options: UnpackOptions): Promise<readonly string[]> {
  const entries = new ArchiveEntries(options);
  await feed(file, options, (failed) => {
    const onReadEntry = (entry: ReadEntry): void => {
      attempt(() => entries.add(entry), failed);
      entry.resume();
    };
    return new Parser({ strict: true, onReadEntry });
  });
  const outside = entries.linksOutside();
  await feed(file, options, (failed) => {
    const filter = (path: string, entry: unknown): boolean => {
      const name = attempt(() => pathBelow(path, options.strip), failed) ?? '';
      if (name === '' || outside.has(name)) return false;
      place(entry as ReadEntry, name, options.strip);
      return true;
    };
    return new Unpack({ cwd: options.folder, strict: true, preserveOwner: false, noMtime: true, filter });
  });
  return [...outside];
}

/** The very path that was judged, and no set-user-id bit or file that its owner cannot read. */
function place(entry: ReadEntry, name: string, strip: number): void {
  entry.path = name;
  if (entry.type === 'Link') entry.linkpath = pathBelow(entry.linkpath ?? '', strip);
  const isFolder = entry.type === 'Directory' || entry.type === 'GNUDumpDir';
  entry.mode = isFolder || ((entry.mode ?? 0) & 0o100) !== 0 ? 0o755 : 0o644;
}

// What a callback throws would be thrown out of the parser's middle.
function attempt<T>(work: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    failed(error);
    return undefined;
  }
}

async function feed(
  file: string,
  { maxBytes, signal }: UnpackOptions,
  make: (failed: (error: unknown) => void) => Parser,
): Promise<void> {
  let failure: unknown;
  const parser = make((error) => {
    failure ??= error;
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.once('end', resolve);
    parser.on('error', reject);
  });
  ended.catch(() => undefined);
  const unpacked = await unpacker(file);
  let left = 2 * maxBytes + 1024 * 1024;
  try {
    const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) {
        // Headers are bytes too: what holds entries of no size unpacks to no end as well.
        left -= chunk.length;
        if (left < 0) throw tooLarge(maxBytes);
        if (!parser.write(chunk)) await Promise.race([drained(parser), ended]);
        if (failure) throw failure;
      }
    };
    const source = createReadStream(file);
    await (unpacked ? pipeline(source, unpacked, write, { signal }) : pipeline(source, write, { signal }));
    parser.end();
    await ended;
    if (failure) throw failure;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw meaningOf(error);
  }
}

function drained(parser: Parser): Promise<void> {
  return new Promise((resolve) => parser.once('drain', () => resolve()));
}

async function unpacker(file: string) {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0);
  const start = buffer.subarray(0, bytesRead).toString('hex');
  if (start.startsWith('1f8b')) return createGunzip();
  if (start.startsWith('28b52ffd')) return createZstdDecompress();
  const other = Object.entries(others).find(([magic]) => start.startsWith(magic))?.[1];
  if (other) {
    throw new InvalidInput(`the archive is ${other}; pack it as .tar, .tar.gz or .tar.zst`, { code: 'archive.kind' });
  }
  return undefined;
}

const others: Readonly<Record<string, string>> = {
  '504b': 'a zip',
  '425a68': 'compressed by bzip2',
  fd377a585a: 'compressed by xz',
  '377abcaf': 'a 7z',
};

function tooLarge(maxBytes: number): InvalidInput {
  return new InvalidInput(
    `the archive unpacks to more than ${maxBytes} bytes; leave out what is not to be scanned, or raise max-bytes`,
    { code: 'archive.too-large' },
  );
}

function meaningOf(error: unknown): Error {
  if (error instanceof AssayError) return error;
  const { code = '', syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new InvalidInput('the volume has no room for what is in the archive; make it larger', {
      code: 'source.no-room',
      cause: error,
    });
  }
  if (syscall) return new Fault('the archive could not be unpacked', { code: 'archive.io', cause: error });
  return new InvalidInput(`the archive is damaged or none: ${message}`, { code: 'archive.damaged', cause: error });
}
