import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { Figure } from './figures.ts';
import { withFigures } from './render-figures.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('docs/benchmarks.md shows the figures that were measured last', () => {
  const page = read('../../../docs/benchmarks.md');
  expect(withFigures(page, JSON.parse(read('../results/latest.json')) as Figure[])).toBe(page);
});

it('shows every figure against what it is read by', () => {
  const page = 'a\n<!-- figures: written by npm run bench -->\nold\n<!-- end of figures -->\nb\n';
  const figures = [
    { name: 'gosec:10, new: end to end', value: 1.234, unit: 's', baseline: 0.5, ratio: 2.468 },
    { name: 'latency, publish to sink, p99', value: 123.4, unit: 'ms', baseline: 25, ratio: 4.936 },
  ];
  const rendered = withFigures(page, figures);
  expect(rendered).toContain('**gosec:10**\n\n| what | value | baseline | ratio |\n|---|---|---|---|\n');
  expect(rendered).toContain('| new: end to end | 1.23 s | 0.50 | 2.47 |\n');
  expect(rendered).toContain('| publish to sink, p99 | 123 ms | 25.00 | 4.94 |\n');
  expect([rendered.startsWith('a\n'), rendered.endsWith('b\n'), rendered.includes('old')]).toEqual([true, true, false]);
  expect(() => withFigures('no markers', figures)).toThrow('needs the lines');
});
