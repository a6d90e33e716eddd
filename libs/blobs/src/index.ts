export type { BlobStore, PutOptions } from './blob-store.ts';
