import { Transient } from '@assay/contracts';
import { randomFrom } from '@assay/testing';
import { describe, expect, it } from '@jest/globals';
import { deliverItems } from './deliver-items.ts';
import type { SinkItem } from './sink.ts';
import { partitionItems } from './sinks/s3/partition-items.ts';
import { findingItem } from './testing/sink-context.ts';

/** Events of the given numbers of findings. */
function eventsOf(...counts: number[]): SinkItem[][] {
  return counts.map((count, index) =>
    Array.from({ length: count }, (_, position) => findingItem(index + 1, `r${position}`, {}, position)),
  );
}

/** The event as it is stored once more. */
const copy = (item: SinkItem): SinkItem => ({ ...item, event: { ...item.event, order: `${item.event.order}+` } });

async function callsOf(items: readonly SinkItem[], size: number): Promise<string[][]> {
  const calls: string[][] = [];
  await deliverItems(items, {
    size,
    sink: { deliver: async (part) => void calls.push(part.map(({ id }) => id)), close: async () => {} },
    killed: new AbortController().signal,
    ready: async () => {},
    retryLater: async () => {},
  });
  return calls;
}

describe('deliverItems', () => {
  it.each([
    [[1, 1, 1], 2, [2, 1]],
    [[2, 2, 1], 3, [2, 3]],
    [[5], 2, [2, 2, 1]],
    [[1, 5, 1], 2, [1, 2, 2, 2]],
    [[3, 3], 3, [3, 3]],
    [[], 3, []],
  ])('cuts events of %j items, at most %i a call, into calls of %j', async (counts, size, expected) => {
    const events = eventsOf(...counts);
    const calls = await callsOf(events.flat(), size);
    expect(calls.map(({ length }) => length)).toEqual(expected);
    expect(calls.flat()).toEqual(events.flat().map(({ id }) => id));
  });

  it('keeps two copies of an event apart', async () => {
    const [[first, second] = []] = eventsOf(2);
    if (!first || !second) throw new Error('the event has two items');
    const calls = await callsOf([first, second, copy(first), copy(second)], 3);
    expect(calls).toEqual([
      [first.id, second.id],
      [first.id, second.id],
    ]);
  });

  // What an object in a bucket relies on: named by its event, it has the same lines in whatever company the event comes.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('lets a sink name what it makes of events, with chance %i', async (seed) => {
    const random = randomFrom(seed);
    const events = eventsOf(...Array.from({ length: 40 }, () => random.between(1, 30)));
    const layout = { prefix: '', partition: [], group: 'event', suffix: '' } as const;
    const objects = new Map<string, string>();
    const changed: string[] = [];
    let isBroken = false;
    const sink = {
      deliver: async (items: readonly SinkItem[]) => {
        for (const { key, text } of partitionItems(items, layout)) {
          if ((objects.get(key) ?? text) !== text) changed.push(key);
          objects.set(key, text);
        }
        isBroken = !isBroken && random.next() < 0.3;
        if (isBroken) throw new Transient('the answer is lost', { code: 'test' });
      },
      close: async () => {},
    };
    for (let round = 0; round < 6; round++) {
      // From an event that was not acked, in batches of other sizes, with copies.
      const left = events.slice(round === 0 ? 0 : random.between(0, events.length - 1));
      while (left.length > 0) {
        const batch = left.splice(0, random.between(1, 12));
        if (random.next() < 0.2) batch.push(random.pick(batch).map(copy));
        await deliverItems(batch.flat(), {
          size: 16,
          sink,
          killed: new AbortController().signal,
          ready: async () => {},
          retryLater: async () => {},
        });
      }
    }
    const lines = [...objects.values()].flatMap((text) => text.trimEnd().split('\n'));
    expect(changed).toEqual([]);
    expect(lines).toHaveLength(events.flat().length);
    expect(new Set(lines).size).toBe(lines.length);
  });
});
