import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './bundle.ts';
import { closureOf, type Lock, readLock } from './production-modules.ts';

type Package = Lock['packages'][string];

const lockOf = (packages: Record<string, Partial<Package>>): Lock => ({
  packages: Object.fromEntries(
    Object.entries(packages).map(([path, given]) => [
      path,
      {
        dependencies: {},
        optionalDependencies: {},
        peerDependencies: {},
        peerDependenciesMeta: {},
        bin: {},
        ...given,
      },
    ]),
  ),
});

describe('closureOf', () => {
  it.each<[string, Record<string, Partial<Package>>, string[]]>([
    [
      'takes what a package needs, and what that needs',
      {
        'node_modules/a': { dependencies: { b: '1' } },
        'node_modules/b': { dependencies: { c: '1' } },
        'node_modules/c': {},
        'node_modules/d': {},
      },
      ['node_modules/a', 'node_modules/b', 'node_modules/c'],
    ],
    [
      'takes the one that Node would find, which is the nearest',
      {
        'node_modules/a': { dependencies: { b: '1' } },
        'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
        'node_modules/b': {},
        'node_modules/c': {},
      },
      ['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c'],
    ],
    [
      'ends where packages need each other',
      { 'node_modules/a': { dependencies: { b: '1' } }, 'node_modules/b': { dependencies: { a: '1' } } },
      ['node_modules/a', 'node_modules/b'],
    ],
    [
      'takes peers, but not those that may be missing, nor what is optional',
      {
        'node_modules/a': {
          peerDependencies: { b: '1', c: '1' },
          peerDependenciesMeta: { c: { optional: true } },
          optionalDependencies: { d: '1' },
        },
        'node_modules/b': {},
        'node_modules/c': {},
        'node_modules/d': {},
      },
      ['node_modules/a', 'node_modules/b'],
    ],
  ])('%s', (_name, packages, expected) => {
    expect(closureOf(lockOf(packages), ['a'])).toEqual(expected);
  });

  it('names who needs what the lock does not have', () => {
    expect(() => closureOf(lockOf({ 'node_modules/a': { dependencies: { b: '1' } } }), ['a'])).toThrow(
      'node_modules/a needs b, which package-lock.json does not have: npm install',
    );
  });

  it('finds in this repository’s lock only what npm installed', async () => {
    const paths = closureOf(await readLock(root), ['eslint', 'secretlint']);
    expect(paths).toContain('node_modules/eslint');
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(paths).not.toContain('node_modules/jest');
  });
});
