import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestingRegistry } from '../../../../libs/oci/src/testing-registry.ts';
import { newStages } from '../pipeline/new-component.ts';
import { runCli } from '../testing/run-cli.ts';

const repository = join(import.meta.dirname, '../../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-component-'));
  await cp(join(repository, 'services/producer/src/adapters/eslint'), join(folder, 'eslint'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));
const assay = (...argv: string[]) =>
  runCli(['component', ...argv], { cwd: folder, env: { ASSAY_HOME: join(folder, 'home') } });

describe('assay component', () => {
  it.each(newStages)('new begins a %s that validates as it is', async (stage) => {
    expect(await assay('new', `my-${stage}`, stage)).toMatchObject({ code: 0, out: `my-${stage}/task.yaml\n` });
    expect(await assay('validate', `my-${stage}`)).toEqual({
      code: 0,
      out: `my-${stage}: ${stage}, nothing is wrong\n`,
      err: '',
    });
    expect(await assay('new', `my-${stage}`, stage)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already'),
    });
  });

  it.each(['My', '../out', 'a b', ''])('new refuses the name %j and writes nothing', async (name) => {
    expect(await assay('new', name, 'producer')).toMatchObject({
      code: 2,
      err: expect.stringContaining('metadata › name'),
    });
    expect(await readdir(folder)).not.toContain('My');
  });

  it('ls lists those of folders', async () => {
    const { out } = await assay('ls', join(repository, 'examples/components'), '--output=json');
    const rows = JSON.parse(out) as { name: string; stage: string; params: string[] }[];
    expect(rows.find(({ name }) => name === 'producer-todo')).toMatchObject({
      stage: 'producer',
      params: expect.arrayContaining(['producer-todo-words', 'target']),
    });
  });

  it('package writes the kustomize Component beside the Task', async () => {
    expect(await assay('package', 'eslint', '--dry-run')).toMatchObject({
      out: 'would write eslint/kustomization.yaml\n',
    });
    expect(await readdir(join(folder, 'eslint'))).not.toContain('kustomization.yaml');
    expect(await assay('package', 'eslint')).toMatchObject({ code: 0, out: 'eslint/kustomization.yaml\n' });
    const text = await readFile(join(folder, 'eslint/kustomization.yaml'), 'utf8');
    expect(text).toContain('kind: Component');
    expect(text).toContain('security.config.mjs');
  });

  it('package converts one of Dracon’s, into a folder of its own', async () => {
    const todo = join(repository, 'examples/components/producer-todo');
    expect(await assay('package', todo)).toMatchObject({ code: 2, err: expect.stringContaining('give --output') });
    expect(await assay('package', todo, '--output=packages')).toMatchObject({
      code: 0,
      out: 'packages/producer-todo\n',
    });
    const task = await readFile(join(folder, 'packages/producer-todo/task.yaml'), 'utf8');
    expect(task).toContain('apiVersion: tekton.dev/v1\n');
    expect(task).not.toContain('{{');
    expect(await assay('validate', 'packages/producer-todo')).toMatchObject({ code: 0 });
  });

  it('package pushes what oci:// then leads to', async () => {
    await using registry = await TestingRegistry.start();
    const pushed = await assay(
      'package',
      'eslint',
      '--push',
      `${registry.host}/components`,
      '--tag=1.2.0',
      '--registry=registry.example.com/a',
    );
    expect(pushed).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^oci:\/\/127.*components\/eslint:1\.2\.0@sha256:[0-9a-f]{64}\n$/),
    });
    const reference = `oci://${registry.host}/components/eslint:1.2.0`;
    expect(await assay('validate', reference)).toEqual({
      code: 0,
      out: 'eslint: producer, nothing is wrong\n',
      err: '',
    });
    const { out } = await assay('ls', reference, '--output=json');
    const [{ file }] = JSON.parse(out) as [{ file: string }];
    expect(await readFile(join(folder, file), 'utf8')).toContain('image: registry.example.com/a/cli:');
  });

  it('package makes a chart, the same bytes every time', async () => {
    const chart = async (name: string) => {
      expect(await assay('package', 'eslint', '--chart=ours', `--output=${name}`)).toMatchObject({
        code: 0,
        out: `${name}/ours-0.1.0.tgz\n`,
      });
      return readFile(join(folder, name, 'ours-0.1.0.tgz'));
    };
    expect((await chart('one')).equals(await chart('two'))).toBe(true);
  });
});
