import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { targetNameOf } from './target-name.ts';

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'assay-target-')), 'shop');
  await mkdir(join(folder, 'services/web'), { recursive: true });
});

afterEach(() => rm(dirname(folder), { recursive: true }));

async function git(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), content);
}

const origin = (url: string) =>
  `[core]\n\tbare = false\n[remote "up"]\n\turl = https://x.example/no\n[remote "origin"]\n\turl = ${url}\n\tfetch = +refs\n[branch "main"]\n\tremote = origin\n`;

describe('targetNameOf', () => {
  it('is the folder’s name without git', async () => {
    expect(await targetNameOf(folder)).toBe('shop');
  });

  it.each([
    ['https://github.com/acme/shop.git', 'github.com/acme/shop'],
    ['https://user:secret@github.com/acme/shop', 'github.com/acme/shop'],
    ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
    ['ssh://git@git.example:2222/acme/shop.git/', 'git.example/acme/shop'],
    ['/srv/git/shop.git', 'shop'],
    ['../shop', 'shop'],
  ])('is %s without what opens it: %s', async (url, name) => {
    await git('.git/config', origin(url));
    expect(await targetNameOf(folder)).toBe(name);
    expect(await targetNameOf(join(folder, 'services/web'))).toBe(`${name}/services/web`);
  });

  it('is the same in a worktree', async () => {
    await git('repository/.git/config', origin('https://github.com/acme/shop'));
    await git('repository/.git/worktrees/w/commondir', '../..\n');
    await git('tree/.git', 'gitdir: ../repository/.git/worktrees/w\n');
    expect(await targetNameOf(join(folder, 'tree'))).toBe('github.com/acme/shop');
  });
});
