// A document that a step is told of by its parameters: in the blob store by its digest, or a short one as it is.
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import type { StepContext } from './step.ts';

/** Longest document in a parameter, in characters: it travels in every batch, so only a short one may. */
const maxContent = 16 * 1024;

/** A parameter that is the digest of content in the blob store. */
export function digestParam(noun: string) {
  return z.string().regex(/^sha256:[0-9a-f]{64}$/, `must be the digest of ${noun} in the blob store, sha256:…`);
}

/** A parameter that is the document itself. */
export function contentParam() {
  return z
    .string()
    .max(maxContent, 'must be at most 16 KiB: put a longer file into the blob store and name it by blob');
}

/** Parameters of a step that takes one document: either `blob` or `content`. */
export function documentParams(noun: string) {
  return z
    .strictObject({ blob: digestParam(noun).optional(), content: contentParam().optional() })
    .refine(
      ({ blob, content }) => (blob === undefined) !== (content === undefined),
      `needs either blob (digest of ${noun} in the blob store) or content (the file itself)`,
    );
}

/** The document that `documentParams` name. */
export async function readDocument(
  params: { blob?: string | undefined; content?: string | undefined },
  { blobs }: StepContext,
  limit: DocumentLimit,
): Promise<string> {
  return params.blob === undefined ? (params.content ?? '') : await readBlob(params.blob, blobs, limit);
}

export interface DocumentLimit {
  /** Most bytes. */
  maxBytes: number;
  /** Of the error, e.g. "codeowners.too-large". */
  code: string;
  /** Said after "blob sha256:… ". */
  sentence: string;
}

/** A text blob. Throws InvalidInput with the limit's code for a blob that is longer. */
export async function readBlob(digest: string, blobs: StepContext['blobs'], limit: DocumentLimit): Promise<string> {
  return (await readBytes(digest, blobs, limit)).toString('utf8');
}

/** The same, as bytes. */
export async function readBytes(
  digest: string,
  blobs: StepContext['blobs'],
  { maxBytes, code, sentence }: DocumentLimit,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blobs.get(digest)) {
    size += chunk.length;
    if (size > maxBytes) throw new InvalidInput(`blob ${digest} ${sentence}`, { code });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
