import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-blob-'));
  await writeFile(join(folder, 'policy.yaml'), 'rules: []');
});
afterAll(() => rm(folder, { recursive: true }));

const digest = `sha256:${'0'.repeat(64)}`;
const stored = { digest, size: 9, mediaType: 'application/yaml' };

describe('assay blob put', () => {
  it('sends a file as it is and prints its digest', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/blobs', status: 201, answer: stored }],
      ['blob', 'put', '--media-type', 'application/yaml', 'policy.yaml'],
      { cwd: folder },
    );
    expect(ran).toMatchObject({ code: 0, out: `${digest}\n`, err: '' });
    expect(ran.received[0]).toMatchObject({
      body: 'rules: []',
      headers: { 'content-type': 'application/yaml', authorization: 'Bearer secret' },
    });
  });

  it('takes stdin and prints JSON', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/blobs', status: 201, answer: stored }],
      ['blob', 'put', '-', '-o', 'json'],
      { stdin: 'abc' },
    );
    expect(JSON.parse(ran.out)).toEqual(stored);
    expect(ran.received[0]?.body).toBe('abc');
  });

  it('says when the token may not', async () => {
    const ran = await against(
      [{ request: 'POST /api/v1/blobs', ...problem(403, 'the token lacks the scope "blob:write"') }],
      ['blob', 'put', 'policy.yaml'],
      { cwd: folder },
    );
    expect(ran).toMatchObject({
      code: 2,
      out: '',
      err: 'assay: the token lacks the scope "blob:write": use one with the scope it needs\n',
    });
  });

  it('says when there is no such file, without asking anybody', async () => {
    const ran = await against([], ['blob', 'put', 'none.yaml'], { cwd: folder });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') });
  });
});
