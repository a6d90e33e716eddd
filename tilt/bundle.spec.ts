import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { imageNames } from '../deploy/images/build.ts';
import { mirror, sourcesOf } from './bundle.ts';

describe('mirroring a bundle', () => {
  let from: string;
  let to: string;
  let place: string;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'assay-mirror-'));
    [from, to] = [join(place, 'from'), join(place, 'to')];
    await mkdir(join(from, 'app/bin'), { recursive: true });
    await mkdir(join(from, 'home'));
    await writeFile(join(from, 'app/main.mjs'), 'one');
    await writeFile(join(from, 'app/LICENSE'), 'free');
    await symlink('../main.mjs', join(from, 'app/bin/assay'));
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  it('copies everything once', async () => {
    expect(await mirror(from, to)).toEqual(['app/LICENSE', 'app/bin/assay', 'app/main.mjs']);
    expect(await readlink(join(to, 'app/bin/assay'))).toBe('../main.mjs');
    expect((await stat(join(to, 'home'))).isDirectory()).toBe(true);
    expect(await mirror(from, to)).toEqual([]);
  });

  it('touches only what differs, and takes away what is gone', async () => {
    const untouched = await stat(join(to, 'app/LICENSE'));
    await writeFile(join(from, 'app/main.mjs'), 'two');
    await rm(join(from, 'app/bin/assay'));
    expect(await mirror(from, to)).toEqual(['app/bin/assay', 'app/main.mjs']);
    expect(await readFile(join(to, 'app/main.mjs'), 'utf8')).toBe('two');
    expect((await stat(join(to, 'app/LICENSE'))).mtimeMs).toBe(untouched.mtimeMs);
    await expect(readlink(join(to, 'app/bin/assay'))).rejects.toThrow(/ENOENT/);
  });
});

describe('the sources of an image', () => {
  it('are the service’s own, the libraries and what it opens by its path', async () => {
    const names = await imageNames();
    expect(sourcesOf('ledger', names)).toEqual(['services/ledger/src', 'libs', 'package-lock.json']);
    expect(sourcesOf('executor', names)).toContain('services/producer/src/adapters');
  });

  it('of the command line are every service’s', async () => {
    const names = await imageNames();
    expect(sourcesOf('cli', names)).toEqual(expect.arrayContaining(names.map((name) => `services/${name}/src`)));
  });
});
