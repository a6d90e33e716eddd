// Digests: the names of content, made while it is written and checked while it is read.
import { createHash } from 'node:crypto';
import { type BlobRef, Fault, InvalidInput } from '@assay/contracts';
import type { PutOptions } from './blob-store.ts';

/** Media type of content that says none. */
const defaultMediaType = 'application/octet-stream';

/** The hex digits of "sha256:<64 hex digits>"; throws InvalidInput "blob.digest" for anything else, so it is safe in a path. */
export function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined)
    throw new InvalidInput('a blob is named by "sha256:" and 64 lower-case hex digits', { code: 'blob.digest' });
  return hex;
}

export function missing(digest: string): InvalidInput {
  return new InvalidInput(`there is no blob ${digest}; store it first`, { code: 'blob.missing' });
}

/** Content that is being stored: passes every chunk on, counts and hashes; `ref` says at the end what it was. */
export interface Measured extends AsyncIterable<Uint8Array> {
  /** Throws InvalidInput when it is not what the options promised. Only after the last chunk. */
  ref(): BlobRef;
}

export function measure(content: AsyncIterable<Uint8Array> | Uint8Array, options: PutOptions): Measured {
  const { maxBytes = Number.POSITIVE_INFINITY, mediaType = defaultMediaType } = options;
  if (options.digest !== undefined) hexOf(options.digest);
  const hash = createHash('sha256');
  let size = 0;
  async function* pass(): AsyncIterable<Uint8Array> {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      size += chunk.byteLength;
      if (size > maxBytes)
        throw new InvalidInput(`the content is longer than the ${maxBytes} bytes that are taken here`, {
          code: 'blob.too-large',
        });
      hash.update(chunk);
      yield chunk;
    }
  }
  return {
    [Symbol.asyncIterator]: () => pass()[Symbol.asyncIterator](),
    ref: () => {
      const digest = `sha256:${hash.digest('hex')}`;
      if (options.digest !== undefined && options.digest !== digest)
        throw new InvalidInput(`the content's digest is ${digest}, not ${options.digest}; send it again`, {
          code: 'blob.digest',
        });
      return { digest, size, mediaType };
    },
  };
}

/** Passes content on and ends in Fault "blob.corrupt" when it is not what its name says. */
export async function* verified(content: AsyncIterable<Uint8Array>, digest: string): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest)
    throw new Fault(`blob ${digest} is damaged: its content has digest ${actual}; restore it or store it again`, {
      code: 'blob.corrupt',
    });
}
