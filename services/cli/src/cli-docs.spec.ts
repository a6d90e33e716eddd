import { describe, expect, it } from '@jest/globals';
import { staleDocuments } from '../scripts/generate-docs.ts';

describe('generated documents', () => {
  it('say what the code says; `npm run generate` makes it so', async () => {
    expect(await staleDocuments()).toEqual([]);
  });
});
