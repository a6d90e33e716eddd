export type { BlobStore, PutOptions } from './blob-store.ts';
export { type OpenBlobsOptions, openBlobs } from './open-blobs.ts';
