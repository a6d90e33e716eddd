import { describe, expect, it } from '@jest/globals';
import type { SinkItem } from '../../sink.ts';
import { findingItem } from '../../testing/sink-context.ts';
import { type Layout, partitionItems } from './partition-items.ts';

const layout: Layout = { prefix: 'assay/', partition: ['date', 'severity'], group: 'event', suffix: '.jsonl' };
const keysOf = (items: SinkItem[], change: Partial<Layout> = {}) =>
  partitionItems(items, { ...layout, ...change }).map(({ key }) => key);
const folderOf = (item: SinkItem, change: Partial<Layout> = {}) =>
  keysOf([item], change)[0]?.split('/').slice(0, -1).join('/');

describe('partitionItems', () => {
  it('makes an object of what an event holds of one severity', () => {
    const items = [
      findingItem(1, 'a'),
      findingItem(1, 'b', { severity: 'low' }, 1),
      findingItem(1, 'c', {}, 2),
      findingItem(2, 'a'),
    ];
    const objects = partitionItems(items, layout);
    expect(objects.map(({ key }) => key.replace(/[0-9a-f]{32}/, '*'))).toEqual([
      'assay/date=2026-01-31/severity=high/*-0000.jsonl',
      'assay/date=2026-01-31/severity=low/*-0001.jsonl',
      'assay/date=2026-01-31/severity=high/*-0000.jsonl',
    ]);
    expect(new Set(objects.map(({ key }) => key)).size).toBe(3);
    const lines = objects.map(({ text }) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(lines.map((own) => own.map(({ id }) => id))).toEqual([['a', 'c'], ['b'], ['a']]);
    expect(lines[0]?.[0]).toEqual({
      ...items[0]?.finding,
      event: {
        id: 'e1',
        type: 'dev.assay.finding.changed.v1',
        subject: 'assay.finding.changed.opened.high.gosec',
        time: '2026-01-31T00:00:01.000Z',
      },
    });
  });

  it('gives an event’s object the same name in whatever company it comes', () => {
    const [alone] = keysOf([findingItem(2, 'a'), findingItem(2, 'b', {}, 1)]);
    const [, among] = keysOf([findingItem(1, 'x'), findingItem(2, 'a'), findingItem(2, 'b', {}, 1)]);
    expect(among).toBe(alone);
  });

  it('gives the parts of an event that was cut names of their own', () => {
    const first = keysOf([findingItem(1, 'a')]);
    const second = keysOf([findingItem(1, 'b', {}, 256)]);
    expect(second[0]).not.toBe(first[0]);
    expect(second[0]?.replace('-0256', '-0000')).toBe(first[0]);
  });

  it('makes one object of a delivery where that is asked for, named by all it holds', () => {
    const items = [findingItem(1, 'a'), findingItem(2, 'b'), findingItem(3, 'c', { severity: 'low' })];
    const keys = keysOf(items, { group: 'delivery' });
    expect(keys).toHaveLength(2);
    expect(keysOf(items, { group: 'delivery' })).toEqual(keys);
    expect(keysOf(items.slice(1), { group: 'delivery' })[0]).not.toBe(keys[0]);
  });

  it('keeps other events too, without the parts that they do not have', () => {
    const event = {
      id: 'r1',
      type: 'dev.assay.run.finished.v1',
      subject: 's',
      time: '2026-01-31T23:30:00-02:00',
      order: '1',
    };
    const item: SinkItem = { id: 'r1', event, position: 0, data: { runId: 'r' } };
    const [object] = partitionItems([item], { ...layout, partition: ['type', 'date', 'hour', 'severity', 'tool'] });
    expect(object?.key).toMatch(
      /^assay\/type=dev\.assay\.run\.finished\.v1\/date=2026-02-01\/hour=01\/[0-9a-f]{32}-0000\.jsonl$/,
    );
    const { order: _, ...attributes } = event;
    expect(JSON.parse(object?.text ?? '')).toEqual({ data: { runId: 'r' }, event: attributes });
  });

  it.each([
    ['../../etc', 'assay/target=..%2F..%2Fetc'],
    ['github.com/acme/shop', 'assay/target=github.com%2Facme%2Fshop'],
    ['a=b&c ü', 'assay/target=a%3Db%26c%20%C3%BC'],
    ['\ud800', 'assay/target=%EF%BF%BD'],
  ])('writes the target %j so that it stays one part of a key', (target, folder) => {
    expect(folderOf(findingItem(1, 'a', { target }), { partition: ['target'] })).toBe(folder);
  });

  it('writes the hash of what would make a key too long', () => {
    const folder = folderOf(findingItem(1, 'a', { target: 'ü'.repeat(300) }), { partition: ['target'] });
    expect(folder).toMatch(/^assay\/target=[0-9a-f]{32}$/);
  });

  it('says of a time that is none that it is unknown', () => {
    const item = findingItem(1, 'a');
    expect(folderOf({ ...item, event: { ...item.event, time: '' } })).toBe('assay/date=unknown/severity=high');
  });
});
