// Needs the kustomize binary: ASSAY_TEST_KUSTOMIZE.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { composedObjects } from './composed-objects.ts';
import { loadPipeline } from './pipeline.ts';
import { writeKustomizations } from './write-kustomizations.ts';

const run = promisify(execFile);
const kustomize = process.env['ASSAY_TEST_KUSTOMIZE'] || 'kustomize';
const repository = join(import.meta.dirname, '../../..');

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kustomize-'));
  for (const folder of [
    'services/producer/src/adapters',
    'services/executor/components',
    'examples/components',
    'examples/pipelines',
  ])
    await cp(join(repository, folder), join(root, folder), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const built = async (folder: string) => {
  const { stdout } = await run(kustomize ?? '', ['build', folder], { maxBuffer: 64 * 1024 * 1024, timeout: 50_000 });
  const documents = parseAllDocuments(stdout);
  return byName(documents.map((document) => document.toJS()));
};
const byName = (objects: { kind: string; metadata: { name: string } }[]) =>
  Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));

const expectEqual = async (folder: string) => {
  const composed = byName(await composedObjects(await loadPipeline(folder)));
  expect(await built(folder)).toEqual(composed);
  return composed;
};

describe('plain kustomize', () => {
  it.each(['javascript', 'scan', 'golang', 'python', 'java', 'docker-image', 'terraform-kubernetes', 'monorepo'])(
    'builds what we compose, of examples/pipelines/%s',
    async (name) => {
      const folder = join(root, 'examples/pipelines', name);
      await writeKustomizations(folder);
      await expectEqual(folder);
    },
  );

  it('builds what we compose, of every kind of component together', async () => {
    const task = (name: string, stage: string, spec: string, annotations = '{}') =>
      `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: ${name}
  labels: {v1.dracon.ocurity.com/component: ${stage}}
  annotations: ${annotations}
spec:
${spec.replace(/^/gm, '  ')}
  steps:
    - {image: 'ghcr.io/assay/cli:0.1.0', command: [run]}
`;
    const components = {
      base: task('base', 'base', 'results: [{name: scan-id}, {name: revision}]'),
      fetch: task(
        'fetch',
        'source',
        `params: [{name: source-url}, {name: applies-to, default: '{}'}, {name: base-scan-id, default: ''}]
results: [{name: commit}, {name: applies, type: array}, {name: anchor}]
workspaces: [{name: source}]`,
      ),
      again: task(
        'again',
        'source',
        "params: [{name: applies-to, default: '{}'}]\nresults: [{name: applies, type: array}]",
      ),
      lint: task(
        'lint',
        'producer',
        `params:
  - {name: revision, default: ''}
  - {name: lint-level, default: low, enum: [low, high]}
  - {name: flags, type: array, default: [-q, 'a,b']}
  - {name: place, type: object, properties: {host: {type: string}}, default: {host: a}}
  - {name: anchors, type: array, default: []}
results: [{name: anchor}]
workspaces: [{name: source, readOnly: true}, {name: config}, {name: cache, optional: true}]`,
        "{assay.dev/applies-to: '**/*.js **/*.{ts,tsx}', assay.dev/timeout: 5m}",
      ),
      vet: task('vet', 'producer', 'workspaces: [{name: source}]', "{assay.dev/applies-to: '**/*.go'}"),
      all: task('all', 'producer', 'workspaces: [{name: source}]'),
      mark: task(
        'mark',
        'enricher',
        'params: [{name: anchors, type: array, default: []}, {name: base-scan-id, default: ""}]',
      ),
      tell: task('tell', 'consumer', 'params: [{name: channel}]', "{assay.dev/retries: '2'}"),
      close: task('close', 'consumer', 'params: [{name: run}]', "{assay.dev/finally: 'true'}"),
    };
    const folder = join(root, 'together/pipeline');
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(components)) {
      await mkdir(join(root, 'together', name));
      await writeFile(join(root, 'together', name, 'task.yaml'), text);
    }
    await writeFile(join(root, 'together/lint/rules.json'), '{"a": 1}\n');
    const list = Object.keys(components).map((name) => `  - ../${name}\n`);
    await writeFile(
      join(folder, 'kustomization.yaml'),
      `resources:\n  - pipeline.yaml\n  - extra.yaml\ncomponents:\n${list.join('')}configurations: [images.yaml]
images:\n  - {name: ghcr.io/assay/cli, newName: registry.example.com:5000/cli, newTag: '2'}\nnameSuffix: -team\n`,
    );
    await writeFile(
      join(folder, 'images.yaml'),
      `images:\n  - {path: 'spec/tasks[]/taskSpec/steps[]/image', kind: Pipeline}\n  - {path: 'spec/finally[]/taskSpec/steps[]/image', kind: Pipeline}\n`,
    );
    await writeFile(
      join(folder, 'pipelinerun.yaml'),
      'apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: all-}\nspec: {params: [{name: channel, value: a}]}\n',
    );
    await writeFile(
      join(folder, 'extra.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: b}\n',
    );
    const { emptyPipeline } = await import('./kustomize-component.ts');
    await writeFile(
      join(folder, 'pipeline.yaml'),
      emptyPipeline('all').replace(
        'spec: {}',
        `spec:
  description: All of it
  params: [{name: mine, type: string, default: a}]
  tasks: [{name: mine, taskSpec: {steps: [{image: busybox, command: [date]}]}}]`,
      ),
    );
    await writeKustomizations(folder);
    const composed = await expectEqual(folder);
    expect(Object.keys(composed).sort()).toEqual([
      'ConfigMap/all-lint-config-team',
      'ConfigMap/extra-team',
      'Pipeline/all-team',
    ]);
  });
});
