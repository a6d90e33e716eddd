// A pipeline: a folder with a kustomization.yaml that lists components by path, and a pipelinerun.yaml with the values
// of their params. A path is a component's folder or its task.yaml, or a folder of components: all of them. Loading it
// checks everything that can be known before anything runs.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { type Component, describe, fits, hasTask, loadComponent, loadComponents, taskFile } from './component.ts';
import { givenParams } from './given-params.ts';
import { type Located, readYaml } from './read-yaml.ts';
import { type ParamValue, paramValueSchema, stages } from './task-schema.ts';

const code = 'pipeline.invalid';

const kustomizationSchema = z.looseObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1').optional(),
  kind: z.literal('Kustomization').optional(),
  resources: z.array(z.string()).optional(),
  components: z.array(z.string()).min(1, 'lists no component'),
});

const pipelineRunSchema = z.looseObject({
  apiVersion: z.literal('tekton.dev/v1'),
  kind: z.literal('PipelineRun'),
  metadata: z
    .looseObject({ name: z.string().optional(), generateName: z.string().optional() })
    .refine(({ name, generateName }) => name || generateName, 'needs a name or a generateName'),
  spec: z.looseObject({
    pipelineRef: z.looseObject({ name: z.string().optional() }).optional(),
    params: z.array(z.strictObject({ name: z.string(), value: paramValueSchema })).optional(),
    workspaces: z.array(z.looseObject({ name: z.string() })).optional(),
  }),
});

export interface Pipeline {
  readonly name: string;
  readonly folder: string;
  /** By stage, then in the order of the kustomization. */
  readonly components: readonly Component[];
  /** Values for the params of the components, by name. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Workspaces that pipelinerun.yaml binds to a volume that is there: the name of its claim. */
  readonly claims: Readonly<Record<string, string>>;
}

export async function loadPipeline(folder: string): Promise<Pipeline> {
  const kustomization = await readYaml(join(folder, 'kustomization.yaml'), kustomizationSchema, code);
  const run = await readYaml(join(folder, 'pipelinerun.yaml'), pipelineRunSchema, code);
  const listed = await Promise.all(
    kustomization.value.components.map((path, index) =>
      loadListed(resolve(folder, path), kustomization.at(['components', index])),
    ),
  );
  const components = listed.flat();
  const { metadata, spec } = run.value;
  const params = Object.fromEntries((spec.params ?? []).map(({ name, value }) => [name, value]));
  const mistakes = [
    ...duplicateNames(listed, kustomization),
    ...missingStages(components, spec.workspaces ?? [], run),
    ...wrongParams(components, run),
  ];
  if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code });
  const name = spec.pipelineRef?.name ?? metadata.name ?? metadata.generateName ?? '';
  return {
    name: name.replace(/-+$/, ''),
    folder,
    components: byStage(components),
    params,
    claims: claimsOf(spec.workspaces ?? []),
  };
}

function claimsOf(workspaces: readonly { name: string; [binding: string]: unknown }[]): Record<string, string> {
  return Object.fromEntries(
    workspaces.flatMap(({ name, persistentVolumeClaim: claim }) =>
      typeof claim === 'object' && claim !== null && 'claimName' in claim ? [[name, String(claim.claimName)]] : [],
    ),
  );
}

/** Checks params that come with a run, against the components that would take them; one sentence a mistake. */
export function checkParams(components: readonly Component[], params: Readonly<Record<string, ParamValue>>): string[] {
  const mistakes: string[] = [];
  const declared = components.flatMap((component) => component.params.map((param) => ({ component, param })));
  for (const [name, value] of Object.entries(params)) {
    const takers = declared.filter(({ param }) => param.name === name);
    const wrong = takers.find(({ param }) => !fits(param, value));
    if (givenParams.includes(name)) {
      mistakes.push(`param "${name}" is set by the executor`);
    } else if (takers.length === 0) {
      const known = [...new Set(declared.map(({ param }) => param.name))].filter((it) => !givenParams.includes(it));
      mistakes.push(`no component has a param "${name}"; known are ${known.sort().join(', ') || 'none'}`);
    } else if (wrong) {
      mistakes.push(`param "${name}" must be ${describe(wrong.param)} for ${wrong.component.name}`);
    }
  }
  for (const { component, param } of declared) {
    if (param.default !== undefined || param.name in params || givenParams.includes(param.name)) continue;
    mistakes.push(`param "${param.name}" of ${component.name} has no value and no default`);
  }
  return mistakes;
}

async function loadListed(path: string, where: string): Promise<Component[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput(`${where}: there is no component at ${path}.`, { code, cause });
  });
  if (!found.isDirectory()) return [await loadComponent(path)];
  if (await hasTask(path)) return [await loadComponent(join(path, taskFile))];
  const all = await loadComponents(path);
  if (all.length > 0) return all;
  throw new InvalidInput(`${where}: there is no ${taskFile} in ${path}, nor in a folder of it.`, { code });
}

function* duplicateNames(listed: readonly (readonly Component[])[], { at }: Located<unknown>) {
  const seen = new Map<string, Component>();
  for (const [index, components] of listed.entries()) {
    for (const component of components) {
      const first = seen.get(component.name);
      if (first) {
        yield `${at(['components', index])}: the component "${component.name}" (${component.file}) is there already (${first.file})`;
      }
      seen.set(component.name, component);
    }
  }
}

function* missingStages(
  components: readonly Component[],
  bound: readonly { name: string }[],
  { at }: Located<unknown>,
): Iterable<string> {
  if (!components.some(({ stage }) => stage === 'producer')) {
    yield `${at(['spec'])}: no component is a producer, so there would be nothing to find`;
  }
  const reader = components.find(({ workspaces }) =>
    workspaces.some(({ name, optional }) => name === 'source' && !optional),
  );
  const hasSource = components.some(({ stage }) => stage === 'source') || bound.some(({ name }) => name === 'source');
  if (reader && !hasSource) {
    yield `${at(['spec'])}: ${reader.name} reads the workspace "source", but no component is a source and pipelinerun.yaml binds no such workspace`;
  }
}

function* wrongParams(components: readonly Component[], { value, at }: Located<z.output<typeof pipelineRunSchema>>) {
  const params = value.spec.params ?? [];
  const seen = new Set<string>();
  for (const [index, { name }] of params.entries()) {
    if (seen.has(name)) yield `${at(['spec', 'params', index])}: param "${name}" is there twice`;
    seen.add(name);
  }
  const values = Object.fromEntries(params.map((param) => [param.name, param.value]));
  for (const mistake of checkParams(components, values)) {
    const [, name] = /"([^"]+)"/.exec(mistake) ?? [];
    const index = params.findIndex((param) => param.name === name);
    yield `${at(index < 0 ? ['spec', 'params'] : ['spec', 'params', index])}: ${mistake}`;
  }
}

function byStage(components: readonly Component[]): Component[] {
  return [...components].sort((left, right) => stages.indexOf(left.stage) - stages.indexOf(right.stage));
}
