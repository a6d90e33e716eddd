import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { openBlobs } from './open-blobs.ts';

describe('the URL of a blob store', () => {
  it.each([
    ['a path', (folder: string) => `file:${folder}`],
    ['a file URL', (folder: string) => pathToFileURL(folder).href],
  ])('opens a folder by %s', async (_, urlOf) => {
    const folder = await mkdtemp(join(tmpdir(), 'assay blobs-'));
    const store = await openBlobs(urlOf(folder));
    await store.put(Buffer.from('x'));
    expect((await stat(join(folder, 'sha256'))).isDirectory()).toBe(true);
    await rm(folder, { recursive: true });
  });

  it.each([
    ['without a folder', 'file:', 'name the folder'],
    ['without a bucket', 'jetstream:', 'name the bucket'],
    ['with an illegal bucket', 'jetstream:a b', 'name the bucket'],
    ['of the bus without a bus', 'jetstream:blobs', 'needs a connection'],
    ['of no backend', 'ftp://user:hunter2@host/', 'must begin with file: or jetstream:'],
    ['named like a part of every object', 'constructor:x', 'must begin with'],
    ['that is none', 'blobs', 'must begin with'],
  ])('is refused %s', async (_, url, part) => {
    await expect(openBlobs(url)).rejects.toBeInstanceOf(InvalidInput);
    await expect(openBlobs(url)).rejects.toThrow(part);
    await expect(openBlobs(url)).rejects.not.toThrow('hunter2');
  });
});
