// The figures as tables of Markdown, one a part, for docs/benchmarks.md.
import type { Figure } from './figures.ts';

const markers = { start: '<!-- figures: written by npm run bench -->', end: '<!-- end of figures -->' };

/** The page with the figures between its markers replaced. Throws an Error when it has no markers. */
export function withFigures(page: string, figures: readonly Figure[]): string {
  const start = page.indexOf(markers.start);
  const end = page.indexOf(markers.end);
  if (start < 0 || end < start) throw new Error(`the page needs the lines "${markers.start}" and "${markers.end}"`);
  return `${page.slice(0, start)}${markers.start}\n\n${tablesOf(figures)}\n${page.slice(end)}`;
}

function tablesOf(figures: readonly Figure[]): string {
  const parts = Map.groupBy(figures, ({ name }) => name.slice(0, name.indexOf(', ')));
  return [...parts].map(([part, some]) => tableOf(part, some)).join('\n');
}

function tableOf(part: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, baseline, ratio }) => {
    const what = name.slice(part.length + 2);
    return `| ${what} | ${short(value)} ${unit} | ${short(baseline)} | ${ratio.toFixed(2)} |`;
  });
  return [`**${part}**`, '', '| what | value | baseline | ratio |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function short(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toFixed(2);
}
