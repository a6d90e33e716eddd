import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { IdentityTable, maskOf } from './identity-table.ts';

const identities = (from: number, count: number) =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) => hash('sha256', String(from + index), 'buffer').subarray(0, 16)),
  );
const none = maskOf('');

describe('the table of identities', () => {
  it('numbers identities in the order they came, each once', () => {
    const table = new IdentityTable(1);
    const list = identities(0, 5000);
    for (let round = 0; round < 2; round++) {
      for (let position = 0; position < 5000; position++) expect(table.add(list, position, none)).toBe(position);
    }
    expect(table.size).toBe(5000);
    const found = Array.from({ length: 5000 }, (_, position) => table.find(list, position, none));
    expect(found).toEqual(found.map((_, index) => index));
    const unknown = identities(5000, 5000);
    for (let position = 0; position < 5000; position++) expect(table.find(unknown, position, none)).toBe(-1);
  });

  it('tells the same identity of two tools apart, and gives it back', () => {
    const table = new IdentityTable();
    const list = identities(0, 1);
    const [one, other] = [maskOf('gosec'), maskOf('semgrep')];
    expect([table.add(list, 0, one), table.add(list, 0, other), table.find(list, 0, none)]).toEqual([0, 1, -1]);
    const written = new Uint8Array(48);
    table.write(0, one, written, 1);
    table.write(1, other, written, 2);
    expect(Buffer.from(written)).toEqual(Buffer.concat([Buffer.alloc(16), list, list]));
  });

  it('finds identities that want the same place', () => {
    const table = new IdentityTable();
    const list = Buffer.alloc(16 * 300);
    for (let index = 0; index < 300; index++) list.writeUInt32LE(index, index * 16 + 4);
    for (let index = 0; index < 300; index++) table.add(list, index, none);
    for (let index = 0; index < 300; index++) expect(table.find(list, index, none)).toBe(index);
  });
});
