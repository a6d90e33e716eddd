// Everything that a pipeline is in a namespace: the Pipeline, the files its tasks read, what else its folder lists.
import type { Component } from './component.ts';
import { type ComposeOptions, composePipeline, type TektonPipeline, taskSpecOf } from './compose.ts';
import { configFilesOf } from './config-files.ts';
import type { Pipeline } from './pipeline.ts';
import type { NamedObject } from './read-pipeline.ts';

export interface ConfigMap {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data: Readonly<Record<string, string>>;
}

export async function composedObjects(
  pipeline: Pipeline,
  options: ComposeOptions = { tasks: 'inline' },
): Promise<NamedObject[]> {
  const composed: TektonPipeline = composePipeline(pipeline, options);
  const configMaps = await Promise.all(
    pipeline.components.map(async (component): Promise<ConfigMap[]> => {
      const data = await configFilesOf(component);
      if (Object.keys(data).length === 0) return [];
      const name = affixed(`${pipeline.base?.metadata.name ?? pipeline.name}-${component.name}-config`, pipeline);
      return [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: composed.metadata.labels }, data }];
    }),
  );
  const others = (pipeline.others ?? []).map((object) => ({
    ...object,
    metadata: { ...object.metadata, name: affixed(object.metadata.name, pipeline) },
  }));
  const tasks = options.tasks === 'reference' ? pipeline.components.map((it) => taskObject(it, composed, options)) : [];
  return [{ ...composed }, ...tasks, ...configMaps.flat().map((object) => ({ ...object })), ...others];
}

// Enum is checked by us: Tekton refuses it unless a feature is switched on.
function taskObject(component: Component, { metadata }: TektonPipeline, options: ComposeOptions): NamedObject {
  const { labels, name, annotations } = component.task.metadata;
  const { metadata: _, ...spec } = taskSpecOf(component, options.images, []);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name, labels: { ...metadata.labels, ...labels }, ...(annotations ? { annotations } : {}) },
    spec,
  };
}

function affixed(name: string, { affixes }: Pipeline): string {
  return affixes ? affixes.prefix + name + affixes.suffix : name;
}
