import { type Batch, batchType, type Draft, findingType, InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { readItems } from './read-items.ts';
import type { Blobs } from './sink.ts';

const messageOf = (batch: Draft<Batch>) => ({
  subject: 'assay.finding.changed.opened.high.gosec',
  headers: { 'ce-id': 'event-1', 'ce-source': 'assay/ledger', 'content-type': 'application/protobuf' },
  payload: batchType.encode({ target: { name: 'shop' }, tool: { name: 'gosec' }, ...batch }),
  stream: 'assay-finding',
  sequence: 7,
  storedAt: new Date('2026-01-01T00:00:00Z'),
});
// No event here is a claim check.
const blobs = {} as Blobs;

describe('readItems', () => {
  it('gives an item a finding, in order', async () => {
    const findings = ['a', 'b'].map((rule) => findingType.encode({ rule }));
    const identities = Uint8Array.from({ length: 32 }, (_, index) => index);
    const items = await readItems(messageOf({ findings, identities, severities: Uint8Array.of(4, 4) }), blobs);
    expect(items.map(({ id, position, finding }) => [id, position, finding?.id, finding?.rule])).toEqual([
      ['event-1:000102030405060708090a0b0c0d0e0f', 0, '000102030405060708090a0b0c0d0e0f', 'a'],
      ['event-1:101112131415161718191a1b1c1d1e1f', 1, '101112131415161718191a1b1c1d1e1f', 'b'],
    ]);
    expect(items[0]?.event).toMatchObject({ id: 'event-1', order: '2026-01-01T00:00:00.000Z/0000000000000007' });
  });

  it('says of a finding that is none which it is, and gives the others', async () => {
    const findings = [findingType.encode({ rule: 'a' }), Uint8Array.of(0x0a, 0x7f)];
    const message = messageOf({ findings, identities: new Uint8Array(32), severities: Uint8Array.of(4, 4) });
    const [good, bad] = await readItems(message, blobs);
    expect(good?.finding?.rule).toBe('a');
    expect(() => bad?.finding).toThrow(InvalidInput);
  });

  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  it.each([
    ['its trace', good, good],
    ['no trace that would end a header', `${good}\r\nauthorization: x`, undefined],
    ['no trace that is none', 'x'.repeat(10_000), undefined],
  ])('gives an event with %s', async (_, traceparent, expected) => {
    const payload = Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: '1',
        source: 's',
        type: 'dev.assay.artifact.requested.v1',
        traceparent,
        data: { kind: 'image', reference: 'a' },
      }),
    );
    const message = { ...messageOf({}), subject: 'assay.artifact.requested.image', headers: {}, payload };
    expect((await readItems(message, blobs))[0]?.event.traceparent).toBe(expected);
  });
});
