// Components to one Tekton Pipeline. Pure: the same components give the same Pipeline. Each task is made of its own
// component, of the nearest earlier stage that is present, and of the source component; plain kustomize can do that too.

import { stringify } from 'yaml';
import type { Component } from './component.ts';
import { composedParams, givenParamSpecs, givenParams } from './given-params.ts';
import { type ImageChoice, type ImageReplacement, withImage } from './images.ts';
import { pipelineParamOf, pipelineWorkspaceOf } from './names.ts';
import type { Pipeline } from './pipeline.ts';
import { annotationPrefix, type ParamValue, type Stage, stageLabel, stages, type TaskParam } from './task-schema.ts';

export interface ComposeOptions {
  /** `inline`: each task with its steps. `reference`: by the name of a Task in the namespace. */
  readonly tasks: 'inline' | 'reference';
  /** Where Assay's own images come from. Default: as the components say. */
  readonly images?: ImageChoice;
}

export interface TektonPipeline {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'Pipeline';
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly description?: string;
    readonly params: readonly PipelineParam[];
    readonly workspaces: readonly PipelineWorkspace[];
    readonly tasks: readonly PipelineTask[];
    /** Tasks that run when all others have ended, however. */
    readonly finally?: readonly PipelineTask[];
  };
}

export type PipelineParam = Pick<TaskParam, 'name' | 'description' | 'default' | 'properties'> & {
  readonly type: 'string' | 'array' | 'object';
};

export interface PipelineWorkspace {
  readonly name: string;
  readonly optional?: boolean;
}

export interface PipelineTask {
  readonly name: string;
  readonly runAfter?: readonly string[];
  readonly when?: readonly WhenExpression[];
  readonly timeout?: string;
  readonly retries?: number;
  readonly taskRef?: { readonly kind: 'Task'; readonly name: string };
  readonly taskSpec?: Readonly<Record<string, unknown>>;
  readonly params?: readonly { readonly name: string; readonly value: ParamValue }[];
  readonly workspaces?: readonly { readonly name: string; readonly workspace: string }[];
}

export interface WhenExpression {
  readonly input: string;
  readonly operator: 'in' | 'notin';
  readonly values: readonly string[];
}

/** The pipeline's components are in the order of their stages, as loadPipeline gives them. */
export function composePipeline(pipeline: Composable, options: ComposeOptions): TektonPipeline {
  const { name, components, base, images } = pipeline;
  const composed = components.map((component) => ({
    component,
    task: taskOf(component, components, options, images ?? []),
  }));
  const tasks = composed.filter(({ component }) => !isLast(component)).map(({ task }) => task);
  const last = composed.filter(({ component }) => isLast(component)).map(({ task }) => task);
  const selector = tellerOf(components);
  const annotations = { ...base?.metadata.annotations, ...(selector ? { [selectsAnnotation]: selector.name } : {}) };
  const own = base?.spec ?? {};
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: {
      name,
      labels: { ...pipelineLabels(name), ...base?.metadata.labels },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec: {
      ...own,
      params: byName(own.params, paramsOf(components)),
      workspaces: byName(own.workspaces, workspacesOf(components)),
      tasks: [...(own.tasks ?? []), ...tasks],
      ...(own.finally || last.length > 0 ? { finally: [...(own.finally ?? []), ...last] } : {}),
    },
  };
}

/** Says in a Pipeline which source tells what has something to scan. */
export const selectsAnnotation = `${annotationPrefix}selects`;

/** What of a pipeline is composed. */
export type Composable = Pick<Pipeline, 'name' | 'components' | 'base' | 'images'>;

// One of the same name takes the place of the first.
function byName<T extends { name: string }>(first: readonly T[] | undefined, then: readonly T[]): T[] {
  return [...new Map([...(first ?? []), ...then].map((it) => [it.name, it])).values()];
}

/** What marks a Pipeline as one that we composed. */
export function pipelineLabels(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'assay',
    'app.kubernetes.io/part-of': 'assay',
    'assay.dev/pipeline': name,
  };
}

/** Which files each component is for, as globs, for the source component's param `applies-to`. */
export function applicationOf(components: readonly Component[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    components.flatMap((component) => {
      const globs = globsOf(component);
      return globs.length > 0 ? [[component.name, globs]] : [];
    }),
  );
}

