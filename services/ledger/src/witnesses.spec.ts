import { describe, expect, it } from '@jest/globals';
import { Witnesses } from './witnesses.ts';

const word = (area: number, hash = area * 10) => ({ area, hash, at: 1_700_000_000_000 + area, seq: area + 1 });

describe('witnesses', () => {
  it('are found by finding and area, replaced, and gone when removed', () => {
    const witnesses = new Witnesses();
    expect(witnesses.isUsed).toBe(false);
    witnesses.put(70_000, word(1));
    witnesses.put(3, word(1));
    witnesses.put(3, word(65_534));
    witnesses.put(3, word(1, 77));
    expect(witnesses.isUsed).toBe(true);
    expect(witnesses.find(3, 1)).toEqual(word(1, 77));
    expect(witnesses.find(3, 2)).toBeUndefined();
    expect(witnesses.find(900_000, 1)).toBeUndefined();
    expect([...witnesses.of(3)]).toEqual(expect.arrayContaining([word(1, 77), word(65_534)]));
    expect([...witnesses.of(3)]).toHaveLength(2);
    witnesses.remove(3, 1);
    witnesses.remove(3, 1);
    expect([...witnesses.of(3)]).toEqual([word(65_534)]);
    witnesses.remove(3, 65_534);
    expect([witnesses.has(3), witnesses.has(70_000), witnesses.has(0)]).toEqual([false, true, false]);
  });

  it('are stale from when one goes until the next says something new', () => {
    const witnesses = new Witnesses();
    for (const area of [1, 2, 3]) witnesses.put(5, word(area));
    expect(witnesses.isStale(5)).toBe(false);
    witnesses.remove(5, 9);
    expect(witnesses.isStale(5)).toBe(false);
    witnesses.remove(5, 2);
    expect(witnesses.isStale(5)).toBe(true);
    witnesses.put(5, word(1));
    expect(witnesses.isStale(5)).toBe(false);
    witnesses.remove(5, 1);
    witnesses.remove(5, 3);
    expect(witnesses.isStale(5)).toBe(false);
  });

  it('come and go by the thousands, as a plain map of sets says', () => {
    const witnesses = new Witnesses();
    const expected = new Map<number, Set<number>>();
    let state = 1;
    const next = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    for (let turn = 0; turn < 20_000; turn++) {
      const [finding, area] = [next(400), next(5)];
      const areas = expected.get(finding) ?? new Set();
      expected.set(finding, areas);
      if (next(3) > 0) {
        witnesses.put(finding, word(area));
        areas.add(area);
      } else {
        witnesses.remove(finding, area);
        areas.delete(area);
      }
    }
    for (const [finding, areas] of expected) {
      expect([...witnesses.of(finding)].map(({ area }) => area).sort()).toEqual([...areas].sort());
      expect(witnesses.has(finding)).toBe(areas.size > 0);
    }
    for (let area = 0; area < 5; area++) {
      const mine = [...expected].filter(([, areas]) => areas.has(area)).map(([finding]) => finding);
      expect([...witnesses.by(area)].map(([finding]) => finding).sort()).toEqual(mine.sort());
    }
  });
});
