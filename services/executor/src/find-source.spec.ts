import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findRevision } from './find-source.ts';
import { toolPlaces } from './tools/find-tool.ts';

let source: string;
beforeEach(async () => {
  source = await realpath(await mkdtemp(join(tmpdir(), 'source-')));
  await mkdir(join(source, 'web'));
});
afterEach(() => rm(source, { recursive: true }));

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', source, '-c', 'user.name=spec', '-c', 'user.email=spec@example.com', ...args]).toString();
const { path } = toolPlaces('/nonexistent');

describe('the revision of a source', () => {
  it('is the commit that is checked out, of a folder below it too', async () => {
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'first');
    const commit = git('rev-parse', 'HEAD').trim();
    expect(await findRevision(source, path)).toBe(commit);
    expect(await findRevision(join(source, 'web'), path)).toBe(commit);
  });

  it.each([
    ['no repository', () => {}, path],
    ['a repository without a commit', () => git('init', '--quiet'), path],
    ['no git', () => git('init', '--quiet'), ['/nonexistent']],
  ])('is empty for %s', async (_, prepare, places) => {
    prepare();
    expect(await findRevision(source, places)).toBe('');
  });
});