// The members of a JSON object, without its braces: plain kustomize can only add to the end of a text.
function membersOf(components: readonly Component[]): string {
  return components.map(memberOf).filter(Boolean).join(',');
}

/** `"gosec":["**\/*.go"]`; "" for a component that looks at everything. */
export function memberOf(component: Component): string {
  const globs = component.stage === 'producer' ? globsOf(component) : [];
  return globs.length > 0 ? `${JSON.stringify(component.name)}:${JSON.stringify(globs)}` : '';
}

/** The source component that tells which of the others have something to scan. */
export function tellerOf(components: readonly Component[]): Component | undefined {
  return components.find(
    ({ stage, params, results }) =>
      stage === 'source' &&
      params.some(({ name }) => name === 'applies-to') &&
      results.some(({ name, type }) => name === 'applies' && type === 'array'),
  );
}

function taskOf(
  component: Component,
  all: readonly Component[],
  options: ComposeOptions,
  images: readonly ImageReplacement[],
): PipelineTask {
  const { name, annotations, params, workspaces } = component;
  const before = isLast(component) ? [] : previousOf(component, all);
  const when = whenOf(component, all);
  const timeout = annotations[`${annotationPrefix}timeout`];
  const retries = annotations[`${annotationPrefix}retries`];
  return {
    name,
    ...(before.length > 0 ? { runAfter: before.map((it) => it.name) } : {}),
    ...(when ? { when: [when] } : {}),
    ...(timeout ? { timeout } : {}),
    ...(retries ? { retries: Number(retries) } : {}),
    ...(options.tasks === 'inline'
      ? { taskSpec: taskSpecOf(component, options.images, images) }
      : { taskRef: { kind: 'Task', name } }),
    ...(params.length > 0
      ? { params: params.map((param) => ({ name: param.name, value: valueFor(component, param, all) })) }
      : {}),
    ...(workspaces.length > 0
      ? { workspaces: workspaces.map((it) => ({ name: it.name, workspace: pipelineWorkspaceOf(name, it.name) })) }
      : {}),
  };
}

/** Tasks of the nearest earlier stage that has any. */
function previousOf({ stage }: Component, all: readonly Component[]): readonly Component[] {
  const earlier = all.filter((it) => !isLast(it) && stages.indexOf(it.stage) < stages.indexOf(stage));
  const nearest = Math.max(...earlier.map((it) => stages.indexOf(it.stage)));
  return earlier.filter((it) => stages.indexOf(it.stage) === nearest);
}

/** Whether a component runs when all others have ended, however. */
export function isLast({ annotations }: Component): boolean {
  return annotations[`${annotationPrefix}finally`] === 'true';
}

// Skipped by Tekton when the source has nothing for it; a component without globs looks at everything.
function whenOf(component: Component, all: readonly Component[]): WhenExpression | undefined {
  const teller = tellerOf(all);
  if (!teller || component.stage !== 'producer' || globsOf(component).length === 0) return undefined;
  return { input: component.name, operator: 'in', values: [`$(tasks.${teller.name}.results.applies[*])`] };
}

export function globsOf({ annotations }: Component): string[] {
  return (annotations[`${annotationPrefix}applies-to`] ?? '').split(/\s+/).filter(Boolean);
}

/** The text of a component's task.yaml, with Assay's images from somewhere else; one of Dracon's as converted. */
export function taskText({ task }: Component, images: ImageChoice): string {
  const { steps, stepTemplate, ...rest } = task.spec;
  const spec = {
    ...rest,
    ...(stepTemplate ? { stepTemplate: withImage(stepTemplate, images, []) } : {}),
    steps: steps.map((step) => withImage(step, images, [])),
  };
  return stringify({ ...task, spec }, { lineWidth: 0, aliasDuplicateObjects: false });
}

// Enum is checked by us: Tekton refuses it unless a feature is switched on.
export function taskSpecOf(
  { task, stage }: Component,
  choice: ImageChoice | undefined,
  images: readonly ImageReplacement[],
): Record<string, unknown> {
  const { params, steps, stepTemplate, ...rest } = task.spec;
  return {
    metadata: { labels: { [stageLabel]: stage } },
    ...rest,
    ...(params ? { params: params.map(({ enum: _, ...param }) => param) } : {}),
    ...(stepTemplate ? { stepTemplate: withImage(stepTemplate, choice, images) } : {}),
    steps: steps.map((step) => withImage(step, choice, images)),
  };
}

