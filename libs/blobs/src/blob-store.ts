// Storage backends behind one interface: content by its digest. Made for folders, JetStream, S3 and OCI registries alike.
import type { BlobRef } from '@assay/contracts';

export interface PutOptions {
  /** IANA media type; default "application/octet-stream". */
  mediaType?: string;
  /** Refuse content longer than this with InvalidInput "blob.too-large". Bytes. */
  maxBytes?: number;
  /** Digest the content must have; another one is InvalidInput "blob.digest". "sha256:…". */
  digest?: string;
}

/**
 * Content-addressed storage. Writes are atomic: content is there whole or not at all, and the same content twice is
 * stored once. Reads check the digest and end in Fault "blob.corrupt" when it is wrong.
 */
export interface BlobStore {
  /** Stores a stream or bytes; says what it was. */
  put(content: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<BlobRef>;
  /** The content in chunks. Throws InvalidInput "blob.missing" when there is none. */
  get(digest: string): AsyncIterable<Uint8Array>;
  /** Size in bytes, undefined when there is no such content. */
  stat(digest: string): Promise<{ size: number } | undefined>;
  /** True when there was such content. */
  delete(digest: string): Promise<boolean>;
  /** Every digest, in no order. */
  list(): AsyncIterable<{ digest: string; size: number; modified: Date }>;
  close(): Promise<void>;
}
