import { describe, expect, it } from '@jest/globals';
import { setCondition } from './resource.ts';
import { scanSpec } from './scan.ts';

const least = { target: { name: 'shop' }, source: { url: 'https://github.com/acme/shop.git' } };

describe('a Scan', () => {
  it('needs a target and a source, and has the API server’s defaults', () => {
    expect(scanSpec.parse(least)).toEqual({
      target: { name: 'shop', kind: 'repository' },
      source: least.source,
      pipeline: 'scan',
      suspend: false,
      historyLimit: 5,
    });
  });

  it.each([
    ['no target', { ...least, target: undefined }],
    ['a target without a name', { ...least, target: { name: '' } }],
    ['a source that is a path', { ...least, source: { url: '/etc' } }],
    ['a source over ssh', { ...least, source: { url: 'ssh://github.com/acme/shop' } }],
    ['an archive that is no digest', { ...least, source: { archive: 'shop.tar.gz' } }],
    ['a pipeline that is a path', { ...least, pipeline: '../scan' }],
    ['a parameter that is a number', { ...least, params: { depth: 1 } }],
    ['a history without end', { ...least, historyLimit: 1000 }],
    ['an unknown member', { ...least, colour: 'red' }],
  ])('is refused with %s', (_, spec) => {
    expect(scanSpec.safeParse(spec).success).toBe(false);
  });
});

describe('a condition', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
  const ready = { type: 'Ready', reason: 'Running', message: '', generation: 1 };

  it('keeps the time of its last change while only its words change', () => {
    const first = setCondition([], { ...ready, status: 'False' }, at(1));
    const same = setCondition(first, { ...ready, status: 'False', message: 'still', generation: 2 }, at(2));
    expect(same).toEqual([
      {
        type: 'Ready',
        status: 'False',
        reason: 'Running',
        message: 'still',
        observedGeneration: 2,
        lastTransitionTime: at(1).toISOString(),
      },
    ]);
    const [turned] = setCondition(same, { ...ready, status: 'True' }, at(3));
    expect(turned?.lastTransitionTime).toBe(at(3).toISOString());
  });

  it('leaves the others, in one order', () => {
    const both = setCondition(
      setCondition([], { ...ready, status: 'True' }, at(1)),
      { ...ready, type: 'Accepted', status: 'True' },
      at(1),
    );
    expect(both.map(({ type }) => type)).toEqual(['Accepted', 'Ready']);
  });
});
