import { describe, expect, it } from '@jest/globals';
import { pathNormaliser } from './normalise-path.ts';

describe('pathNormaliser', () => {
  it.each([
    ['src/a.ts', '', 'src/a.ts', false],
    ['./src/a.ts', '', 'src/a.ts', false],
    ['././src//a.ts', '', 'src/a.ts', false],
    ['src/../b/./c.ts', '', 'b/c.ts', false],
    ['/workspace/source/src/a.ts', '/workspace/source', 'src/a.ts', false],
    ['/workspace/source/src/a.ts', '/workspace/source/', 'src/a.ts', false],
    ['/workspace/source', '/workspace/source', '', false],
    ['/a.ts', '/', 'a.ts', false],
    ['src/a.ts', '/workspace/source', 'src/a.ts', false],
    ['file:///workspace/source/src/a%20b.ts', '/workspace/source', 'src/a b.ts', false],
    ['file://localhost/workspace/source/a.ts', 'file:///workspace/source', 'a.ts', false],
    ['file:src/a.ts', '', 'src/a.ts', false],
    ['file:///w/100%.ts', '/w', '100%.ts', false],
    ['100%25.ts', '', '100%25.ts', false],
    ['src\\win\\a.cs', '', 'src/win/a.cs', false],
    ['C:\\code\\shop\\src\\a.cs', 'c:\\code\\shop', 'src/a.cs', false],
    ['file:///C:/code/shop/a.cs', 'C:\\code\\shop', 'a.cs', false],
    ['.gitignore', '', '.gitignore', false],
    ['..hidden/...x', '', '..hidden/...x', false],
    ['weird:name/x', '', 'weird:name/x', false],
    ['', '', '', false],
    // Outside the root: kept, and marked.
    ['/workspace/sourcery/a.ts', '/workspace/source', '/workspace/sourcery/a.ts', true],
    ['/workspace/source/../../etc/passwd', '/workspace/source', '/etc/passwd', true],
    ['../../etc/passwd', '/workspace/source', '../../etc/passwd', true],
    ['a/../../b', '', '../b', true],
    ['/root/go/pkg/mod/x.go', '', '/root/go/pkg/mod/x.go', true],
    ['..', '', '..', true],
  ])('makes %j below %j into %j (outside: %j)', (raw, root, path, isOutside) => {
    const normalise = pathNormaliser(root);
    expect(normalise(raw)).toEqual({ path, isOutside });
    expect(normalise(raw)).toEqual({ path, isOutside });
  });

  it('leaves a path as it is the second time', () => {
    const normalise = pathNormaliser('/w');
    for (const raw of ['/w/a/b.ts', './a', 'C:\\x\\y', '../x', 'file:///w/a%20b'])
      expect(normalise(normalise(raw).path)).toEqual(normalise(raw));
  });
});
