// The PipelineRun of a run, and what its pods need besides. Pure: the same run is the same objects.
import { hash } from 'node:crypto';
import type { KubeObject, OwnerReference } from '@assay/kube';
import type { Component, ParamValue } from '@assay/pipeline';
import { composePipeline, pipelineParamOf, pipelineWorkspaceOf } from '@assay/pipeline';
import type { PlannedRun } from '../../backend.ts';
import {
  labelValueOf,
  managedBy,
  manager,
  pipelineLabel,
  pipelineRunNameOf,
  runAnnotation,
  runLabel,
  targetAnnotation,
  targetLabel,
} from './names.ts';
import { pipelineRunKind } from './tekton-objects.ts';

export interface PipelineRunSettings {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly taskTimeoutMs: number;
  readonly runTimeoutMs: number;
  /** "2Gi" */
  readonly sourceVolume: string;
  readonly storageClass?: string | undefined;
  readonly gitSecret?: string | undefined;
  readonly imageRegistry?: string | undefined;
  readonly imageVersion?: string | undefined;
}

/** User and group of every pod of a run; nobody else's. */
const podUser = 65532;

/** It waits (PipelineRunPending) until it is let go: its Secret and ConfigMaps are made in between, and belong to it. */
export function pipelineRunOf(run: PlannedRun, settings: PipelineRunSettings): KubeObject {
  const components = run.tasks.map(({ component }) => component);
  const { imageRegistry: registry, imageVersion: version } = settings;
  const images = { ...(registry ? { registry } : {}), ...(version ? { version } : {}) };
  const pipeline = composePipeline({ ...run.composition, name: run.pipeline, components }, { tasks: 'inline', images });
  const spec = pipeline.spec;
  return {
    ...pipelineRunKind,
    metadata: { ...metadataOf(run, settings.namespace), name: pipelineRunNameOf(run.runId) },
    spec: {
      status: 'PipelineRunPending',
      pipelineSpec: {
        ...spec,
        tasks: spec.tasks.map((task) => ({
          timeout: seconds(settings.taskTimeoutMs),
          // One tool that fails leaves the others, and what comes after them, as they are.
          ...(stageOf(task.name, components) === 'producer' ? { onError: 'continue' } : {}),
          ...task,
          ...(task.taskSpec ? { taskSpec: confined(task.taskSpec) } : {}),
        })),
      },
      params: paramsOf(run, new Set(spec.params.map(({ name }) => name))),
      workspaces: spec.workspaces.flatMap(({ name, optional }) => {
        const binding = bindingOf(name, run, settings) ?? (optional ? undefined : volume(settings));
        return binding ? [{ name, ...binding }] : [];
      }),
      timeouts: { pipeline: seconds(settings.runTimeoutMs) },
      taskRunTemplate: {
        serviceAccountName: settings.serviceAccount,
        podTemplate: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: podUser,
            runAsGroup: podUser,
            fsGroup: podUser,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      },
    },
  };
}

/** What the submit steps show who they are by. */
export function tokenSecretOf(run: PlannedRun, namespace: string, owner: OwnerReference): KubeObject {
  const name = tokenSecretNameOf(run);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadataOf(run, namespace), name, ownerReferences: [owner] },
    type: 'Opaque',
    stringData: { token: run.token },
  };
}

/** The files that a component brings along, by the task's name. */
export function configMapOf(
  run: PlannedRun,
  component: Component,
  files: Readonly<Record<string, string>>,
  namespace: string,
  owner: OwnerReference,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadataOf(run, namespace), name: configMapNameOf(run, component.name), ownerReferences: [owner] },
    data: files,
  };
}

/** Whether a component wants the files of its folder. */
export function hasConfig(component: Component): boolean {
  return component.task.spec.workspaces?.some(({ name }) => name === 'config') ?? false;
}

/** Every step may do as little as its pod; what a component says of itself counts more. */
function confined(taskSpec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const template = (taskSpec['stepTemplate'] ?? {}) as { securityContext?: object };
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    ...template.securityContext,
  };
  return { ...taskSpec, stepTemplate: { ...template, securityContext } };
}

function stageOf(task: string, components: readonly Component[]): string | undefined {
  return components.find(({ name }) => name === task)?.stage;
}

function metadataOf(run: PlannedRun, namespace: string) {
  return {
    namespace,
    labels: {
      [managedBy]: manager,
      [runLabel]: labelValueOf(run.runId),
      [pipelineLabel]: labelValueOf(run.pipeline),
      [targetLabel]: hash('sha256', run.target.name).slice(0, 40),
    },
    annotations: { [runAnnotation]: run.runId, [targetAnnotation]: run.target.name },
  };
}

function tokenSecretNameOf(run: PlannedRun): string {
  return `${pipelineRunNameOf(run.runId)}-token`;
}

function configMapNameOf(run: PlannedRun, task: string): string {
  return `${pipelineRunNameOf(run.runId)}-${hash('sha256', task).slice(0, 12)}`;
}

// A param of several components has one value for all of them, as on this machine.
function paramsOf(run: PlannedRun, declared: ReadonlySet<string>): { name: string; value: ParamValue }[] {
  const params = new Map<string, ParamValue>();
  for (const { name: task, component } of run.tasks)
    for (const { name } of component.params) {
      const own = pipelineParamOf(task, name);
      const value = run.params[own] ?? run.params[name];
      if (value !== undefined && declared.has(own)) params.set(own, value);
    }
  return [...params].map(([name, value]) => ({ name, value }));
}

/** What a workspace of a known name is; undefined: a volume, where the pipeline cannot do without it. */
function bindingOf(name: string, run: PlannedRun, settings: PipelineRunSettings): Record<string, unknown> | undefined {
  if (name === 'credentials') return { secret: { secretName: tokenSecretNameOf(run), defaultMode: 0o440 } };
  if (name === 'git-credentials')
    return settings.gitSecret ? { secret: { secretName: settings.gitSecret, defaultMode: 0o440 } } : undefined;
  if (name === 'source' && 'claim' in run.source) return { persistentVolumeClaim: { claimName: run.source.claim } };
  const configured = run.tasks.find((task) => name === pipelineWorkspaceOf(task.name, 'config'));
  if (configured) return { configMap: { name: configMapNameOf(run, configured.name) } };
  // Each task has its own.
  return name === 'output' ? { emptyDir: {} } : undefined;
}

function volume({ sourceVolume, storageClass }: PipelineRunSettings): Record<string, unknown> {
  return {
    volumeClaimTemplate: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: sourceVolume } },
        ...(storageClass ? { storageClassName: storageClass } : {}),
      },
    },
  };
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)}s`;
}
