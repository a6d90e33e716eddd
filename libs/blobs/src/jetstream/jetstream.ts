// Blobs in a JetStream object store: for a cluster that has nats-server and nothing else. The object's name is the digest.
import type { ObjectBucket } from '@assay/bus';
import type { BlobStore } from '../blob-store.ts';
import { hexOf, measure, missing, verified } from '../digest.ts';
import { spool } from '../spool.ts';

export function blobsIn(bucket: ObjectBucket): BlobStore {
  const nameOf = (digest: string): string => `sha256-${hexOf(digest)}`;
  return {
    put: async (content, options = {}) => {
      const measured = measure(content, options);
      const spooled = await spool(measured);
      try {
        const ref = measured.ref();
        const stored = await bucket.stat(nameOf(ref.digest));
        if (stored?.size !== ref.size) await bucket.put(nameOf(ref.digest), spooled.open(), ref);
        return ref;
      } finally {
        await spooled.close();
      }
    },
    get: (digest) => verified(read(bucket, nameOf(digest), digest), digest),
    stat: async (digest) => {
      const found = await bucket.stat(nameOf(digest));
      return found && { size: found.size };
    },
    delete: (digest) => bucket.delete(nameOf(digest)),
    list: () => listed(bucket),
    close: async () => {},
  };
}

async function* read(bucket: ObjectBucket, name: string, digest: string): AsyncIterable<Uint8Array> {
  const content = await bucket.get(name);
  if (!content) throw missing(digest);
  yield* content;
}

async function* listed(bucket: ObjectBucket): AsyncIterable<{ digest: string; size: number; modified: Date }> {
  for await (const { name, size, modified } of bucket.list()) {
    const hex = /^sha256-([0-9a-f]{64})$/.exec(name)?.[1];
    if (hex !== undefined) yield { digest: `sha256:${hex}`, size, modified };
  }
}
