// Which objects a delivery becomes: their keys, and the lines of each.
import { hash } from 'node:crypto';
import type { SinkItem } from '../../sink.ts';

/** What a part of a key can be made of; one that an item does not have is left out. */
export const partitionNames = ['date', 'hour', 'severity', 'transition', 'tool', 'target', 'type'] as const;
export type PartitionName = (typeof partitionNames)[number];

/** Most characters of a value in a key. */
const maxPart = 120;

export interface Layout {
  /** Before every key, with its "/" at the end; or empty. */
  prefix: string;
  partition: readonly PartitionName[];
  /** What an object holds: items of one event, or all of a delivery. */
  group: 'event' | 'delivery';
  /** Of the name of every object: ".jsonl" or ".jsonl.gz". */
  suffix: string;
}

export interface ObjectToWrite {
  key: string;
  /** JSON lines. */
  text: string;
}

/**
 * The objects of some items, each item in one of them, in order. An object's name is made of what it holds: of its event
 * and the position of its first item, or of the ids of all its items.
 */
export function partitionItems(items: readonly SinkItem[], layout: Layout): ObjectToWrite[] {
  const objects = new Map<string, { folder: string; lines: string; ids: Set<string>; first: SinkItem }>();
  for (const item of items) {
    const { finding, event } = item;
    const record = finding ?? {};
    const folder = folderOf(layout, item, record);
    const group = layout.group === 'event' ? `${folder}\0${event.id}` : folder;
    let object = objects.get(group);
    if (!object) {
      object = { folder, lines: '', ids: new Set(), first: item };
      objects.set(group, object);
    }
    // Of an event that was published twice.
    if (object.ids.has(item.id)) continue;
    object.ids.add(item.id);
    object.lines += `${lineOf(item, finding)}\n`;
  }
  return [...objects.values()].map(({ folder, lines, ids, first }) => {
    const name =
      layout.group === 'event'
        ? `${nameOf(first.event.id)}-${String(first.position).padStart(4, '0')}`
        : nameOf([...ids].join('\0'));
    return { key: `${folder}${name}${layout.suffix}`, text: lines };
  });
}

function folderOf(
  { prefix, partition }: Layout,
  { event }: SinkItem,
  record: Readonly<Record<string, unknown>>,
): string {
  let folder = prefix;
  for (const name of partition) {
    const value = partOf(name, event, record);
    if (value) folder += `${name}=${encodePart(value)}/`;
  }
  return folder;
}

/** A key has at most 1024 bytes: what is long goes by its hash. */
function encodePart(value: string): string {
  const encoded = encodeURIComponent(value.toWellFormed());
  return encoded.length <= maxPart ? encoded : nameOf(value);
}

function partOf(
  name: PartitionName,
  event: SinkItem['event'],
  record: Readonly<Record<string, unknown>>,
): string | undefined {
  if (name === 'type') return event.type;
  if (name === 'date' || name === 'hour') return partOfTime(name, event.time);
  const value = record[name];
  return typeof value === 'string' ? value : undefined;
}

// The event's own time, in UTC: the same whenever it is delivered.
function partOfTime(name: 'date' | 'hour', text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return 'unknown';
  const utc = new Date(time).toISOString();
  return name === 'date' ? utc.slice(0, -14) : utc.slice(-13, -11);
}

function lineOf({ event: { id, type, subject, time }, data }: SinkItem, finding: SinkItem['finding']): string {
  return JSON.stringify({ ...(finding ?? { data }), event: { id, type, subject, time } });
}

function nameOf(text: string): string {
  return hash('sha256', text).slice(0, 32);
}
