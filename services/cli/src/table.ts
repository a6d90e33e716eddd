// Tables for people: aligned by what the terminal shows, as wide as it is, safe whatever the data holds.
import { styleText } from 'node:util';
import { fit, oneLine, widthOf } from './terminal-text.ts';

export type Style = Parameters<typeof styleText>[0];

export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | undefined;
  align?: 'left' | 'right';
  /** Least columns it may be shortened to where the terminal is narrow; without it, never shortened. */
  shrinkTo?: number;
  /** Which side survives shortening: a path's end says more than its start. Default "start". */
  keep?: 'start' | 'end';
  style?: (row: Row) => Style | undefined;
}

export interface TableOptions {
  /** Columns of the terminal; Infinity: nothing is shortened. */
  width: number;
  color: boolean;
}

const gap = 2;

/** Lines with a heading, each ended; "" when there is no row. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: TableOptions): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map((column) => oneLine(String(column.value(row) ?? ''))));
  const widths = fitWidths(
    columns,
    columns.map((column, index) => Math.max(widthOf(column.title), ...widest(cells, index))),
    options.width,
  );
  const heading = columns.map((column, index) => place(column, column.title, widths[index] ?? 0));
  const lines = cells.map((line, rowIndex) =>
    columns.map((column, index) => {
      const text = place(column, line[index] ?? '', widths[index] ?? 0);
      const style = column.style?.(rows[rowIndex] as Row);
      return style ? paint(style, text, options.color) : text;
    }),
  );
  return [heading.map((title) => paint('bold', title, options.color)), ...lines]
    .map((line) => `${trimEnd(line.join(' '.repeat(gap)))}\n`)
    .join('');
}

export function paint(style: Style, text: string, color: boolean): string {
  // Whether to colour was decided by the caller, for the stream it writes to.
  return color && text !== '' ? styleText(style, text, { validateStream: false }) : text;
}

const severityStyles: Readonly<Record<string, Style>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'blue',
  info: 'dim',
};

/** How a severity looks everywhere. */
export function severityStyle(severity: string): Style | undefined {
  return severityStyles[severity];
}

// Math.max(...100 000 arguments) is a stack overflow.
function widest(cells: readonly string[][], index: number): [number] {
  let width = 0;
  for (const line of cells) width = Math.max(width, widthOf(line[index] ?? ''));
  return [width];
}

function fitWidths<Row>(columns: readonly Column<Row>[], natural: number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1) - room;
  while (excess > 0 && excess !== Number.POSITIVE_INFINITY) {
    const roomiest = columns.reduce<number>((best, column, index) => {
      const canShrink = column.shrinkTo !== undefined && (widths[index] ?? 0) > column.shrinkTo;
      return canShrink && (best < 0 || (widths[index] ?? 0) > (widths[best] ?? 0)) ? index : best;
    }, -1);
    if (roomiest < 0) break;
    widths[roomiest] = (widths[roomiest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function place<Row>(column: Column<Row>, text: string, width: number): string {
  const fitted = fit(text, width, column.keep);
  const padding = ' '.repeat(Math.max(0, width - widthOf(fitted)));
  return column.align === 'right' ? padding + fitted : fitted + padding;
}

function trimEnd(line: string): string {
  return line.replace(/ +((?:\x1b\[[0-9;]*m)*)$/, '$1');
}