function paramsOf(components: readonly Component[]): PipelineParam[] {
  const params = new Map<string, PipelineParam>();
  for (const component of components) {
    for (const param of component.params) {
      if (isAnchors(param)) continue;
      const name = pipelineParamOf(component.name, param.name);
      params.set(name, givenParamSpecs.get(name) ?? paramOf(name, param, components));
    }
  }
  return [...params.values()];
}

function paramOf(name: string, param: TaskParam, all: readonly Component[]): PipelineParam {
  const { description, properties } = param;
  const fallback = composedParams.includes(name) ? membersOf(all) : param.default;
  return {
    name,
    type: typeOf(param),
    ...(description ? { description } : {}),
    ...(properties ? { properties } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

function valueFor(component: Component, param: TaskParam, all: readonly Component[]): ParamValue {
  if (isAnchors(param)) return anchorsOf(component, all);
  const result = resultFor(component, param, all);
  if (result) return result;
  const name = pipelineParamOf(component.name, param.name);
  if (composedParams.includes(name)) return `{$(params.${name})}`;
  switch (typeOf(param)) {
    case 'array':
      return [`$(params.${name}[*])`];
    case 'object':
      return `$(params.${name}[*])`;
    default:
      return `$(params.${name})`;
  }
}

/** The array by which Dracon's components order themselves. */
export function isAnchors({ name, type }: TaskParam): boolean {
  return (name === 'anchors' || name.endsWith('-anchors')) && type === 'array';
}

/** Tekton skips whoever refers to a result of a task that it skipped, so those that may be skipped give none. */
export function givesAnchor(component: Component): boolean {
  return component.results.some(({ name }) => name === 'anchor') && globsOf(component).length === 0;
}

function anchorsOf(component: Component, all: readonly Component[]): string[] {
  return previousOf(component, all)
    .filter(givesAnchor)
    .map(({ name }) => `$(tasks.${name}.results.anchor)`);
}

// "base-scan-id" is the result "scan-id" of the component of the stage base; Dracon's "dracon_scan_id" is the result
// "dracon-scan-id". What a source fetched is what the others say they scanned.
export function resultFor(component: Component, param: TaskParam, all: readonly Component[]): string | undefined {
  const earlier = all.filter(({ stage }) => stages.indexOf(stage) < stages.indexOf(component.stage));
  for (const { name, stage, results } of earlier) {
    const result = results.find((it) => wiredNames(stage, it.name).includes(param.name));
    if (result && (result.type ?? 'string') === typeOf(param)) {
      return `$(tasks.${name}.results.${result.name})`;
    }
  }
  return undefined;
}

function draconNames(result: string): string[] {
  if (result === 'run') return ['dracon_scan_id'];
  if (result === 'started') return ['dracon_scan_start_time'];
  return result.startsWith('dracon-') ? [result.replaceAll('-', '_')] : [];
}

/** Params that a result of a stage's component is for. */
export function wiredNames(stage: Stage, result: string): string[] {
  if (stage !== 'base' && stage !== 'source') return [];
  return [
    ...[`${stage}-${result}`].filter((name) => !givenParams.includes(name)),
    ...(stage === 'base' ? draconNames(result) : []),
    ...(stage === 'source' && result === 'commit' ? ['revision'] : []),
  ];
}

function typeOf(param: TaskParam): 'string' | 'array' | 'object' {
  if (param.type) return param.type;
  if (Array.isArray(param.default)) return 'array';
  return typeof param.default === 'object' ? 'object' : 'string';
}

// Optional only when it is for everyone who uses it.
function workspacesOf(components: readonly Component[]): PipelineWorkspace[] {
  const areOptional = new Map<string, boolean>();
  for (const { name: task, workspaces } of components) {
    for (const { name: own, optional = false } of workspaces) {
      const name = pipelineWorkspaceOf(task, own);
      areOptional.set(name, optional && (areOptional.get(name) ?? true));
    }
  }
  return [...areOptional].map(([name, optional]) => ({ name, ...(optional ? { optional } : {}) }));
}
