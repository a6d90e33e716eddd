// A store that wants to know the digest before the first byte (an object's name, an S3 key, an OCI upload) gets it here:
// content is kept aside, in memory while it is small, then in a file without a name that goes with the process.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Most bytes kept in memory. */
const memoryBytes = 1024 * 1024;
const readBytes = 256 * 1024;

export interface Spooled {
  /** The content from its beginning; may be asked for again. */
  open(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Reads content to its end. The caller closes what it gets; when reading fails, nothing is left. */
export async function spool(content: AsyncIterable<Uint8Array>): Promise<Spooled> {
  const kept: Uint8Array[] = [];
  let size = 0;
  let file: FileHandle | undefined;
  try {
    for await (const chunk of content) {
      size += chunk.byteLength;
      if (!file && size > memoryBytes) {
        file = await openNameless();
        for (const early of kept.splice(0)) await file.appendFile(early);
      }
      if (file) await file.appendFile(chunk);
      else kept.push(chunk);
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  return {
    open: () => (file ? readFrom(file) : fromMemory(kept)),
    close: async () => {
      await file?.close();
    },
  };
}

async function* fromMemory(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

// By position, so that each reading begins at the start.
async function* readFrom(file: FileHandle): AsyncIterable<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `assay-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
