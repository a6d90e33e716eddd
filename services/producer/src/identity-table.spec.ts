import { describe, expect, it } from '@jest/globals';
import { IdentityTable } from './identity-table.ts';

describe('IdentityTable', () => {
  it('counts as a Map does, over many growths', () => {
    const table = new IdentityTable(4);
    const map = new Map<string, number>();
    const first = new Map<string, number>();
    let seed = 1;
    const next = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed;
    };
    const wrong: number[] = [];
    for (let round = 0; round < 20_000; round++) {
      // Few high halves and clustered low ones, so that many keys share a slot.
      const [low, high] = [(next() >>> 19) * 16, next() >>> 30];
      const key = `${low}/${high}`;
      const at = table.find(low, high, round);
      first.set(key, first.get(key) ?? round);
      if (table.count(at) !== (map.get(key) ?? 0) || table.note(at) !== first.get(key)) wrong.push(round);
      map.set(key, (map.get(key) ?? 0) + 1);
    }
    expect(wrong).toEqual([]);
    expect(table.size).toBe(map.size);
  });

  it('keeps keys apart that differ in one half only, zero among them', () => {
    const table = new IdentityTable();
    const keys = [
      [0, 0],
      [0, 1],
      [1, 0],
      [0xffffffff, 0],
      [0, 0xffffffff],
    ] as const;
    for (const [low, high] of keys) expect(table.count(table.find(low, high))).toBe(0);
    for (const [low, high] of keys) expect(table.count(table.find(low, high))).toBe(1);
  });
});
