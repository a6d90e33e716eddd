import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sinkTypes } from '@assay/consumer';
import { steps } from '@assay/enricher';
import { describe, expect, it } from '@jest/globals';
import { staleDocuments } from '../scripts/generate-docs.ts';
import { withTables } from './readme-tables.ts';

describe('generated documents', () => {
  it('say what the code says; `npm run generate` makes it so', async () => {
    expect(await staleDocuments()).toEqual([]);
  });

  it.each(['no markers', '<!-- made by npm run generate -->', '<!-- end --><!-- made by npm run generate -->'])(
    'are refused where there is no place for them: %s',
    async (page) => {
      await expect(withTables(page)).rejects.toThrow('README.md must hold the lines');
    },
  );
});

describe('written documents', () => {
  const docs = join(import.meta.dirname, '../../../docs');

  it.each([...steps.keys()])('docs/steps.md says what the step %s takes', async (name) => {
    expect(await readFile(join(docs, 'steps.md'), 'utf8')).toContain(`\n| \`${name}\` |`);
  });

  it.each([...sinkTypes.keys()])('docs/sinks.md says what the sink %s takes', async (type) => {
    expect(await readFile(join(docs, 'sinks.md'), 'utf8')).toContain(`\n**${type}**`);
  });
});
