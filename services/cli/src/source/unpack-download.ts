// An archive that comes over the network: kept on the volume until it is known to be what was asked for, then unpacked.
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidInput } from '@assay/contracts/errors';
import { empty } from './source-folder.ts';
import { type UnpackOptions, unpackArchive } from './unpack-archive.ts';

export interface Download {
  readonly body: AsyncIterable<Uint8Array>;
  /** Who gives it, for people. */
  readonly from: string;
  /** "sha256:…"; undefined: whatever comes. */
  readonly expected: string | undefined;
}

/** `outside`: links that were left out. Throws InvalidInput "archive.*"; the folder is empty then. */
export async function unpackDownload(
  download: Download,
  options: UnpackOptions,
): Promise<{ digest: string; outside: readonly string[] }> {
  // Beside what comes out of it: the volume is the one place that has room for it.
  const file = join(options.folder, `.${randomUUID()}`);
  try {
    const digest = await keep(download.body, file, options);
    if (download.expected !== undefined && download.expected !== digest) {
      throw new InvalidInput(
        `what ${download.from} gave is not what was asked for: ${digest}, not ${download.expected}; nothing of it was unpacked`,
        { code: 'archive.digest' },
      );
    }
    const outside = await unpackArchive(file, options);
    await rm(file);
    return { digest, outside };
  } catch (error) {
    await empty(options.folder);
    throw error;
  }
}

async function keep(
  body: AsyncIterable<Uint8Array>,
  file: string,
  { maxBytes, signal }: UnpackOptions,
): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw new InvalidInput(`the archive is larger than ${maxBytes} bytes; raise max-bytes if it should be`, {
          code: 'archive.too-large',
        });
      }
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(counted, createWriteStream(file, { mode: 0o600 }), { signal });
  return `sha256:${hash.digest('hex')}`;
}

/** "sha256:…" of what a person wrote. Throws InvalidInput "archive.digest". */
export function parseDigest(text: string): string {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text.trim().toLowerCase()) ?? [];
  if (hex) return `sha256:${hex}`;
  throw new InvalidInput(`"${text}" is no sha256: 64 characters of 0-9 and a-f, as sha256sum prints them`, {
    code: 'archive.digest',
  });
}
