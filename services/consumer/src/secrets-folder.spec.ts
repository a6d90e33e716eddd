import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSecrets } from './read-secrets.ts';
import { secretsFolder } from './secrets-folder.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-secrets-'));
  await mkdir(join(home, 'secrets/deep'), { recursive: true });
  await writeFile(join(home, 'secrets/token'), 'of-the-administrator');
  await symlink(join(home, 'secrets'), join(home, 'link'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('the folder of the secrets of sinks', () => {
  it('is one of its own, made for its owner only', async () => {
    const folder = await secretsFolder(undefined, home);
    expect(folder).toBe(join(home, 'sink-secrets'));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it.each(['elsewhere', 'secrets-of-sinks', '..secrets'])('may be %s', async (folder) => {
    expect(await secretsFolder(join(home, folder), home)).toBe(join(home, folder));
  });

  it.each(['secrets', 'secrets/', 'secrets/deep', 'secrets/not-there-yet', '.', '..', 'link', 'link/deep'])(
    'may not be %s: the secrets of the platform are there',
    async (folder) => {
      const work = secretsFolder(`${home}/${folder}`, home);
      await expect(work).rejects.toBeInstanceOf(InvalidInput);
      await expect(work).rejects.toThrow(join(home, 'secrets'));
    },
  );

  it('does not let a sink name the token of the platform', async () => {
    const sources = { env: {}, secretsDir: await secretsFolder(undefined, home) };
    for (const file of ['secrets/token', 'link/token', 'sink-secrets/../secrets/token']) {
      const work = readSecrets({ secret: { file: `${home}/${file}` } }, ['secret'], sources);
      await expect(work).rejects.toBeInstanceOf(InvalidInput);
      await expect(work).rejects.toThrow('only files inside');
    }
  });
});
