// What every storage backend must do. A backend's spec calls this with a way to open an empty store.

import { createHash, randomBytes } from 'node:crypto';
import { InvalidInput } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BlobStore } from './blob-store.ts';

export interface OpenedStore {
  store: BlobStore;
  close(): Promise<void>;
}

export function blobStoreSuite(name: string, openEmpty: () => Promise<OpenedStore>): void {
  describe(`the ${name} blob store`, () => {
    let opened: OpenedStore;
    let store: BlobStore;

    beforeEach(async () => {
      opened = await openEmpty();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['a byte', Buffer.of(0)],
      ['text', Buffer.from('{"results":[]}')],
      ['more than it keeps in memory', randomBytes(3 * 1024 * 1024 + 17)],
    ])('gives back %s as it was', async (_, content) => {
      const ref = await store.put(content, { mediaType: 'application/json' });
      expect(ref).toEqual({ digest: digestOf(content), size: content.length, mediaType: 'application/json' });
      expect(await holds(store, ref.digest, content)).toBe(true);
      expect(await store.stat(ref.digest)).toEqual({ size: content.length });
    });

    it('takes a stream of chunks of any size', async () => {
      const chunks = [1, 70_000, 0, 2_000_000, 3].map((size) => randomBytes(size));
      const ref = await store.put(streamOf(chunks));
      const whole = Buffer.concat(chunks);
      expect(ref).toEqual({ digest: digestOf(whole), size: whole.length, mediaType: 'application/octet-stream' });
      expect(await holds(store, ref.digest, whole)).toBe(true);
    });

    it('keeps the same content once', async () => {
      const content = Buffer.from('the same');
      const refs = await Promise.all([store.put(content), store.put(streamOf([content])), store.put(content)]);
      expect(new Set(refs.map((ref) => ref.digest)).size).toBe(1);
      expect((await listOf(store)).map((each) => each.digest)).toEqual([digestOf(content)]);
    });

    it('lists every blob with its size and when it was stored', async () => {
      const contents = Array.from({ length: 5 }, (_, index) => Buffer.from('x'.repeat(index)));
      const started = Date.now();
      for (const content of contents) await store.put(content);
      const list = await listOf(store);
      const sizes = new Map(list.map(({ digest, size }) => [digest, size]));
      expect(sizes).toEqual(new Map(contents.map((content) => [digestOf(content), content.length])));
      // A file system's clock may be some milliseconds behind.
      for (const { modified } of list) expect(modified.getTime()).toBeGreaterThan(started - 2000);
    });

    it('deletes what is there, and says when nothing was', async () => {
      const { digest } = await store.put(Buffer.from('short-lived'));
      expect(await store.delete(digest)).toBe(true);
      expect(await store.delete(digest)).toBe(false);
      expect(await store.stat(digest)).toBeUndefined();
      expect(await listOf(store)).toEqual([]);
      await expect(bytesOf(store.get(digest))).rejects.toMatchObject({ code: 'blob.missing' });
    });

    it('stores again what was deleted', async () => {
      const content = Buffer.from('back again');
      const { digest } = await store.put(content);
      await store.delete(digest);
      await store.put(content);
      expect(await holds(store, digest, content)).toBe(true);
    });

    it('refuses content that is too long, and keeps nothing of it', async () => {
      const chunks = Array.from({ length: 40 }, () => randomBytes(64 * 1024));
      const put = store.put(streamOf(chunks), { maxBytes: 40 * 64 * 1024 - 1 });
      await expect(put).rejects.toMatchObject({ code: 'blob.too-large' });
      await expect(put).rejects.toBeInstanceOf(InvalidInput);
      expect(await listOf(store)).toEqual([]);
    });

    it('takes content of just the longest size', async () => {
      expect((await store.put(Buffer.alloc(10), { maxBytes: 10 })).size).toBe(10);
    });

    it('refuses content with another digest than it should have, and keeps nothing of it', async () => {
      const put = store.put(Buffer.from('a'), { digest: digestOf(Buffer.from('b')) });
      await expect(put).rejects.toMatchObject({ code: 'blob.digest' });
      expect(await listOf(store)).toEqual([]);
    });

    it('takes content that has the digest it should have', async () => {
      const content = Buffer.from('as promised');
      expect((await store.put(content, { digest: digestOf(content) })).digest).toBe(digestOf(content));
    });

    it('keeps nothing of a stream that breaks, and passes its error on', async () => {
      const broken = new Error('connection reset');
      await expect(store.put(breaking(broken))).rejects.toBe(broken);
      expect(await listOf(store)).toEqual([]);
    });

    it('lets a reader stop early', async () => {
      const content = randomBytes(2 * 1024 * 1024);
      const { digest } = await store.put(content);
      for await (const chunk of store.get(digest)) {
        expect(content.subarray(0, chunk.byteLength).equals(chunk)).toBe(true);
        break;
      }
      expect(await holds(store, digest, content)).toBe(true);
    });

    it.each(['', 'sha256:', `sha512:${'0'.repeat(64)}`, `sha256:${'A'.repeat(64)}`, `sha256:../../${'0'.repeat(58)}`])(
      'knows that "%s" is no digest',
      async (digest) => {
        await expect(bytesOfLazily(() => store.get(digest))).rejects.toMatchObject({ code: 'blob.digest' });
        await expect(lazily(() => store.stat(digest))).rejects.toMatchObject({ code: 'blob.digest' });
        await expect(lazily(() => store.delete(digest))).rejects.toMatchObject({ code: 'blob.digest' });
        await expect(lazily(() => store.put(Buffer.from('x'), { digest }))).rejects.toMatchObject({
          code: 'blob.digest',
        });
      },
    );
  });
}

export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// Not toEqual: comparing megabytes member by member takes seconds.
async function holds(store: BlobStore, digest: string, content: Uint8Array): Promise<boolean> {
  return (await bytesOf(store.get(digest))).equals(content);
}

async function bytesOfLazily(open: () => AsyncIterable<Uint8Array>): Promise<Buffer> {
  return bytesOf(open());
}

async function lazily<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

async function listOf(store: BlobStore) {
  const items = [];
  for await (const item of store.list()) items.push(item);
  return items;
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

async function* breaking(error: Error): AsyncIterable<Uint8Array> {
  yield randomBytes(2 * 1024 * 1024);
  throw error;
}
