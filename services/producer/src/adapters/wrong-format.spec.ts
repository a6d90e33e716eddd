// A report under another tool's format must never read as a scan that found nothing: that closes all the tool has open.
import { readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../testing/format-of.ts';
import { parseContent, readFixture } from '../testing/parse-fixture.ts';
import { adapters } from './by-name.ts';

/** What is larger is of no other shape. Bytes. */
const maxBytes = 100_000;

const fixtures = [...adapters.keys()].flatMap((folder) =>
  readdirSync(`${import.meta.dirname}/${folder}/fixtures`)
    .map((name) => `${folder}/fixtures/${name}`)
    .filter((path) => !path.endsWith('.md') && statSync(`${import.meta.dirname}/${path}`).size <= maxBytes),
);

/** "" for an empty list, which many tools write. */
async function ownFormat(content: Buffer): Promise<string> {
  return content.toString().trim() === '[]' ? '' : await formatOf(content);
}

describe('a report under the format of another tool', () => {
  it.each(fixtures)('%s proves nothing', async (path) => {
    const content = readFixture(`${import.meta.dirname}/${path}`);
    const own = await ownFormat(content);
    const proofs: string[] = [];
    for (const [name, adapter] of adapters) {
      if (name === own || own === '') continue;
      const summary = await parseContent(adapter, content).then(
        (parsed) => parsed.summary,
        () => undefined,
      );
      if (summary?.raw === 0 && summary.completeness === 'complete') proofs.push(name);
    }
    expect(proofs).toEqual([]);
  });
});
