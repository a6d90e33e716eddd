import { describe, expect, it } from '@jest/globals';
import { type Batch, batchType, findingAt, findingBatchType, findingType, identityAt, pick } from './batch.ts';
import { recordsOf } from './record.ts';

const batch: Batch = batchType.create({
  reportId: 'report',
  runId: 'run',
  target: { name: 'shop' },
  tool: { name: 'gosec', version: '2' },
  findings: ['a', 'b', 'c'].map((rule) => findingType.encode({ rule, title: `title ${rule}`, severity: 2 })),
  identities: Uint8Array.from({ length: 48 }, (_, index) => Math.floor(index / 16) + 1),
  severities: new Uint8Array([2, 4, 2]),
  enrichments: [
    { step: 'all', annotations: { team: 'web' } },
    { step: 'some', positions: [0, 2], owners: ['@acme/web'] },
  ],
});

describe('a batch', () => {
  it('is on the wire what a FindingBatch is, with its findings left encoded', () => {
    const full = findingBatchType.decode(batchType.encode(batch));
    expect(full.findings.map(({ rule }) => rule)).toEqual(['a', 'b', 'c']);
    expect(batchType.decode(findingBatchType.encode(full))).toEqual(batch);
  });

  it.each([[[]], [[0]], [[1, 127, 128, 0, 16_383, 16_384, 300_000]]])('reads back findings of %j bytes', (lengths) => {
    const sent: Batch = { ...batch, findings: lengths.map((length, index) => Buffer.alloc(length, index)) };
    const read = batchType.decode(batchType.encode(sent));
    expect(read.findings.map((bytes) => Buffer.from(bytes))).toEqual(sent.findings);
    expect({ ...read, findings: [] }).toEqual({ ...batch, findings: [] });
  });

  it('keeps what belongs to each finding when it is split', () => {
    const part = pick(batch, [2, 1]);
    expect(part.findings.map((bytes) => findingType.decode(bytes).rule)).toEqual(['c', 'b']);
    expect([identityAt(part, 0), identityAt(part, 1)]).toEqual([identityAt(batch, 2), identityAt(batch, 1)]);
    expect([...part.severities]).toEqual([2, 4]);
    expect(part.enrichments).toMatchObject([
      { step: 'all', positions: [] },
      { step: 'some', positions: [0] },
    ]);
    expect(pick(batch, [1]).enrichments.map(({ step }) => step)).toEqual(['all']);
  });

  it('gives a finding with the severity and the enrichments of its place', () => {
    expect(findingAt(batch, 1)).toMatchObject({ rule: 'b', severity: 4, enrichments: [{ step: 'all' }] });
    expect(findingAt(batch, 2).enrichments.map(({ step }) => step)).toEqual(['all', 'some']);
  });

  it('gives flat records without empty members', () => {
    const [first, second] = recordsOf(batch);
    expect(first).toEqual({
      id: '01'.repeat(16),
      target: 'shop',
      tool: 'gosec',
      toolVersion: '2',
      rule: 'a',
      title: 'title a',
      severity: 'low',
      run: 'run',
      report: 'report',
      owners: ['@acme/web'],
      annotations: { team: 'web' },
    });
    expect(second).toMatchObject({ severity: 'high' });
    expect(second).not.toHaveProperty('owners');
  });
});
