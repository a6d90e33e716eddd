import { maxBatchFindings } from '@assay/contracts';
import { expect, it } from '@jest/globals';
import { sinkTypeOf } from './by-name.ts';

it.each(['elasticsearch', 's3', 'slack'])('%s takes the largest event as a whole', (type) => {
  expect(sinkTypeOf(type).batchSize % maxBatchFindings).toBe(0);
});
