// Blobs in a folder: sha256/ab/cdef…, readable by nobody else. A blob is written to incoming/, made durable and renamed
// into place, so that a crash leaves either the whole blob or a leftover in incoming/, which a later start removes.
import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError, type BlobRef, Fault, Transient } from '@assay/contracts';
import type { BlobStore } from '../blob-store.ts';
import { hexOf, measure, missing, verified } from '../digest.ts';

/** A write that has not moved for this long belongs to a process that is gone. Milliseconds. */
const leftoverMs = 60 * 60 * 1000;
const readBytes = 256 * 1024;

export async function openFolder(folder: string): Promise<BlobStore> {
  const incoming = join(folder, 'incoming');
  const content = join(folder, 'sha256');
  const placeOf = (digest: string): string => {
    const hex = hexOf(digest);
    return join(content, hex.slice(0, 2), hex.slice(2));
  };
  await explained('open', folder, async () => {
    for (const each of [folder, incoming, content]) await mkdir(each, { recursive: true, mode: 0o700 });
    await removeLeftovers(incoming);
  });

  return {
    put: async (given, options = {}) => {
      const measured = measure(given, options);
      const temporary = join(incoming, randomUUID());
      try {
        return await explained('write to', folder, async () => {
          await writeDurably(temporary, measured);
          const ref = measured.ref();
          // Also where the content is there already: a damaged one is healed, and its age begins anew.
          await moveInto(placeOf(ref.digest), temporary);
          return ref satisfies BlobRef;
        });
      } finally {
        await rm(temporary, { force: true });
      }
    },
    get: (digest) => verified(read(placeOf(digest), digest), digest),
    stat: async (digest) => {
      const found = await unlessAbsent(stat(placeOf(digest)));
      return found && { size: found.size };
    },
    delete: async (digest) => {
      const removed = await unlessAbsent(rm(placeOf(digest)).then(() => true));
      return removed ?? false;
    },
    list: () => walk(content),
    close: async () => {},
  };
}

async function writeDurably(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) await writeWhole(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
}

async function moveInto(place: string, temporary: string): Promise<void> {
  const shard = dirname(place);
  await mkdir(shard, { recursive: true, mode: 0o700 });
  await rename(temporary, place);
  // The names are durable only with their folders.
  for (const folder of [shard, dirname(shard)]) {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  }
}

async function* read(place: string, digest: string): AsyncIterable<Uint8Array> {
  const file = await unlessAbsent(open(place, 'r'));
  if (!file) throw missing(digest);
  try {
    for await (const chunk of file.createReadStream({ highWaterMark: readBytes, autoClose: false }))
      yield chunk as Uint8Array;
  } finally {
    await file.close();
  }
}

async function* walk(content: string): AsyncIterable<{ digest: string; size: number; modified: Date }> {
  for (const shard of await readdir(content)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for await (const { name } of (await opendir(join(content, shard))) as AsyncIterable<Dirent>) {
      if (!/^[0-9a-f]{62}$/.test(name)) continue;
      // It may have been deleted since the folder was read.
      const found = await unlessAbsent(stat(join(content, shard, name)));
      if (found) yield { digest: `sha256:${shard}${name}`, size: found.size, modified: found.mtime };
    }
  }
}

async function removeLeftovers(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const found = await unlessAbsent(stat(path));
    if (found && Date.now() - found.mtimeMs > leftoverMs) await rm(path, { force: true });
  }
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const passing = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'EBUSY', 'EAGAIN']);

/** Runs work on the folder; what the file system refuses becomes an error with a sentence. Others pass as they are. */
async function explained<T>(verb: string, folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    // The content's own stream may break with a code too; only what names a path is the folder's.
    if (code === undefined || error instanceof AssayError || !isAboutFiles(error)) throw error;
    if (passing.has(code))
      throw new Transient(`could not ${verb} the blob folder ${folder} (${code}): free some space or files`, {
        code: 'blob.unwritable',
        cause: error,
      });
    throw new Fault(
      `could not ${verb} the blob folder ${folder} (${code}): make it a folder that this user may write, or set ASSAY_BLOBS_URL to another`,
      { code: 'blob.folder', cause: error },
    );
  }
}

function isAboutFiles(error: unknown): boolean {
  const syscall = (error as NodeJS.ErrnoException).syscall;
  return (
    syscall !== undefined &&
    ['open', 'write', 'fsync', 'rename', 'mkdir', 'scandir', 'stat', 'unlink'].includes(syscall)
  );
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
