// Folders of the shape that Dracon's examples have.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { composePipeline } from '../compose.ts';
import { loadPipeline } from '../pipeline.ts';

const task = (name: string, stage: string, more = '') => `---
apiVersion: tekton.dev/v1beta1
kind: Task
metadata: {name: ${name}, labels: {v1.dracon.ocurity.com/component: ${stage}}}
spec:
  ${more}
  workspaces: [{name: output}]
  steps: [{name: run, image: 'example/${name}:1', command: [run], args: ['-in', '$(workspaces.output.path)/.dracon/', '-out=$(workspaces.output.path)/.dracon/x.pb', '$(workspaces.output.path)']}]
`;
const files = {
  'components/base/pipeline.yaml':
    '---\napiVersion: tekton.dev/v1beta1\nkind: Pipeline\nmetadata: {name: dracon}\nspec: {workspaces: [], tasks: []}\n',
  'components/base/task.yaml': task('base', 'base', 'params: [{name: base-scan-tags, type: string, default: ""}]'),
  'components/sources/git/task.yaml': task('git-clone', 'source', 'params: [{name: git-clone-url, type: string}]'),
  'components/producers/aggregator/task.yaml': task('producer-aggregator', 'producer-aggregator'),
  'components/producers/lint/task.yaml': task('producer-lint', 'producer'),
  'components/enrichers/aggregator/task.yaml': task('enricher-aggregator', 'enricher-aggregator'),
  'components/enrichers/policy/task.yaml': task('enricher-policy', 'enricher'),
  'components/consumers/mongodb/task.yaml': task('consumer-mongodb', 'consumer'),
  'pipelines/one/kustomization.yaml': `---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
nameSuffix: -one
resources:
  - ../../components/base/pipeline.yaml
  - ../../components/base/task.yaml
components:
  - ../../components/sources/git
  - ../../components/producers/aggregator
  - ../../components/producers/lint
  - ../../components/enrichers/aggregator
  - ../../components/enrichers/policy
  - ../../components/consumers/mongodb
`,
  'pipelines/one/pipelinerun.yaml': `---
apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata:
  generateName: dracon-one-
spec:
  pipelineRef:
    name: dracon-one
  params:
    - name: git-clone-url
      value: https://example.com/shop.git
    - name: producer-other-flags
      value: ["-q"]
  workspaces:
    - name: output
      subPath: source-code
      volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dracon-pipeline-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});
afterEach(() => rm(folder, { recursive: true }));

describe("a pipeline of Dracon's", () => {
  it('composes as it is, by stage, without its aggregators', async () => {
    const pipeline = await loadPipeline(join(folder, 'pipelines/one'));
    expect(pipeline.name).toBe('dracon-one');
    expect(pipeline.params).toEqual({ 'git-clone-url': 'https://example.com/shop.git' });
    const { spec } = composePipeline(pipeline, { tasks: 'reference' });
    expect(spec.tasks.map(({ name, runAfter }) => [name, runAfter])).toEqual([
      ['base', undefined],
      ['git-clone', ['base']],
      ['producer-lint', ['git-clone']],
      ['enricher-policy', ['producer-lint']],
      ['consumer-mongodb', ['enricher-policy']],
    ]);
    expect(spec.workspaces.map(({ name }) => name)).toEqual(['source', 'output', 'credentials']);
  });

  it('has told what is left out', async () => {
    const { notes = [] } = await loadPipeline(join(folder, 'pipelines/one'));
    expect(notes.map((note) => note.slice(folder.length + 1))).toEqual([
      expect.stringMatching(
        /^pipelines\/one\/pipelinerun\.yaml:12: no component has a param "producer-other-flags"; known are .*; it is left out$/,
      ),
      expect.stringMatching(
        /^pipelines\/one\/kustomization\.yaml:10: producer-aggregator is left out: tasks hand over/,
      ),
      expect.stringMatching(/^pipelines\/one\/kustomization\.yaml:12: enricher-aggregator is left out/),
    ]);
  });

  it.each([
    [
      'pipelines/one/kustomization.yaml',
      'producers/lint',
      'producers/lnt',
      /kustomization\.yaml:11: there is no component at .*lnt/,
    ],
    [
      'pipelines/one/kustomization.yaml',
      '../../components/base/task.yaml',
      'https://example.com/task.yaml',
      /kustomization\.yaml:7: .* is elsewhere/,
    ],
    [
      'pipelines/one/pipelinerun.yaml',
      'name: dracon-one\n',
      'name: dracon-two\n',
      /pipelinerun\.yaml:8: it runs the pipeline "dracon-two", but this one is called "dracon-one"/,
    ],
    [
      'pipelines/one/pipelinerun.yaml',
      'git-clone-url',
      'git-clone-uri',
      /param "git-clone-url" of git-clone has no value/,
    ],
    [
      'components/base/pipeline.yaml',
      'tasks: []',
      'tasks: [{name: producer-lint}]',
      /pipeline\.yaml:2: the Pipeline has a task "producer-lint" already/,
    ],
    [
      'components/base/pipeline.yaml',
      'tasks: []',
      'tasks: [{name: a, runAfter: [b]}, {name: b, params: [{name: x, value: $(tasks.a.results.r)}]}]',
      /pipeline\.yaml:5: tasks wait for each other: a → b → a/,
    ],
    [
      'components/base/pipeline.yaml',
      'tasks: []',
      'tasks: [{name: a, runAfter: [nobody]}]',
      /the task "a" waits for "nobody", which is not there/,
    ],
  ])('is refused when %s says otherwise (%j → %j)', async (name, from, to, message) => {
    const text = (files as Record<string, string>)[name] ?? '';
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    await writeFile(join(folder, name), changed);
    await expect(loadPipeline(join(folder, 'pipelines/one'))).rejects.toThrow(message);
  });
});
