import { describe, expect, it } from '@jest/globals';
import {
  type Batch,
  batchType,
  FindingsWriter,
  findingAt,
  findingBatchType,
  findingType,
  identityAt,
  pick,
} from './batch.ts';
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

describe('findings written one behind the other', () => {
  it.each([0, 1, 114, 115, 116, 117, 16_370, 16_371, 16_372, 300_000])(
    'are what each is alone, with titles of %i bytes',
    (length) => {
      const drafts = [
        { rule: 'a', title: 'x'.repeat(length), severity: 2 as const },
        {},
        { title: 'ü'.repeat(length / 2) },
      ];
      const writer = new FindingsWriter();
      const alone = drafts.map((draft) => Buffer.from(findingType.encode(draft)).toString('latin1'));
      expect(drafts.map((draft) => writer.add(draft))).toEqual(alone.map((bytes) => bytes.length));
      expect(writer.count).toBe(3);
      const texts = (findings: Uint8Array[]) => findings.map((bytes) => Buffer.from(bytes).toString('latin1'));
      expect(texts(writer.findings())).toEqual(alone);
      expect(texts(writer.findings(true))).toEqual(alone.slice(0, 2));
      const read = batchType.decode(batchType.encode({ ...batch, findings: writer.findings() }));
      expect(texts(read.findings)).toEqual(alone);
    },
  );
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

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['as it was written', (bytes) => bytes],
    ['with its findings first', (bytes) => Buffer.concat([bytes.subarray(headBytes), bytes.subarray(0, headBytes)])],
    ['with its findings in two places', (bytes) => Buffer.concat([bytes, batchType.encode({ ...batch, index: 7 })])],
    ['with a field that nobody knows', (bytes) => Buffer.concat([bytes, Uint8Array.of(0xf8, 0x07, 1)])],
    [
      'with the length of a finding in five bytes',
      (bytes) => Buffer.concat([bytes, lengthOf(5), findingType.encode({ rule: 'abcdef' })]),
    ],
  ])('is read %s', (_, change) => {
    const bytes = change(batchType.encode(batch));
    const { findings, ...rest } = batchType.decode(bytes);
    const { findings: decoded, ...expected } = findingBatchType.decode(bytes);
    expect(rest).toEqual(expected);
    expect(findings.map((finding) => findingType.decode(finding))).toEqual(decoded);
  });

  it('fails on bytes that are no batch, wherever they end', () => {
    const bytes = batchType.encode(batch);
    const outcome = (type: { decode(bytes: Uint8Array): { findings: unknown[] } }, length: number) => {
      try {
        return type.decode(bytes.subarray(0, length)).findings.length;
      } catch {
        return 'no batch';
      }
    };
    const differing = [...bytes.keys()].filter(
      (length) => outcome(batchType, length) !== outcome(findingBatchType, length),
    );
    expect(differing).toEqual([]);
    expect(outcome(batchType, bytes.length - 1)).toBe('no batch');
  });

  it('is the same again when it is handed on, whole or in part, and whatever stands between its findings', () => {
    const bytes = batchType.encode(batch);
    const read = batchType.decode(bytes);
    expect(Buffer.from(batchType.encode(read))).toEqual(Buffer.from(bytes));
    expect(findingBatchType.decode(batchType.encode(pick(read, [0, 2]))).findings).toHaveLength(2);
    const [first = new Uint8Array()] = batch.findings;
    const gap = Buffer.concat([Uint8Array.of(0x42, first.length), first, Uint8Array.of(0x0a, first.length), first]);
    const findings = [gap.subarray(2, 2 + first.length), gap.subarray(4 + first.length)];
    const handedOn = batchType.decode(batchType.encode({ ...batch, findings })).findings;
    expect(handedOn.map((finding) => findingType.decode(finding).rule)).toEqual(['a', 'a']);
  });
});

/** Bytes of a batch before its findings. */
const headBytes = batchType.encode({ ...batch, findings: [] }).length;

/** The tag of a finding of 8 bytes, and its length in that many bytes. */
function lengthOf(bytes: number): Uint8Array {
  return Uint8Array.of(0x42, 8 | 128, ...Array<number>(bytes - 2).fill(128), 0);
}
