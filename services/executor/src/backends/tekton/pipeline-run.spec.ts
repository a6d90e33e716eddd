import { join } from 'node:path';
import { type Component, loadComponent } from '@assay/pipeline';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { PlannedRun } from '../../backend.ts';
import { labelValueOf, pipelineRunNameOf } from './names.ts';
import { configMapOf, pipelineRunOf, tokenSecretOf } from './pipeline-run.ts';

const adapters = join(import.meta.dirname, '../../../../producer/src/adapters');
let components: Component[];
beforeAll(async () => {
  components = await Promise.all(
    ['../../../executor/components/git', 'eslint'].map((name) => loadComponent(join(adapters, name, 'task.yaml'))),
  );
});

const settings = {
  namespace: 'runs',
  serviceAccount: 'assay-run',
  taskTimeoutMs: 600_000,
  runTimeoutMs: 3_600_000,
  sourceVolume: '2Gi',
};
const runOf = (more: Partial<PlannedRun> = {}): PlannedRun => ({
  runId: 'run-1',
  pipeline: 'scan',
  target: { name: 'https://example.com/shop', kind: 'repository' },
  revision: 'main',
  source: { url: 'https://example.com/shop.git' },
  tasks: components.map((component) => ({ name: component.name, component })),
  params: { target: 'shop', run: 'run-1', 'source-url': 'https://example.com/shop.git', steps: ['--step=a'], odd: 'x' },
  token: 'assay-run.secret',
  ...more,
});

interface Spec {
  params: { name: string; value: unknown }[];
  workspaces: Record<string, unknown>[];
  pipelineSpec: {
    tasks: { name: string; timeout: string; taskSpec: { stepTemplate?: { securityContext?: object } } }[];
  };
  taskRunTemplate: unknown;
}
const specOf = (run: PlannedRun, more = {}) => pipelineRunOf(run, { ...settings, ...more })['spec'] as Spec;

describe('the PipelineRun of a run', () => {
  it('is the same for the same run, waits until it is let go, and says whose it is', () => {
    const made = pipelineRunOf(runOf(), settings);
    expect(made).toEqual(pipelineRunOf(runOf(), settings));
    expect(made).toMatchObject({
      metadata: {
        name: 'run-run-1',
        namespace: 'runs',
        labels: {
          'app.kubernetes.io/managed-by': 'assay-executor',
          'assay.dev/run': 'run-1',
          'assay.dev/pipeline': 'scan',
        },
        annotations: { 'assay.dev/run-id': 'run-1', 'assay.dev/target-name': 'https://example.com/shop' },
      },
      spec: { status: 'PipelineRunPending', timeouts: { pipeline: '3600s' } },
    });
  });

  it('has a limit for every task, and pods that may do nothing', () => {
    const { pipelineSpec, taskRunTemplate } = specOf(runOf());
    for (const { taskSpec } of pipelineSpec.tasks)
      expect(taskSpec.stepTemplate?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    expect(pipelineSpec.tasks.map(({ name, timeout }) => [name, timeout])).toEqual([
      ['git', '600s'],
      ['eslint', '600s'],
    ]);
    expect(taskRunTemplate).toMatchObject({
      serviceAccountName: 'assay-run',
      podTemplate: { automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, runAsUser: 65532 } },
    });
  });

  it('gives each param that the pipeline declares its value, and nothing else', () => {
    expect(Object.fromEntries(specOf(runOf()).params.map(({ name, value }) => [name, value]))).toEqual({
      target: 'shop',
      run: 'run-1',
      'source-url': 'https://example.com/shop.git',
      steps: ['--step=a'],
    });
  });

  it.each<[string, Partial<PlannedRun>, object, string, object | undefined]>([
    [
      'a volume for what is fetched',
      {},
      {},
      'source',
      {
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } },
      },
    ],
    [
      'a volume of a class',
      {},
      { storageClass: 'fast' },
      'source',
      {
        volumeClaimTemplate: {
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '2Gi' } },
            storageClassName: 'fast',
          },
        },
      },
    ],
    [
      'a volume that is there',
      { source: { claim: 'code' } },
      {},
      'source',
      { persistentVolumeClaim: { claimName: 'code' } },
    ],
    ['an own folder for each report', {}, {}, 'output', { emptyDir: {} }],
    ['the token', {}, {}, 'credentials', { secret: { secretName: 'run-run-1-token', defaultMode: 0o440 } }],
    ['no credentials of git where none are set', {}, {}, 'git-credentials', undefined],
    [
      'credentials of git',
      {},
      { gitSecret: 'git' },
      'git-credentials',
      { secret: { secretName: 'git', defaultMode: 0o440 } },
    ],
  ])('binds %s', (_, run, more, name, binding) => {
    const found = specOf(runOf(run), more).workspaces.find((workspace) => workspace['name'] === name);
    expect(found).toEqual(binding && { name, ...binding });
  });

  it('never holds the token, which is in a Secret of its own', () => {
    expect(JSON.stringify(pipelineRunOf(runOf(), settings))).not.toContain('assay-run.secret');
    const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run-run-1', uid: 'u' };
    expect(tokenSecretOf(runOf(), 'runs', owner)).toMatchObject({
      metadata: { name: 'run-run-1-token', ownerReferences: [owner] },
      stringData: { token: 'assay-run.secret' },
    });
  });

  it('binds the files of a component’s folder by the name that they are made with', () => {
    const eslint = components[1] as Component;
    const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run-run-1', uid: 'u' };
    const made = configMapOf(runOf(), eslint, { 'a.mjs': 'x' }, 'runs', owner);
    expect(specOf(runOf()).workspaces).toContainEqual({
      name: 'eslint-config',
      configMap: { name: made.metadata.name },
    });
    expect(made).toMatchObject({ data: { 'a.mjs': 'x' } });
  });

  it.each(['0199a0c1-0000-7000-8000-000000000000', 'A run_with.dots', 'x'.repeat(128), 'ends-'])(
    'has a legal name for %s',
    (runId) => {
      const name = pipelineRunNameOf(runId);
      expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?$/);
      expect(pipelineRunNameOf(runId)).toBe(name);
      expect(labelValueOf(runId)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
    },
  );
});
