import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { type Exchange, scriptedGateway } from './testing/scripted-gateway.ts';
import { withOwners } from './with-owners.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'owners-'));
  await mkdir(join(folder, 'owned/.github'), { recursive: true });
  await mkdir(join(folder, 'bare'));
  await writeFile(join(folder, 'owned/.github/CODEOWNERS'), '* @acme/shop\n');
});
afterAll(() => rm(folder, { recursive: true }));

const upload: Exchange = { request: 'POST /api/v1/blobs', status: 201, answer: { digest: 'sha256:owners' } };
const annotate = { name: 'annotate', params: { team: 'web' } };
const owners = (params: Record<string, string> = {}) => ({ name: 'codeowners', params });

describe('the step codeowners', () => {
  it.each([
    [
      'is given the source’s own file',
      [annotate, owners()],
      'owned',
      [upload],
      [annotate, owners({ blob: 'sha256:owners' })],
    ],
    ['is left out where the source has none', [annotate, owners()], 'bare', [], [annotate]],
    ['keeps the file that was named', [owners({ blob: 'sha256:own' })], 'owned', [], [owners({ blob: 'sha256:own' })]],
    ['keeps the text that was given', [owners({ content: '* @me' })], 'owned', [], [owners({ content: '* @me' })]],
    ['is left as it is where the source is not here', [owners()], 'nowhere', [], [owners()]],
    ['is not asked for', [annotate], 'owned', [], [annotate]],
  ])('%s', async (_, steps, source, script, expected) => {
    await using gateway = await scriptedGateway(script);
    const client = new Client({ url: gateway.url }, { signal: new AbortController().signal });
    expect(await withOwners(client, steps, join(folder, source))).toEqual(expected);
    await gateway.finish();
    expect(gateway.received.map(({ body }) => body)).toEqual(script.map(() => '* @acme/shop\n'));
  });
});
