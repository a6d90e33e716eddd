import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appliesTo } from './applies-to.ts';

let source: string;
beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'applies-'));
});
afterEach(() => rm(source, { recursive: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), '');
  }
}

describe('whether a tool applies', () => {
  it.each([
    ['a file at the top', ['main.go'], ['**/*.go'], true],
    ['a file far below', ['a/b/c/main.go'], ['**/*.go'], true],
    ['a hidden folder', ['.github/workflows/ci.yaml'], ['**/*.yaml'], true],
    ['another kind of file', ['main.py'], ['**/*.go'], false],
    ['one of several globs', ['x/app.mjs'], ['**/*.js', '**/*.mjs'], true],
    ['a file that must be at the top', ['a/package-lock.json'], ['package-lock.json'], false],
    ['a Dockerfile with a name', ['build/Dockerfile.dev'], ['**/Dockerfile*'], true],
    ['what others wrote', ['node_modules/x/index.js', '.git/hook.js', 'venv/x.js'], ['**/*.js'], false],
    ['anything, when it wants nothing special', ['README'], [], true],
    ['no file at all', [], [], false],
  ])('is seen by %s', async (_, files, globs, expected) => {
    await put(...files);
    expect(await appliesTo(source, [globs])).toEqual([expected]);
  });

  it('is answered for all tools in one walk', async () => {
    await put('main.go', 'web/app.js');
    expect(await appliesTo(source, [['**/*.go'], ['**/*.py'], ['**/*.js'], []])).toEqual([true, false, true, true]);
  });

  it('follows no link out of the source or in circles', async () => {
    await put('README');
    await symlink('.', join(source, 'again'));
    await symlink('/usr/lib', join(source, 'outside'));
    expect(await appliesTo(source, [['**/*.so*', '**/*.py']])).toEqual([false]);
  });
});
