// Lists of things: pages fetched as they are needed, printed as a table or as one JSON array.
import type { Page } from '@assay/store';
import type { Client, Query } from './client.ts';
import type { Io } from './io.ts';
import { type Column, renderTable } from './table.ts';
import { toJson } from './terminal-text.ts';

/** The gateway's largest page. */
const pageSize = 1000;
/** Written at a time: a write an item takes longer than fetching it. Characters. */
const pieceChars = 64 * 1024;

/** Items of every page, at most `limit`. */
export async function* itemsOf<T>(client: Client, path: string, query: Query, limit: number): AsyncGenerator<T> {
  let left = limit;
  let after: string | undefined;
  do {
    const page = await client.get<Page<T>>(path, { ...query, limit: Math.min(pageSize, left), after });
    for (const item of page.items.slice(0, left)) yield item;
    left -= page.items.length;
    after = page.next;
  } while (after !== undefined && left > 0);
}

export interface Listing<T> {
  format: string;
  columns: readonly Column<T>[];
  /** Said instead of an empty table. */
  empty: string;
}

/** Prints items; returns how many. */
export async function print<T>(io: Io, items: AsyncIterable<T> | Iterable<T>, listing: Listing<T>): Promise<number> {
  if (listing.format === 'json') return printJson(io, items);
  const rows: T[] = [];
  for await (const item of items) rows.push(item);
  if (rows.length === 0) io.err.put(`${listing.empty}\n`);
  await io.out.write(renderTable(listing.columns, rows, { width: io.out.width, color: io.out.hasColor }));
  return rows.length;
}

// One array, one item a line: a parser reads it whole, grep and head by the line.
async function printJson<T>(io: Io, items: AsyncIterable<T> | Iterable<T>): Promise<number> {
  let count = 0;
  let text = '';
  for await (const item of items) {
    text += `${count === 0 ? '[' : ','}\n${toJson(item)}`;
    count += 1;
    if (text.length < pieceChars) continue;
    await io.out.write(text);
    text = '';
    if (io.out.isClosed) return count;
  }
  await io.out.line(`${text}${count === 0 ? '[]' : '\n]'}`);
  return count;
}

/** "today 12:03" would depend on the reader's zone: the date and time in UTC, to the second. */
export function shortTime(time: string | undefined): string {
  return (time ?? '').replace(/\.\d+/, '').replace('T', ' ').replace(/Z$/, '');
}
