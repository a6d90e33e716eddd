import { batchType } from '@assay/contracts';
import { expect, it } from '@jest/globals';
import { encodeContent } from './encode-content.ts';

it.each([[[]], [[0]], [[1, 127, 128, 0, 16_383, 16_384, 300_000]]])('reads back findings of %j bytes', (lengths) => {
  const batch = {
    ...batchType.create({
      reportId: 'r',
      target: { name: 'shop' },
      identities: Buffer.alloc(lengths.length * 16, 1),
      severities: Buffer.alloc(lengths.length, 2),
      enrichments: [{ step: 'annotate', annotations: { a: 'b' } }],
    }),
    findings: lengths.map((length, index) => Buffer.alloc(length, index)),
  };
  expect(batchType.decode(encodeContent(batch))).toEqual(batchType.decode(batchType.encode(batch)));
  expect(batchType.decode(encodeContent(batch)).findings.map(({ length }) => length)).toEqual(lengths);
});
