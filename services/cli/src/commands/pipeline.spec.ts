import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runCli } from '../testing/run-cli.ts';
import { scriptedGateway } from '../testing/scripted-gateway.ts';

const repository = join(import.meta.dirname, '../../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-pipeline-'));
  for (const name of [
    'services/producer/src/adapters/gosec',
    'services/executor/components',
    'examples/components',
    'examples/pipelines/dracon-style',
  ])
    await cp(join(repository, name), join(folder, name), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const golang = join(repository, 'examples/pipelines/golang');

describe('assay pipeline', () => {
  it('build prints the Pipeline and what its tasks read, with images from elsewhere', async () => {
    const { code, out, err } = await runCli([
      'pipeline',
      'build',
      join(repository, 'examples/pipelines/javascript'),
      '--registry',
      'registry.example.com/a',
      '--image-version',
      '9',
    ]);
    expect([code, err]).toEqual([0, '']);
    const objects = parseAllDocuments(out).map((document) => document.toJS());
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Pipeline/javascript',
      'ConfigMap/javascript-eslint-config',
      'ConfigMap/javascript-secretlint-config',
    ]);
    expect(out).toContain('image: registry.example.com/a/cli:9');
    expect(out).not.toContain('ghcr.io/assay/cli');
  });

  it('build names Tasks of their own where it is asked to', async () => {
    const { out } = await runCli(['pipeline', 'build', golang, '--tasks=reference', '--output=json']);
    const objects = JSON.parse(out) as { kind: string; metadata: { name: string; labels: Record<string, string> } }[];
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Pipeline/golang',
      ...['base', 'git', 'gosec', 'staticcheck', 'osv-scanner', 'gitleaks'].map((name) => `Task/${name}`),
    ]);
    expect(objects[3]?.metadata.labels).toMatchObject({ 'assay.dev/pipeline': 'golang' });
  });

  it('validate says everything that is wrong with every folder, and what is only odd', async () => {
    const style = join(folder, 'examples/pipelines/dracon-style');
    await writeFile(
      join(style, 'pipelinerun.yaml'),
      (await readFile(join(style, 'pipelinerun.yaml'), 'utf8')).replace('producer-todo-words', 'producer-nothing'),
    );
    const { code, out, err } = await runCli(['pipeline', 'validate', golang, style, join(folder, 'nowhere')]);
    expect(code).toBe(2);
    expect(out).toBe('golang: 6 components, nothing is wrong\ndracon-todo-project: 4 components, nothing is wrong\n');
    expect(err).toMatch(/note: .*pipelinerun\.yaml:9: no component has a param "producer-nothing".*it is left out/);
    expect(err).toMatch(/Cannot read .*nowhere\/kustomization\.yaml/);
  });

  it('run asks for the components by name, params of flags before those of a file', async () => {
    const file = join(folder, 'params.yaml');
    await writeFile(file, 'base-tags: nightly\ntags: shop\n');
    await using gateway = await scriptedGateway([
      { request: 'GET /api/v1/runs?limit=1', answer: { items: [] } },
      { request: 'POST /api/v1/runs', status: 400, answer: {} },
    ]);
    await runCli(
      [
        'pipeline',
        'run',
        golang,
        '--source-url=https://git.example.org/shop.git',
        '--params-file',
        file,
        '--param',
        'tags=web',
      ],
      { env: { ASSAY_URL: gateway.url } },
    );
    const asked = gateway.received.find(({ request }) => request.startsWith('POST'));
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({
      pipeline: 'golang',
      target: 'https://git.example.org/shop.git',
      sourceUrl: 'https://git.example.org/shop.git',
      components: ['base', 'git', 'gosec', 'staticcheck', 'osv-scanner', 'gitleaks'],
      params: { 'base-tags': 'nightly', tags: 'web' },
    });
  });

  it.each([
    [['--param', 'nothing=x'], 'no component has a param "nothing"'],
    [['--param', 'target=x'], 'param "target" is set by the executor'],
    [['--params-file', 'nowhere.yaml'], 'nowhere.yaml is no file of params'],
  ])('run with %j is refused before anything is asked', async (argv, message) => {
    const { code, err } = await runCli(['pipeline', 'run', golang, '--target=a', ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
