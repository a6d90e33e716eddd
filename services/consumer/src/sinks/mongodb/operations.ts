// What items become in a collection: documents by the key of their finding, or one each.
import type { AnyBulkWriteOperation, Document } from 'mongodb';
import type { SinkItem } from '../../sink.ts';

export interface Stored extends Document {
  _id: string;
}

// The newest state of each finding wins, whichever comes last: an older one finds no document to replace, tries to
// insert and meets the newer one's _id.
export function latestOperations(items: readonly SinkItem[]): AnyBulkWriteOperation<Stored>[] {
  const newest = new Map<string, SinkItem>();
  for (const item of items) {
    const id = findingKey(item);
    const before = newest.get(id);
    if (!before || before.event.order <= item.event.order) newest.set(id, item);
  }
  return [...newest].map(([id, item]) => ({
    replaceOne: {
      filter: { _id: id, order: { $lte: item.event.order } },
      replacement: documentOf(id, item),
      upsert: true,
    },
  }));
}

export function logOperations(items: readonly SinkItem[]): AnyBulkWriteOperation<Stored>[] {
  return items.map((item) => ({ insertOne: { document: documentOf(item.id, item) } }));
}

function documentOf(id: string, { event, finding, data }: SinkItem): Stored {
  const { id: eventId, type, subject, time, order } = event;
  const own = finding ? { ...finding, identity: finding.id, id: undefined } : { data };
  return storable({ _id: id, order, event: { id: eventId, type, subject, time }, ...own }) as Stored;
}

/** Who a finding is across targets and tools. */
function findingKey({ finding }: SinkItem): string {
  return `${finding?.target}/${finding?.tool}/${finding?.id}`;
}

// Names of members with "." or "$" cannot be asked for, and some servers refuse them: they get their full-width forms.
function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name.replaceAll('.', '．').replace(/^\$/, '＄'), storable(member)]),
  );
}
