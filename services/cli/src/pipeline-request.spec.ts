import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, type Pipeline } from '@assay/pipeline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pipelineRequest } from './pipeline-request.ts';

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'assay-pipeline-')));
  await mkdir(join(folder, 'shop'));
});

afterAll(() => rm(folder, { recursive: true }));

function pipeline(changes: Partial<Pipeline> = {}): Pipeline {
  return { name: 'nightly', folder: '/pipelines/nightly', components: [], params: {}, claims: {}, ...changes };
}

describe('pipelineRequest', () => {
  it('asks for the components of a pipeline folder by name', async () => {
    const loaded = await loadPipeline(join(import.meta.dirname, '../../../examples/pipelines/javascript'));
    expect(await pipelineRequest(loaded, { source: join(folder, 'shop'), revision: 'r1' })).toEqual({
      pipeline: 'javascript',
      components: loaded.components.map(({ name }) => name),
      params: {},
      sourcePath: join(folder, 'shop'),
      target: 'shop',
      revision: 'r1',
    });
    expect(loaded.components.length).toBeGreaterThan(0);
  });

  it('takes params of the folder, replaced by those given, lists as JSON', async () => {
    const params = { depth: '1', globs: ['a', 'b'] };
    const request = await pipelineRequest(pipeline({ params }), { target: 'shop', param: { depth: '2', extra: 'x' } });
    expect(request.params).toEqual({ depth: '2', globs: '["a","b"]', extra: 'x' });
  });

  it.each([
    ['nothing to scan', {}, 'give --source FOLDER, --target NAME or both'],
    ['a source that is not there', { source: '/nonexistent/source' }, '/nonexistent/source cannot be read'],
  ])('refuses %s', async (_, choices, sentence) => {
    await expect(pipelineRequest(pipeline(), choices)).rejects.toThrow(sentence);
  });
});
