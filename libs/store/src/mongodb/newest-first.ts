// Pages of documents, newest first: by a time and then by name. The place of a page's last document is the next cursor.
import type { Filter } from 'mongodb';
import { wrongCursor } from '../finding-query.ts';
import type { Connection, Doc } from './connect.ts';

export interface DocPage {
  docs: Doc[];
  next?: string;
}

export async function newestFirst(
  connection: Connection,
  collection: string,
  filter: Filter<Doc>,
  { by, after, limit }: { by: string; after: string | undefined; limit: number },
): Promise<DocPage> {
  const docs = await connection.attempt(() =>
    connection
      .collection(collection)
      .find(after ? { ...filter, ...behind(by, after) } : filter, { sort: { [by]: -1, _id: -1 }, limit: limit + 1 })
      .toArray(),
  );
  const shown = docs.slice(0, limit);
  const last = shown.at(-1);
  return last && docs.length > limit ? { docs: shown, next: `${last[by]} ${last._id}` } : { docs: shown };
}

function behind(by: string, after: string): Filter<Doc> {
  const [, time, id] = /^([^ ]{1,40}) (.{1,300})$/s.exec(after) ?? [];
  if (time === undefined || id === undefined) throw wrongCursor();
  return { $or: [{ [by]: { $lt: time } }, { [by]: time, _id: { $lt: id } }] };
}
