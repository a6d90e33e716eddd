import { describe, expect, it } from '@jest/globals';
import { compareVersions, contains, parseRange } from './version-range.ts';

describe('contains', () => {
  it.each<[string, string, string, boolean | undefined]>([
    ['vers:all/*', 'whatever', 'deb', true],
    ['*', '1', 'npm', true],
    ['vers:npm/1.2.3', '1.2.3', 'npm', true],
    ['vers:npm/1.2.3', '1.2.4', 'npm', false],
    ['vers:npm/=1.2.3|=1.3.0', '1.3.0', 'npm', true],
    ['vers:npm/!=1.2.3', '1.2.3', 'npm', false],
    ['vers:npm/!=1.2.3', '1.2.4', 'npm', true],
    ['vers:npm/=1.0.0|!=2.0.0', '3.0.0', 'npm', false],
    ['vers:npm/>=1.0.0|<2.0.0', '1.0.0', 'npm', true],
    ['vers:npm/>=1.0.0|<2.0.0', '1.99.0', 'npm', true],
    ['vers:npm/>=1.0.0|<2.0.0', '2.0.0', 'npm', false],
    ['vers:npm/>1.0.0|<=2.0.0', '1.0.0', 'npm', false],
    ['vers:npm/>1.0.0|<=2.0.0', '2.0.0', 'npm', true],
    ['vers:npm/>=1.0.0|<2.0.0', '0.9.0', 'npm', false],
    ['vers:npm/>=1.0.0|<2.0.0|!=1.5.0', '1.5.0', 'npm', false],
    ['vers:npm/<1.0.0|>=2.0.0|<3.0.0', '0.1.0', 'npm', true],
    ['vers:npm/<1.0.0|>=2.0.0|<3.0.0', '1.5.0', 'npm', false],
    ['vers:npm/<1.0.0|>=2.0.0|<3.0.0', '2.5.0', 'npm', true],
    ['vers:npm/>=2.0.0|<3.0.0|<1.0.0', '0.1.0', 'npm', true],
    ['vers:npm/>=2.0.0', '10.0.0', 'npm', true],
    ['vers:npm/>=2.0.0', '2.0.0-rc.1', 'npm', false],
    ['>=1.0|<1.4.10', '1.4.9', 'maven', true],
    ['<= 4.2', '4.2', 'generic', true],
    ['vers:pypi/<2.0', '1.10', 'pypi', true],
    ['vers:npm/<1.0.0%2Bb', '0.9.0', 'npm', true],
    // An order that is not known here: nobody can tell, but for equality.
    ['vers:deb/<1.2.3-1', '1.2.2-1', 'deb', undefined],
    ['vers:deb/<=1.2.3-1', '1.2.3-1', 'deb', true],
    ['vers:pypi/<2.0rc1', '1.0', 'pypi', undefined],
    ['vers:composer/<2.0.0-beta1', '2.0.0-RC1', 'composer', undefined],
    ['vers:nuget/<2.0.0-beta', '2.0.0-Rc', 'nuget', undefined],
    ['vers:github/<1.2.3', '1.2.3-hotfix1', 'github', undefined],
    ['vers:nuget/<13.0.1', '12.0.3', 'nuget', true],
  ])('%s of %s (%s) is %s', (range, version, type, expected) => {
    const parsed = parseRange(range);
    expect(parsed && contains(parsed, version, type)).toBe(expected);
  });

  it.each(['', 'all versions', '4.2', 'vers:npm/', 'vers:npm/>=', '>=1|'])('cannot read "%s"', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it('cannot read more than a hundred constraints', () => {
    expect(parseRange(`>${'1|>'.repeat(98)}1`)).toBeDefined();
    expect(parseRange(`>${'1|>'.repeat(100)}1`)).toBeUndefined();
  });
});

describe('compareVersions', () => {
  it.each([
    [
      'npm',
      [
        '1.0.0-alpha',
        '1.0.0-alpha.1',
        '1.0.0-alpha.beta',
        '1.0.0-beta.2',
        '1.0.0-beta.11',
        '1.0.0-rc.1',
        '1.0.0',
        '1.0.10',
        'v1.2',
        '2',
      ],
    ],
    ['maven', ['0.9', '1', '1.0.1', '1.9.9', '1.10', '20240101']],
  ])('knows the order of %s', (type, versions) => {
    for (const [index, version] of versions.entries()) {
      for (const later of versions.slice(index + 1)) {
        expect(compareVersions(version, later, type)).toBeLessThan(0);
        expect(compareVersions(later, version, type)).toBeGreaterThan(0);
      }
    }
  });

  it.each([
    ['1.0', '1.0.0', 'maven'],
    ['1.0.0+a', '1.0.0+b', 'npm'],
  ])('takes %s and %s for the same (%s)', (a, b, type) => {
    expect(compareVersions(a, b, type)).toBe(0);
  });
});
