import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { blobStoreSuite, bytesOf } from '../blob-store.suite.ts';
import { openFolder } from './filesystem.ts';

const withFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
  try {
    await work(join(folder, 'blobs'));
  } finally {
    await rm(folder, { recursive: true });
  }
};

blobStoreSuite('filesystem', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
  return { store: await openFolder(join(folder, 'blobs')), close: () => rm(folder, { recursive: true }) };
});

describe('a folder of blobs', () => {
  it('can be read by its owner only, and shards by digest', () =>
    withFolder(async (folder) => {
      const store = await openFolder(folder);
      const { digest } = await store.put(Buffer.from('secret'));
      const [shard, name] = [digest.slice(7, 9), digest.slice(9)];
      for (const path of ['', 'sha256', join('sha256', shard), 'incoming'])
        expect((await stat(join(folder, path))).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, 'sha256', shard, name))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, 'sha256', shard, name), 'utf8')).toBe('secret');
      expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    }));

  it.each([
    ['changed', 'other'],
    ['cut off', 'cont'],
    ['emptied', ''],
  ])('tells a reader that a blob was %s, and heals when it is stored again', (_, damage) =>
    withFolder(async (folder) => {
      const store = await openFolder(folder);
      const { digest } = await store.put(Buffer.from('content'));
      await writeFile(join(folder, 'sha256', digest.slice(7, 9), digest.slice(9)), damage);
      await expect(bytesOf(store.get(digest))).rejects.toMatchObject({ code: 'blob.corrupt' });
      await expect(bytesOf(store.get(digest))).rejects.toBeInstanceOf(Fault);
      await store.put(Buffer.from('content'));
      expect(String(await bytesOf(store.get(digest)))).toBe('content');
    }),
  );

  it('loses the leftovers of crashed writes when it is opened, but no write that is under way', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 'incoming'), { recursive: true });
      const old = join(folder, 'incoming', 'crashed');
      await writeFile(old, 'half');
      await utimes(old, new Date(0), new Date(0));
      await writeFile(join(folder, 'incoming', 'running'), 'half');
      await openFolder(folder);
      expect(await readdir(join(folder, 'incoming'))).toEqual(['running']);
    }));

  it('says what to do when its place is a file', () =>
    withFolder(async (folder) => {
      await writeFile(folder, '');
      await expect(openFolder(folder)).rejects.toMatchObject({
        code: 'blob.folder',
        message: expect.stringContaining('ASSAY_BLOBS_URL'),
      });
    }));
});
