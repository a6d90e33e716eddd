// What items become in an index: an action line and a document line each, for the bulk API.
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk, https://docs.opensearch.org/docs/latest/api-reference/document-apis/bulk/
import { hash } from 'node:crypto';
import type { SinkItem } from '../../sink.ts';

export interface Operation {
  item: SinkItem;
  /** Two lines, each with its end. Made when it is asked for: the documents of a large delivery are not held at once. */
  text(): string;
}

export type ToOperations = (items: readonly SinkItem[]) => Operation[];

/** Most bytes of a document's id. */
const maxIdBytes = 512;

/**
 * The newest state of each finding, by its natural key. The version makes the server refuse what is older than what it
 * has, whatever the order of arrival, and take the same once more.
 */
export function latestOperations(items: readonly SinkItem[]): Operation[] {
  const newest = new Map<string, SinkItem>();
  for (const item of items) {
    const { finding } = item;
    const id = idOf(`${finding?.target}/${finding?.tool}/${finding?.id}`);
    const before = newest.get(id);
    if (!before || before.event.order <= item.event.order) newest.set(id, item);
  }
  return [...newest].map(([id, item]) => {
    const index = `{"_id":${JSON.stringify(id)},"version":${versionOf(item.event.order)},"version_type":"external_gte"}`;
    return { item, text: () => `{"index":${index}}\n${documentOf(item)}\n` };
  });
}

/** Every change once: what is there already is answered with 409. */
export function logOperations(items: readonly SinkItem[]): Operation[] {
  return items.map((item) => {
    const action = JSON.stringify({ create: { _id: idOf(item.id) } });
    return { item, text: () => `${action}\n${documentOf(item)}\n` };
  });
}

function documentOf({ event, data, finding }: SinkItem): string {
  const { id, type, subject, time } = event;
  return JSON.stringify({ '@timestamp': time, ...(finding ?? { data }), event: { id, type, subject, time } });
}

function idOf(key: string): string {
  return Buffer.byteLength(key) <= maxIdBytes ? key : hash('sha256', key);
}

/**
 * A whole number that sorts as `order` does ("<time stored>/<sequence>"): milliseconds, then the last 20 bits of the
 * sequence. Below 2^63 until the year 2248, written out because it is above 2^53.
 */
function versionOf(order: string): bigint {
  const [time = '', sequence = ''] = order.split('/');
  return (BigInt(Date.parse(time)) << 20n) | (BigInt(sequence) & 0xfffffn);
}
