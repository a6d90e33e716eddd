import { describe, expect, it } from '@jest/globals';
import { one } from '../../testing/sarif-log.ts';

describe('locations', () => {
  const bases = {
    ROOT: { uri: 'file:///w/shop/' },
    SRC: { uri: 'src/', uriBaseId: '%SRCROOT%' },
    DEEP: { uri: 'deep%20er/', uriBaseId: 'SRC' },
    '%SRCROOT%': { uri: 'file:///ci/checkout' },
    LOOP: { uri: 'x/', uriBaseId: 'LOOP2' },
    LOOP2: { uri: 'y/', uriBaseId: 'LOOP' },
    EMPTY: { description: { text: 'the repository' } },
  };
  const run = {
    originalUriBaseIds: bases,
    artifacts: [{ location: { uri: 'zero.c' } }, { location: { uri: 'one.c', uriBaseId: 'SRC' } }],
  };
  it.each([
    [{ uri: 'a/b.c' }, '', 'a/b.c'],
    [{ uri: './a/../b.c' }, '', 'b.c'],
    [{ uri: 'a%20b/%C3%A9.c' }, '', 'a b/é.c'],
    [{ uri: '100%.c' }, '', '100%.c'],
    [{ uri: 'a\\b.cs' }, '', 'a/b.cs'],
    [{ uri: 'file:///w/shop/a.c' }, '/w/shop', 'a.c'],
    [{ uri: 'file:/w/shop/a%20b.c' }, '/w/shop/', 'a b.c'],
    [{ uri: '/w/shop/a.c' }, '/w/shop', 'a.c'],
    [{ uri: 'file:///C:/code/a.cs' }, 'C:\\code', 'a.cs'],
    [{ uri: 'file:///ci/checkout/a.c' }, '', 'a.c'],
    [{ uri: 'file:///elsewhere/a.c' }, '/w/shop', '/elsewhere/a.c'],
    [{ uri: 'https://example.org/a.c' }, '', 'https://example.org/a.c'],
    [{ uri: 'a.c', uriBaseId: '%UNKNOWN%' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'ROOT' }, '/w', 'shop/a.c'],
    [{ uri: 'a.c', uriBaseId: 'ROOT' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'DEEP' }, '', 'src/deep er/a.c'],
    [{ uri: 'a.c', uriBaseId: 'EMPTY' }, '', 'a.c'],
    [{ uri: 'a.c', uriBaseId: 'LOOP' }, '', expect.stringMatching(/a\.c$/)],
    [{ uri: 'a.c', uriBaseId: 'constructor' }, '', 'a.c'],
    [{ index: 0 }, '', 'zero.c'],
    [{ index: 1 }, '', 'src/one.c'],
    [{ uri: 'own.c', index: 0 }, '', 'own.c'],
  ])('%j below %j is %s', async (artifactLocation, sourceRoot, path) => {
    const result = { locations: [{ physicalLocation: { artifactLocation } }] };
    expect((await one(run, result, { sourceRoot })).location?.path).toEqual(path);
  });

  it.each([
    [{ startLine: 0, startColumn: 0 }, [0, 0, 0, 0]],
    [{ startLine: 5 }, [5, 5, 0, 0]],
    [{ startLine: 5, startColumn: 2, endLine: 7, endColumn: 9 }, [5, 7, 2, 9]],
    [{ startLine: -1, endLine: 2 ** 40 }, [0, 0, 0, 0]],
    [{ charOffset: 10, charLength: 4 }, [0, 0, 0, 0]],
  ])('region %j', async (region, [startLine, endLine, startColumn, endColumn]) => {
    const result = { locations: [{ physicalLocation: { artifactLocation: { uri: 'a' }, region } }] };
    expect((await one({}, result)).location).toMatchObject({ startLine, endLine, startColumn, endColumn });
  });

  it('uses the tool’s folder where nothing else says what the root is', async () => {
    const run = { invocations: [{ executionSuccessful: true, workingDirectory: { uri: 'file:///ci/job' } }] };
    const result = { locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///ci/job/a.c' } } }] };
    expect((await one(run, result)).location?.path).toBe('a.c');
  });

  it('takes the first of several, and a name where there is no file', async () => {
    const at = (uri: string) => ({ physicalLocation: { artifactLocation: { uri } } });
    const several = await one({}, { locations: [at('a.c'), at('b.c'), at('c.c')] });
    expect(several).toMatchObject({ location: { path: 'a.c' }, properties: { locations: '3' } });
    const named = await one(
      {},
      { message: { text: 'm' }, locations: [{ logicalLocations: [{ fullyQualifiedName: 'a.B.c()' }] }] },
    );
    expect(named).toMatchObject({ properties: { logicalLocation: 'a.B.c()' }, content: 'a.B.c()\nm' });
    expect(named.location).toBeUndefined();
  });
});

describe('what a finding is known again by', () => {
  const message = { text: 'said' };
  const at = (physicalLocation: object) => ({ locations: [{ physicalLocation }] });
  it.each([
    [{ partialFingerprints: { primaryLocationLineHash: 'ab:1', other: 'x' } }, 'primaryLocationLineHash=ab:1'],
    [{ fingerprints: { 'b/v2': 'two', 'a/v1': 'one' } }, 'a/v1=one'],
    [{ fingerprints: { 'a/v1': 'one' }, partialFingerprints: { p: 'x' } }, 'a/v1=one'],
    [{ partialFingerprints: { q: 'y', p: 'x', primaryLocationStartColumnFingerprint: '4' } }, 'p=x\nq=y'],
    [{ fingerprints: { 'matchBasedId/v1': 'requires login' } }, undefined],
    [{ partialFingerprints: { p: '', n: 7 } }, undefined],
    [{}, undefined],
  ])('fingerprints %j → %j', async (result, fingerprint) => {
    expect((await one({}, result)).fingerprint).toBe(fingerprint);
  });

  it.each([
    ['the flagged lines', { region: { snippet: { text: 'eval(x)' } }, contextRegion: { snippet: { text: 'no' } } }],
    ['the lines around', { contextRegion: { snippet: { text: 'eval(x)' } } }],
  ])('is %s', async (_, physical) => {
    expect((await one({}, { message, ...at(physical) })).content).toBe('eval(x)');
  });

  it('is the message where no line is given', async () => {
    expect((await one({}, { message, ...at({ artifactLocation: { uri: 'a' } }) })).content).toBe('said');
  });

  it('is not gitleaks’ metadata of a commit', async () => {
    const run = { tool: { driver: { name: 'gitleaks' } } };
    const partialFingerprints = {
      commitSha: 'c0ffee',
      author: 'A',
      email: 'a@example.org',
      date: '',
      commitMessage: 'm',
    };
    const draft = await one(run, { partialFingerprints });
    expect(draft.fingerprint).toBeUndefined();
    expect(draft.properties).toMatchObject({ commit: 'c0ffee' });
    expect(JSON.stringify(draft)).not.toContain('example.org');
  });
});
