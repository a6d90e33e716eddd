import { describe, expect, it } from '@jest/globals';
import { difference, diffLines, overlaid } from './compare-objects.ts';

const object = (spec: unknown, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  spec,
});

describe('a difference', () => {
  it.each([
    ['a b c', 'a b c', ''],
    ['', 'a', '+a\n'],
    ['a', '', '-a\n'],
    ['a b c d e f g', 'a b c x e f g', ' b\n c\n-d\n+x\n e\n f\n'],
    ['a b c', 'a c', ' a\n-b\n c\n'],
    ['1 2 3 4 5 6 7 8 9', '0 2 3 4 5 6 7 8 0', '-1\n+0\n 2\n 3\n  …\n 7\n 8\n-9\n+0\n'],
  ])('of %j and %j is shown as %j', (before, after, expected) => {
    const lines = (text: string) => text.split(' ').filter(Boolean);
    expect(diffLines(lines(before), lines(after))).toBe(expected);
  });

  it('is none where only the server’s own fields differ', () => {
    const live = object({ a: 1 }, { resourceVersion: '7', uid: 'x', managedFields: [], creationTimestamp: 't' });
    expect(difference({ ...live, status: {} } as typeof live, object({ a: 1 }))).toBe('');
  });

  it('names what is new, gone and other', () => {
    expect(difference(object({ a: 1, list: [1] }), object({ a: 2, list: [1] }))).toBe(
      '   name: a\n spec:\n-  a: 1\n+  a: 2\n   list:\n     - 1\n',
    );
    expect(difference(undefined, object({}))).toBe(
      '+apiVersion: v1\n+kind: Thing\n+metadata:\n+  name: a\n+spec: {}\n',
    );
  });

  it('is reckoned with what others own left as it is', () => {
    const live = object({ ours: 1, theirs: 2, list: [1, 2] }, { labels: { a: 'b' } });
    expect(overlaid(live, object({ ours: 3, list: [4] }))).toEqual(
      object({ ours: 3, theirs: 2, list: [4] }, { labels: { a: 'b' } }),
    );
  });

  it('is reckoned with the server’s defaults in the entries of lists, and without what is gone', () => {
    const live = object([
      { name: 'b', runAfter: ['a'], type: 'string', resources: {}, spec: null, path: '' },
      { name: 'a', type: 'string' },
    ]);
    expect(overlaid(live, object([{ name: 'a' }, { name: 'b' }]))).toEqual(
      object([
        { name: 'a', type: 'string' },
        { name: 'b', type: 'string', resources: {}, spec: null, path: '' },
      ]),
    );
  });
});
