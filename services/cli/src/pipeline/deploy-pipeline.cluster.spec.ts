// Needs a cluster with Tekton Pipelines: KUBECONFIG.
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKube, type Kube } from '@assay/kube';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../testing/run-cli.ts';

const repository = join(import.meta.dirname, '../../../..');
const namespace = `pipeline-${randomUUID().slice(0, 8)}`;
const pipelineKind = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline' };
const configMapKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const place = { apiVersion: 'v1', kind: 'Namespace', name: namespace };

let kube: Kube;
let folder: string;
beforeAll(async () => {
  kube = await connectKube();
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  folder = await mkdtemp(join(tmpdir(), 'deploy-pipeline-'));
  for (const name of [
    'services/producer/src/adapters/eslint',
    'services/producer/src/adapters/secretlint',
    'services/producer/src/adapters/cyclonedx',
    'examples/pipelines/javascript',
  ])
    await cp(join(repository, name), join(folder, name), { recursive: true });
});
afterAll(async () => {
  await kube?.delete(place);
  if (folder) await rm(folder, { recursive: true, force: true });
});

const assay = (command: string, ...flags: string[]) =>
  runCli(['pipeline', command, join(folder, 'examples/pipelines/javascript'), '-n', namespace, ...flags]);
const names = async () => {
  const labels = 'assay.dev/pipeline=javascript';
  const found = [
    ...(await kube.list(pipelineKind, { namespace, labels })),
    ...(await kube.list(configMapKind, { namespace, labels })),
  ];
  return found.map(({ metadata }) => metadata.name).sort();
};

describe('a pipeline on a cluster', () => {
  it.each(['server', 'client'])('would be made, says --dry-run=%s, and is not', async (where) => {
    const { code, out } = await assay('deploy', `--dry-run=${where}`);
    expect(code).toBe(0);
    expect(out).toContain(`Pipeline/javascript in ${namespace} would be made\n+apiVersion: tekton.dev/v1\n`);
    expect(await names()).toEqual([]);
  });

  it('is made, taken by Tekton’s webhook, and unchanged the second time', async () => {
    expect(await assay('deploy')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Pipeline/javascript in ${namespace} made\n`),
    });
    const all = ['javascript', 'javascript-eslint-config', 'javascript-secretlint-config'];
    expect(await names()).toEqual(all);
    const { out } = await assay('deploy');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(' ').at(-1)),
    ).toEqual(['unchanged', 'unchanged', 'unchanged']);
    for (const where of ['server', 'client']) expect((await assay('deploy', `--dry-run=${where}`)).out).toBe(out);
  });

  it('shows what would change, and loses what it no longer has', async () => {
    const file = join(folder, 'examples/pipelines/javascript/kustomization.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/.*secretlint\n/, ''));
    for (const where of ['server', 'client']) {
      const { out } = await assay('deploy', '--prune', `--dry-run=${where}`);
      expect(out).toMatch(/Pipeline\/javascript in .* would be changed\n[\s\S]*\n- {4}- name: secretlint\n/);
      expect(out).toContain(`ConfigMap/javascript-secretlint-config in ${namespace} would be removed\n`);
    }
    expect(await names()).toHaveLength(3);
    expect(await assay('deploy')).toMatchObject({ code: 0 });
    expect(await names()).toHaveLength(3);
    const pruned = await assay('prune');
    expect(pruned.out).toBe(`ConfigMap/javascript-secretlint-config in ${namespace} removed\n`);
    expect(await names()).toEqual(['javascript', 'javascript-eslint-config']);
  });

  it('leaves alone what others made, and what others own', async () => {
    const labels = { 'assay.dev/pipeline': 'javascript' };
    await kube.create({ ...configMapKind, metadata: { name: 'theirs', namespace, labels }, data: {} });
    expect((await assay('prune')).out).toBe('');
    expect(await names()).toContain('theirs');
    const spec = { description: 'Theirs' };
    await kube.apply({ ...pipelineKind, metadata: { name: 'javascript', namespace }, spec }, { fieldManager: 'them' });
    expect((await assay('deploy')).code).toBe(0);
    const kept = await kube.get({ ...pipelineKind, name: 'javascript', namespace });
    expect(kept).toMatchObject({ spec: { description: 'Theirs' } });
  });

  it.each(['golang', 'python', 'java', 'docker-image', 'terraform-kubernetes', 'monorepo', 'scan', 'dracon-style'])(
    'of examples/pipelines is taken by Tekton’s webhook: %s',
    async (name) => {
      const path = join(repository, 'examples/pipelines', name);
      const { code, out, err } = await runCli(['pipeline', 'deploy', path, '-n', namespace, '--dry-run=server']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('would be made');
    },
  );

  it('with a Task that Tekton refuses is refused with Tekton’s words', async () => {
    const task = join(folder, 'services/producer/src/adapters/eslint/task.yaml');
    const text = await readFile(task, 'utf8');
    await writeFile(
      task,
      text.replace('- name: scan\n', '- name: scan\n      computeResources: {limits: {memory: lots}}\n'),
    );
    const { code, err } = await assay('deploy', '--dry-run=server');
    await writeFile(task, text);
    expect(code).toBe(2);
    expect(err).toContain('Pipeline javascript');
  });
});
