import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadComponents } from './component.ts';
import { checkParams, loadPipeline } from './pipeline.ts';

const fixture = join(import.meta.dirname, 'task.fixture.yaml');
const kustomization =
  'kind: Kustomization\nresources:\n  - pipelinerun.yaml\ncomponents:\n  - ../tool\n  - ../notify/task.yaml\n';
const run = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: nightly-
spec:
  params:
    - name: level
      value: low
    - name: channel
      value: security
  workspaces:
    - name: source
`;
const notify = `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: notify
  labels:
    v1.dracon.ocurity.com/component: base
spec:
  params:
    - name: channel
  steps:
    - image: notify:1
      command: [notify]
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-'));
  for (const name of ['tool', 'notify', 'nightly', 'copy']) await mkdir(join(folder, name));
  await cp(fixture, join(folder, 'tool/task.yaml'));
  await cp(fixture, join(folder, 'copy/task.yaml'));
  await writeFile(join(folder, 'notify/task.yaml'), notify);
  await writeFile(join(folder, 'nightly/kustomization.yaml'), kustomization);
  await writeFile(join(folder, 'nightly/pipelinerun.yaml'), run);
});
afterEach(() => rm(folder, { recursive: true }));

describe('a pipeline', () => {
  it('is its components by stage, and the values of their params', async () => {
    const pipeline = await loadPipeline(join(folder, 'nightly'));
    expect(pipeline.name).toBe('nightly');
    expect(pipeline.components.map(({ name }) => name)).toEqual(['notify', 'tool']);
    expect(pipeline.params).toEqual({ level: 'low', channel: 'security' });
  });

  it('runs every component of a folder of components, by name', async () => {
    // A tool in the folder of the format that it writes.
    await mkdir(join(folder, 'format/inner'), { recursive: true });
    await cp(join(folder, 'copy/task.yaml'), join(folder, 'format/inner/task.yaml'));
    await rm(join(folder, 'copy'), { recursive: true });
    await rm(join(folder, 'tool'), { recursive: true });
    const file = join(folder, 'nightly/kustomization.yaml');
    await writeFile(file, kustomization.replace(/components:[\s\S]*/, 'components:\n  - ..\n'));
    const pipeline = await loadPipeline(join(folder, 'nightly'));
    expect(pipeline.components.map(({ name }) => name)).toEqual(['notify', 'tool']);
  });

  it.each([
    [
      'pipelinerun.yaml',
      'value: security',
      'value: security\n    - name: chanel\n      value: x',
      /pipelinerun\.yaml:11: no component has a param "chanel"; known are channel, flags, level/,
    ],
    ['pipelinerun.yaml', '    - name: channel\n      value: security\n', '', /param "channel" of notify has no value/],
    ['pipelinerun.yaml', 'value: low', 'value: lowest', /pipelinerun\.yaml:7: param "level" must be one of low, high/],
    ['pipelinerun.yaml', 'name: level', 'name: target', /param "target" is set by the executor/],
    ['pipelinerun.yaml', 'name: level', 'name: channel', /param "channel" is there twice/],
    ['pipelinerun.yaml', '- name: source', '- name: other', /tool reads the workspace "source"/],
    ['pipelinerun.yaml', 'kind: PipelineRun', 'kind: Pipeline', /pipelinerun\.yaml:2: kind/],
    ['pipelinerun.yaml', 'generateName: nightly-', 'labels: {}', /needs a name or a generateName/],
    [
      'kustomization.yaml',
      '  - ../notify/task.yaml',
      '  - ../copy',
      /kustomization\.yaml:6: the component "tool" .* is there already/,
    ],
    [
      'kustomization.yaml',
      '  - ../tool\n',
      '  - ..\n',
      /kustomization\.yaml:5: the component "tool" .*tool\/task\.yaml\) is there already \(.*copy/,
    ],
    ['kustomization.yaml', '../tool', '../nightly', /kustomization\.yaml:5: there is no task\.yaml in .*nightly, nor/],
    ['kustomization.yaml', '  - ../tool\n', '', /no component is a producer/],
    ['kustomization.yaml', '../tool', '../tol', /kustomization\.yaml:5: there is no component at .*tol/],
    ['kustomization.yaml', /components:[\s\S]*/.source, 'components: []\n', /lists no component/],
  ])('is refused when %s says otherwise (%j → %j)', async (name, from, to, message) => {
    const file = join(folder, 'nightly', name);
    const text = await readFile(file, 'utf8');
    const changed = text.replace(from.startsWith('components:') ? new RegExp(from) : from, to);
    expect(changed).not.toBe(text);
    await writeFile(file, changed);
    await expect(loadPipeline(join(folder, 'nightly'))).rejects.toThrow(message);
  });

  it('is refused when a file is missing', async () => {
    await rm(join(folder, 'nightly/pipelinerun.yaml'));
    await expect(loadPipeline(join(folder, 'nightly'))).rejects.toThrow('pipelinerun.yaml');
  });

  it.each([
    [{ channel: 'x' }, []],
    [{}, ['param "channel" of notify has no value and no default']],
    [{ channel: ['x'] }, ['param "channel" must be a string for notify']],
  ])('takes the params %j with the mistakes %j', async (params, mistakes) => {
    const { components } = await loadPipeline(join(folder, 'nightly'));
    expect(checkParams(components, params)).toEqual(mistakes);
  });
});

describe('the pipelines under examples/', () => {
  const root = join(import.meta.dirname, '../../..');

  it('scan with every scanner, or with those for JavaScript', async () => {
    const scan = await loadPipeline(join(root, 'examples/pipelines/scan'));
    expect(scan.components).toEqual(await loadComponents(join(root, 'services/producer/src/adapters')));
    const javascript = await loadPipeline(join(root, 'examples/pipelines/javascript'));
    expect(javascript.components.map(({ name }) => name)).toEqual(['eslint', 'secretlint', 'npm-sbom']);
    expect([scan.name, javascript.name]).toEqual(['scan', 'javascript']);
  });
});
