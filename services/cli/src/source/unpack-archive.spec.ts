import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TarEntry, tarGzOf, tarOf } from './testing/tar-archive.ts';
import { unpackArchive } from './unpack-archive.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'unpack-'));
  await mkdir(join(root, 'out'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function unpack(archive: Buffer, { strip = 0, maxBytes = 1024 * 1024 } = {}): Promise<readonly string[]> {
  await writeFile(join(root, 'archive'), archive);
  const { signal } = new AbortController();
  return unpackArchive(join(root, 'archive'), { folder: join(root, 'out'), strip, maxBytes, signal });
}

async function found(): Promise<string[]> {
  const entries = await readdir(join(root, 'out'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'out').length + 1))
    .sort();
}

const honest: TarEntry[] = [
  { path: './', type: 'Directory', mode: 0o755 },
  { path: './shop/', type: 'Directory', mode: 0o700 },
  { path: './shop/main.go', content: 'package main\n', mode: 0o600 },
  { path: './shop/run.sh', content: '#!/bin/sh\n', mode: 0o4755 },
  { path: './shop/dev-disk-by\\x2dlabel.swap', content: '' },
  { path: './shop/again.go', type: 'Link', linkpath: './shop/main.go' },
  { path: './shop/link.go', type: 'SymbolicLink', linkpath: 'main.go' },
  { path: './shop/deep/up', type: 'SymbolicLink', linkpath: '../../shop/main.go' },
];
const files = ['again.go', 'deep/up', 'dev-disk-by\\x2dlabel.swap', 'link.go', 'main.go', 'run.sh'];

describe('an honest archive', () => {
  it.each([
    ['plain', tarOf(...honest)],
    ['gzip', tarGzOf(...honest)],
    ['zstd', zstdCompressSync(tarOf(...honest))],
  ])('is unpacked: %s', async (_, archive) => {
    expect(await unpack(archive)).toEqual([]);
    expect(await found()).toEqual(files.map((file) => `shop/${file}`));
    expect(await readFile(join(root, 'out/shop/again.go'), 'utf8')).toBe('package main\n');
    expect(await readlink(join(root, 'out/shop/deep/up'))).toBe('../../shop/main.go');
  });

  it('loses its leading folders, those of hard links too, and links that need them', async () => {
    expect(await unpack(tarOf(...honest), { strip: 2 })).toEqual(['deep/up']);
    expect(await found()).toEqual(files.filter((name) => name !== 'deep/up'));
  });

  it('has files that others may read, and no set-user-id bit', async () => {
    await unpack(tarOf(...honest));
    const modes = await Promise.all(
      ['shop', 'shop/main.go', 'shop/run.sh'].map(async (it) => (await lstat(join(root, 'out', it))).mode & 0o7777),
    );
    const masked = [0o755, 0o644, 0o755].map((mode) => mode & ~process.umask());
    expect(modes).toEqual(masked);
  });
});

const file: TarEntry = { path: 'a/file', content: 'x' };

describe('an archive that is not to be trusted', () => {
  it.each<[string, TarEntry[], string]>([
    ['an absolute path', [file, { path: '/etc/passwd', content: 'x' }], '"/etc/passwd" leads out'],
    ['a path upwards', [file, { path: 'a/../../b', content: 'x' }], '"a/../../b" leads out'],
    ['a path upwards, as Windows has it', [{ path: 'a\\..\\..\\b' }], 'leads out'],
    ['a character device', [file, { path: 'null', type: 'CharacterDevice' }], '"null" is a CharacterDevice'],
    ['a block device', [{ path: 'disk', type: 'BlockDevice' }], '"disk" is a BlockDevice'],
    ['a FIFO', [{ path: 'pipe', type: 'FIFO' }], '"pipe" is a FIFO'],
    ['a hard link outside', [file, { path: 'b', type: 'Link', linkpath: '/etc/passwd' }], 'leads out'],
    ['a hard link upwards', [file, { path: 'b', type: 'Link', linkpath: '../b' }], 'leads out'],
    ['a hard link to nothing', [{ path: 'b', type: 'Link', linkpath: 'a' }], 'which is no file of it'],
    [
      'a hard link to a link',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: '/etc/passwd' },
        { path: 'b', type: 'Link', linkpath: 'a' },
      ],
      'which is no file of it',
    ],
    [
      'a file below a link',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: '.' },
        { path: 'a/b', content: 'x' },
      ],
      '"a/b" lies below "a", a symlink',
    ],
    [
      'a file below a link that comes later',
      [
        { path: 'a/b', content: 'x' },
        { path: 'a', type: 'SymbolicLink', linkpath: '/tmp' },
      ],
      '"a/b" lies below "a", a symlink',
    ],
    [
      'a link where a file is',
      [
        { path: 'a', content: 'x' },
        { path: 'a', type: 'SymbolicLink', linkpath: '/etc/passwd' },
      ],
      '"a" is there twice',
    ],
  ])('with %s is refused as a whole', async (_, entries, why) => {
    await expect(unpack(tarGzOf(...entries))).rejects.toMatchObject({
      code: 'archive.hostile',
      message: expect.stringContaining(why),
    });
    expect(await found()).toEqual([]);
  });

  it.each<[string, TarEntry[]]>([
    ['absolute', [{ path: 'out', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
    ['upwards', [{ path: 'out', type: 'SymbolicLink', linkpath: '../../etc' }]],
    [
      'upwards behind another link, though not by its letters',
      [
        { path: 'deep/er/link', type: 'SymbolicLink', linkpath: '../..' },
        { path: 'out', type: 'SymbolicLink', linkpath: 'deep/er/link/../secret' },
      ],
    ],
    [
      'in circles',
      [
        { path: 'out', type: 'SymbolicLink', linkpath: 'deep/er/link' },
        { path: 'deep/er/link', type: 'SymbolicLink', linkpath: '../../out' },
      ],
    ],
  ])('has no link that leads %s', async (_, entries) => {
    expect(await unpack(tarOf(file, ...entries))).toContain('out');
    expect(await found()).not.toContain('out');
    expect(await found()).toContain('a/file');
  });

  it.each([
    ['holds more than is allowed', tarGzOf({ path: 'a', content: 'x'.repeat(5000) })],
    ['says that it holds more', tarGzOf({ path: 'a', size: 2 ** 33 })],
    ['unpacks to no end of nothing', gzipSync(Buffer.alloc(64 * 1024 * 1024))],
    [
      'unpacks to no end of empty files',
      gzipSync(Buffer.concat(Array(6000).fill(tarOf({ path: 'a' }).subarray(0, 512)))),
    ],
  ])('that %s is refused', async (_, archive) => {
    await expect(unpack(archive, { maxBytes: 4096 })).rejects.toMatchObject({ code: 'archive.too-large' });
    expect(await found()).toEqual([]);
  });

  it.each([
    ['cut off', tarGzOf(file).subarray(0, 60), 'archive.damaged', 'damaged'],
    [
      'cut off within a file',
      tarOf({ path: 'a', content: 'x'.repeat(2000) }).subarray(0, 1024),
      'archive.damaged',
      'damaged',
    ],
    ['a page', Buffer.from('<!doctype html>'.repeat(100)), 'archive.damaged', 'damaged'],
    ['empty', Buffer.alloc(0), 'archive.damaged', 'damaged'],
    ['without a file', tarOf({ path: './', type: 'Directory' }), 'archive.empty', 'has no files'],
    ['a zip', Buffer.from('PK\x03\x04...'), 'archive.kind', 'a zip; pack it as'],
    ['an xz', Buffer.from('fd377a585a0000', 'hex'), 'archive.kind', 'xz'],
  ])('that is %s is said to be', async (_, archive, code, why) => {
    await expect(unpack(archive)).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
  });
});
