import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseComponent } from './component.ts';
import { applicationOf, composePipeline } from './compose.ts';
import { pipelineParamOf, pipelineWorkspaceOf } from './names.ts';
import { loadPipeline } from './pipeline.ts';

const task = (name: string, stage: string, spec: string, annotations = '') =>
  parseComponent(
    `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: ${name}
  labels: {v1.dracon.ocurity.com/component: ${stage}}
  annotations: {${annotations}}
spec:
${spec.replace(/^/gm, '  ')}
  steps: [{image: 'ghcr.io/assay/cli:0.1.0', command: [run]}]
`,
    `${name}/task.yaml`,
  );

const base = task('base', 'base', 'results: [{name: scan-id}]');
const git = task(
  'git',
  'source',
  `params:
  - {name: source-url}
  - {name: revision, default: main}
  - {name: applies-to, default: '{}'}
results: [{name: commit}, {name: applies, type: array}]
workspaces: [{name: source}, {name: cache, optional: true}]`,
);
const lint = task(
  'lint',
  'producer',
  `params:
  - {name: target, description: its own words}
  - {name: revision, default: ''}
  - {name: base-scan-id, default: ''}
  - {name: flags, type: array, default: [-q]}
  - {name: lint-level, enum: [low, high], default: low}
  - {name: place, type: object, properties: {host: {type: string}}}
results: [{name: report}]
workspaces: [{name: source, readOnly: true}, {name: config}, {name: cache, optional: true}]`,
  "assay.dev/applies-to: '**/*.js **/*.mjs', assay.dev/timeout: 20m",
);
const secrets = task('secrets', 'producer', 'workspaces: [{name: source}, {name: cache}]');
const close = task('close', 'consumer', 'params: [{name: run}]', "assay.dev/finally: 'true', assay.dev/retries: '2'");

