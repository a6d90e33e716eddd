import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Install, installOf, isFromRegistry, releaseOf } from './install-spec.ts';

function read(text: string, mainClass = ''): Install {
  return installOf('task.yaml', { install: text.split(' ').filter(Boolean), ldflags: '', mainClass });
}

describe('the annotation assay.dev/install', () => {
  it.each<[string, Install]>([
    ['pypi:bandit[sarif]==1.9.4', { how: 'pypi', package: 'bandit[sarif]', version: '1.9.4' }],
    [
      'go:github.com/a/b/v2/cmd/c@v1.2.3',
      { how: 'go', package: 'github.com/a/b/v2/cmd/c', version: '1.2.3', raises: [], ldflags: '' },
    ],
    [
      'go:a.io/b@v1.0.0 c.io/d@v2.0.0',
      { how: 'go', package: 'a.io/b', version: '1.0.0', raises: ['c.io/d@v2.0.0'], ldflags: '' },
    ],
    ['npm:retire@5.7.0', { how: 'npm', package: 'retire', version: '5.7.0', packages: { retire: '5.7.0' } }],
    [
      'npm:@a/b@1.0.0-rc.1 c@2.0.0',
      { how: 'npm', package: '@a/b', version: '1.0.0-rc.1', packages: { '@a/b': '1.0.0-rc.1', c: '2.0.0' } },
    ],
    ['bundled:eslint', { how: 'bundled', package: 'eslint' }],
    ['with:Node.js', { how: 'with', what: 'Node.js' }],
    ['with:OWASP Dependency-Check', { how: 'with', what: 'OWASP Dependency-Check' }],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('reads a Java program: its class path in order, and the class that starts it', () => {
    expect(read('maven:org.a-b:c.d:1.2 e:f:3.0-jre', 'org.a.Main')).toEqual({
      how: 'maven',
      package: 'org.a-b:c.d',
      version: '1.2',
      jars: [
        { group: 'org.a-b', artifact: 'c.d', version: '1.2' },
        { group: 'e', artifact: 'f', version: '3.0-jre' },
      ],
      mainClass: 'org.a.Main',
    });
  });

  it.each([
    '',
    'apt:x',
    'bundled:a b',
    'pypi:bandit',
    'pypi:--index-url==1',
    'pypi:a==1 b==2',
    'go:github.com/a/b',
    'go:a.io/b@v1.0.0 -toolexec=sh',
    'npm:eslint',
    'npm:eslint@latest',
    'npm:eslint@^9.0.0',
    'npm:eslint@1.0.0 ../elsewhere',
    'npm:../x@1.0.0',
    'maven:a:b',
    'maven:a:b:LATEST',
    'maven:a:b:1-SNAPSHOT',
    'maven:a:b:[1,2]',
    'maven:a:../b:1',
    'maven:a..b:c:1',
    'maven:a:b:1 c',
  ])('refuses "%s"', (text) => {
    expect(() => read(text, 'a.Main')).toThrow(InvalidInput);
  });

  it.each(['', 'Main -agentlib:x', 'a/Main', '-version'])(
    'refuses a Java program that "%s" would start',
    (mainClass) => {
      expect(() => read('maven:a:b:1', mainClass)).toThrow('assay.dev/main-class');
    },
  );
});

describe('where an installed version goes', () => {
  const releaseFor = (text: string) => {
    const install = read(text, 'a.Main');
    return isFromRegistry(install) ? releaseOf(install) : '';
  };

  it('is the version where nothing else is pinned', () => {
    expect(releaseFor('npm:a@1.0.0')).toBe('1.0.0');
    expect(releaseFor('go:a.io/b@v1.0.0')).toBe('1.0.0');
  });

  it.each([
    ['npm:a@1.0.0 b@1.0.0', 'npm:a@1.0.0 b@1.0.1'],
    ['go:a.io/b@v1.0.0 c.io/d@v1.0.0', 'go:a.io/b@v1.0.0 c.io/d@v1.0.1'],
    ['maven:a:b:1 c:d:1', 'maven:a:b:1 c:d:2'],
  ])('is another for %s than for %s', (left, right) => {
    expect(releaseFor(left)).toMatch(/^1(\.0\.0)?-[0-9a-f]{8}$/);
    expect(releaseFor(left)).not.toBe(releaseFor(right));
  });
});
