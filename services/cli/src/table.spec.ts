import { describe, expect, it } from '@jest/globals';
import { type Column, renderTable } from './table.ts';
import { widthOf } from './terminal-text.ts';

interface Row {
  name: string;
  count: number;
  path: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name, style: () => 'red' },
  { title: 'N', value: ({ count }) => count, align: 'right' },
  { title: 'PATH', value: ({ path }) => path, shrinkTo: 8, keep: 'end' },
];

const rows: readonly Row[] = [
  { name: '日本', count: 7, path: 'src/a.js' },
  { name: 'plain', count: 120, path: 'src/deeply/nested/folder/file.js' },
];

const plain = { width: Number.POSITIVE_INFINITY, color: false };

describe('renderTable', () => {
  it('aligns by columns of the terminal and ends no line in blanks', () => {
    expect(renderTable(columns, rows, plain)).toBe(
      ['NAME     N  PATH', '日本     7  src/a.js', 'plain  120  src/deeply/nested/folder/file.js', ''].join('\n'),
    );
  });

  it('shortens what may be shortened, keeping the end of a path, to fit the terminal', () => {
    const text = renderTable(columns, rows, { width: 28, color: false });
    expect(text).toContain('plain  120  …/folder/file.js\n');
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(28);
  });

  it('goes over the edge rather than shorten what must be read', () => {
    const text = renderTable(columns, rows, { width: 5, color: false });
    expect(text).toContain('plain  120  …file.js\n');
  });

  it('is nothing without rows', () => {
    expect(renderTable(columns, [], plain)).toBe('');
  });

  it('colours only when it is told to, and never by what the data says', () => {
    const hostile = [{ name: '\x1b[31mx', count: 1, path: 'a\nb\x9b2J' }];
    expect(renderTable(columns, hostile, plain)).toBe('NAME       N  PATH\n\\x1b[31mx  1  a b\\x9b2J\n');
    expect(renderTable(columns, hostile, { ...plain, color: true })).toContain('\x1b[31m\\x1b[31mx\x1b[39m');
  });

  it('takes a hundred thousand rows', () => {
    const many = Array.from({ length: 100_000 }, (_, count) => ({ name: 'n', count, path: 'p' }));
    expect(renderTable(columns, many, plain).split('\n')).toHaveLength(100_002);
  });
});
