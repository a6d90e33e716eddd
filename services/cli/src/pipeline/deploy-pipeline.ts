// A pipeline's objects in a namespace: applied by the server, so that what others own stays theirs; what the pipeline no
// longer has is found by its label and removed.
import type { Kube, KubeObject, ObjectRef } from '@assay/kube';
import type { NamedObject } from '@assay/pipeline';
import { difference, overlaid } from './compare-objects.ts';

export type DryRun = 'server' | 'client';

/** What became of an object, or would. */
export interface Change {
  readonly object: ObjectRef;
  readonly what: 'made' | 'changed' | 'unchanged' | 'removed';
  /** Lines as `diff -u` has them; "" when nothing is different. */
  readonly difference: string;
}

export interface DeployOptions {
  readonly namespace: string;
  readonly dryRun?: DryRun;
  /** Takes fields over that others own. */
  readonly force?: boolean;
}

const pipelineLabel = 'assay.dev/pipeline';
const managedBy = 'app.kubernetes.io/managed-by';
/** Kinds that a pipeline can leave behind, besides those it has. */
const ownKinds = [
  { apiVersion: 'tekton.dev/v1', kind: 'Pipeline' },
  { apiVersion: 'tekton.dev/v1', kind: 'Task' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
];

/** In the order of the objects but the Pipeline last: whoever runs it finds all that it reads. */
export async function* deploy(
  kube: Kube,
  objects: readonly NamedObject[],
  options: DeployOptions,
): AsyncGenerator<Change> {
  for (const object of labelled(objects, options.namespace)) {
    const ref = refOf(object);
    const live = await kube.get(ref);
    const after = await applied(kube, object, live, options);
    const text = difference(live, after);
    yield { object: ref, what: live ? (text ? 'changed' : 'unchanged') : 'made', difference: text };
  }
}

/** Removes what carries the pipeline's label and is not among its objects. */
export async function* prune(
  kube: Kube,
  objects: readonly NamedObject[],
  options: DeployOptions,
): AsyncGenerator<Change> {
  const kept = labelled(objects, options.namespace);
  const name = pipelineOf(objects);
  const kinds = new Map(
    [...ownKinds, ...kept].map(({ apiVersion, kind }) => [`${apiVersion}/${kind}`, { apiVersion, kind }]),
  );
  for (const kind of kinds.values()) {
    const labels = `${pipelineLabel}=${name},${managedBy}=assay`;
    for (const live of await kube.list(kind, { namespace: options.namespace, labels })) {
      if (kept.some((object) => object.kind === kind.kind && object.metadata.name === live.metadata.name)) continue;
      const ref = { ...kind, name: live.metadata.name ?? '', namespace: options.namespace };
      const { uid } = live.metadata;
      if (!options.dryRun) await kube.delete(ref, typeof uid === 'string' ? { uid } : {});
      yield { object: ref, what: 'removed', difference: difference({ ...kind, ...live }, undefined) };
    }
  }
}

async function applied(
  kube: Kube,
  object: KubeObject,
  live: KubeObject | undefined,
  { dryRun, force }: DeployOptions,
): Promise<KubeObject> {
  if (dryRun === 'client') return live ? overlaid(live, object) : object;
  return kube.apply(object, { fieldManager: 'assay', ...(force ? { force } : {}), dryRun: dryRun === 'server' });
}

function labelled(objects: readonly NamedObject[], namespace: string): KubeObject[] {
  const name = pipelineOf(objects);
  const last = [...objects].sort((left, right) => Number(left.kind === 'Pipeline') - Number(right.kind === 'Pipeline'));
  return last.map((object) => {
    const labels = { ...labelsOf(object), [managedBy]: 'assay', [pipelineLabel]: name };
    const { annotations, ...metadata } = object.metadata;
    return { ...object, metadata: { ...metadata, ...(annotations ? { annotations } : {}), namespace, labels } };
  });
}

function pipelineOf(objects: readonly NamedObject[]): string {
  const pipeline = objects.find(({ kind }) => kind === 'Pipeline');
  return (pipeline && labelsOf(pipeline)[pipelineLabel]) ?? pipeline?.metadata.name ?? '';
}

function labelsOf({ metadata }: NamedObject): Record<string, string> {
  return (metadata['labels'] ?? {}) as Record<string, string>;
}

function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace } = metadata;
  return { apiVersion, kind, name: name ?? '', ...(namespace ? { namespace } : {}) };
}