describe('a composed Pipeline', () => {
  it('has its tasks by stage, its params by task, its workspaces by name, its results wired', () => {
    expect(
      composePipeline({ name: 'nightly', components: [base, git, lint, secrets, close] }, { tasks: 'reference' }),
    ).toEqual({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: {
        name: 'nightly',
        labels: {
          'app.kubernetes.io/managed-by': 'assay',
          'app.kubernetes.io/part-of': 'assay',
          'assay.dev/pipeline': 'nightly',
        },
        annotations: { 'assay.dev/selects': 'git' },
      },
      spec: {
        params: [
          { name: 'source-url', type: 'string', description: 'Where a source component fetches from', default: '' },
          { name: 'revision', type: 'string', description: 'What is scanned: a commit, a digest', default: '' },
          { name: 'applies-to', type: 'string', default: '"lint":["**/*.js","**/*.mjs"]' },
          { name: 'target', type: 'string', description: 'Whose findings these are' },
          { name: 'lint-base-scan-id', type: 'string', default: '' },
          { name: 'lint-flags', type: 'array', default: ['-q'] },
          { name: 'lint-level', type: 'string', default: 'low' },
          { name: 'lint-place', type: 'object', properties: { host: { type: 'string' } } },
          { name: 'run', type: 'string', description: 'The run that this is' },
        ],
        workspaces: [{ name: 'source' }, { name: 'cache' }, { name: 'lint-config' }],
        tasks: [
          { name: 'base', taskRef: { kind: 'Task', name: 'base' } },
          {
            name: 'git',
            runAfter: ['base'],
            taskRef: { kind: 'Task', name: 'git' },
            params: [
              { name: 'source-url', value: '$(params.source-url)' },
              { name: 'revision', value: '$(params.revision)' },
              { name: 'applies-to', value: '{$(params.applies-to)}' },
            ],
            workspaces: [
              { name: 'source', workspace: 'source' },
              { name: 'cache', workspace: 'cache' },
            ],
          },
          {
            name: 'lint',
            runAfter: ['git'],
            when: [{ input: 'lint', operator: 'in', values: ['$(tasks.git.results.applies[*])'] }],
            timeout: '20m',
            taskRef: { kind: 'Task', name: 'lint' },
            params: [
              { name: 'target', value: '$(params.target)' },
              { name: 'revision', value: '$(tasks.git.results.commit)' },
              { name: 'base-scan-id', value: '$(tasks.base.results.scan-id)' },
              { name: 'flags', value: ['$(params.lint-flags[*])'] },
              { name: 'lint-level', value: '$(params.lint-level)' },
              { name: 'place', value: '$(params.lint-place[*])' },
            ],
            workspaces: [
              { name: 'source', workspace: 'source' },
              { name: 'config', workspace: 'lint-config' },
              { name: 'cache', workspace: 'cache' },
            ],
          },
          {
            name: 'secrets',
            runAfter: ['git'],
            taskRef: { kind: 'Task', name: 'secrets' },
            workspaces: [
              { name: 'source', workspace: 'source' },
              { name: 'cache', workspace: 'cache' },
            ],
          },
        ],
        finally: [
          {
            name: 'close',
            retries: 2,
            taskRef: { kind: 'Task', name: 'close' },
            params: [{ name: 'run', value: '$(params.run)' }],
          },
        ],
      },
    });
  });

  it.each([
    ['nothing before the first stage that is present', [lint], []],
    ['the stage before', [git, lint], ['git']],
    ['the nearest stage that is present', [base, lint], ['base']],
  ])('runs a task after %s', (_, components, runAfter) => {
    const { spec } = composePipeline({ name: 'p', components }, { tasks: 'reference' });
    expect(spec.tasks.at(-1)?.runAfter ?? []).toEqual(runAfter);
  });

  it.each([
    [{}, 'ghcr.io/assay/cli:0.1.0'],
    [{ registry: 'registry.example.com/mirror' }, 'registry.example.com/mirror/cli:0.1.0'],
    [{ version: '2.0.0' }, 'ghcr.io/assay/cli:2.0.0'],
  ])('holds a task inline, with our images as %j says and nothing that Tekton would refuse', (images, image) => {
    const { spec } = composePipeline({ name: 'p', components: [lint] }, { tasks: 'inline', images });
    expect(spec.tasks[0]?.taskSpec).toEqual({
      metadata: { labels: { 'v1.dracon.ocurity.com/component': 'producer' } },
      params: [
        { name: 'target', description: 'its own words' },
        { name: 'revision', default: '' },
        { name: 'base-scan-id', default: '' },
        { name: 'flags', type: 'array', default: ['-q'] },
        { name: 'lint-level', default: 'low' },
        { name: 'place', type: 'object', properties: { host: { type: 'string' } } },
      ],
      results: [{ name: 'report' }],
      workspaces: [{ name: 'source', readOnly: true }, { name: 'config' }, { name: 'cache', optional: true }],
      steps: [{ image, command: ['run'] }],
    });
  });

  it('lets every producer run when no source tells what there is', () => {
    const { spec } = composePipeline({ name: 'p', components: [lint] }, { tasks: 'reference' });
    expect(spec.tasks[0]).not.toHaveProperty('when');
    expect(applicationOf([git, lint, secrets])).toEqual({ lint: ['**/*.js', '**/*.mjs'] });
  });

  it('leaves a workspace optional that all who use it can do without', () => {
    const { spec } = composePipeline({ name: 'p', components: [git, lint] }, { tasks: 'reference' });
    expect(spec.workspaces).toContainEqual({ name: 'cache', optional: true });
  });

  it('is the same every time, of the pipelines under examples/ too', async () => {
    const folder = join(import.meta.dirname, '../../../examples/pipelines/scan');
    const compose = async () => JSON.stringify(composePipeline(await loadPipeline(folder), { tasks: 'inline' }));
    expect(await compose()).toBe(await compose());
  });
});

describe('in a pipeline', () => {
  it.each([
    ['gosec', 'flags', 'gosec-flags'],
    ['gosec', 'gosec-flags', 'gosec-flags'],
    ['gosec', 'target', 'target'],
    ['git', 'source-url', 'source-url'],
  ])('the param of the task %s %s is called %s', (name, param, expected) => {
    expect(pipelineParamOf(name, param)).toBe(expected);
  });

  it.each([
    ['eslint', 'config', 'eslint-config'],
    ['eslint', 'source', 'source'],
  ])('the workspace of the task %s %s is called %s', (name, workspace, expected) => {
    expect(pipelineWorkspaceOf(name, workspace)).toBe(expected);
  });
});
