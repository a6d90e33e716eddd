// What can be wrong with a pipeline, found before anything is applied: file, line, repair.
import { type Component, describe, fits } from './component.ts';
import { isAnchors, type PipelineTask, resultFor } from './compose.ts';
import { ourWorkspace } from './dracon/convert-task.ts';
import { composedParams, givenParams } from './given-params.ts';
import { pipelineParamOf, pipelineWorkspaceOf } from './names.ts';
import type { Listed, PipelineFiles, PipelineRun } from './read-pipeline.ts';
import type { Located } from './read-yaml.ts';
import { type ParamValue, stages, type TaskParam } from './task-schema.ts';

export interface Mistakes {
  readonly mistakes: readonly string[];
  readonly notes: readonly string[];
}

export function mistakesOf(files: PipelineFiles, components: readonly Component[], name: string): Mistakes {
  const { run, listed, base } = files;
  // Theirs set params that no task of theirs declares, and say so nowhere.
  const isForeign = run.value.apiVersion !== 'tekton.dev/v1' || components.some((it) => it.isForeign);
  const params = [...wrongParams(components, run)];
  const isUnknown = (mistake: string) => mistake.includes('no component has a param');
  return {
    mistakes: [
      ...duplicateNames(listed),
      ...duplicateParams(listed),
      ...missingStages(components, run),
      ...params.filter((mistake) => !isForeign || !isUnknown(mistake)),
      ...otherPipeline(run, name),
      ...(base ? takenNames(base.value.spec.tasks ?? [], components, base.at([])) : []),
      ...(base ? circles(base.value.spec.tasks ?? [], components, base) : []),
    ],
    notes: [
      ...(isForeign ? params.filter(isUnknown).map((mistake) => `${mistake}; it is left out`) : []),
      ...unlikeWorkspaces(listed),
      ...(isForeign ? [] : outOfOrder(listed)),
    ],
  };
}

/** Checks params that come with a run, against the components that would take them; one sentence a mistake. */
export function checkParams(components: readonly Component[], params: Readonly<Record<string, ParamValue>>): string[] {
  const mistakes: string[] = [];
  const declared = components.flatMap((component) => component.params.map((param) => ({ component, param })));
  const names = ({ component, param }: { component: Component; param: TaskParam }) => [
    param.name,
    pipelineParamOf(component.name, param.name),
  ];
  for (const [name, value] of Object.entries(params)) {
    const takers = declared.filter((it) => names(it).includes(name));
    const wrong = takers.find(({ param }) => !fits(param, value));
    if (givenParams.includes(name)) {
      mistakes.push(`param "${name}" is set by the executor`);
    } else if (composedParams.includes(name)) {
      mistakes.push(`param "${name}" is set by the composition of the pipeline`);
    } else if (takers.length === 0) {
      const known = [...new Set(declared.map(({ param }) => param.name))].filter((it) => !givenParams.includes(it));
      mistakes.push(`no component has a param "${name}"; known are ${known.sort().join(', ') || 'none'}`);
    } else if (wrong) {
      mistakes.push(`param "${name}" must be ${describe(wrong.param)} for ${wrong.component.name}`);
    }
  }
  for (const { component, param } of declared) {
    if (param.default !== undefined || names({ component, param }).some((name) => name in params)) continue;
    if (givenParams.includes(param.name) || isAnchors(param) || composedParams.includes(param.name)) continue;
    if (resultFor(component, param, components)) continue;
    mistakes.push(`param "${param.name}" of ${component.name} has no value and no default`);
  }
  return mistakes;
}

function* duplicateNames(listed: readonly Listed[]) {
  const seen = new Map<string, Component>();
  for (const { where, components } of listed) {
    for (const component of components) {
      const first = seen.get(component.name);
      if (first) {
        yield `${where}: the component "${component.name}" (${component.file}) is there already (${first.file})`;
      }
      seen.set(component.name, component);
    }
  }
}

// "a" with "b-c" and "a-b" with "c" would share "a-b-c".
function* duplicateParams(listed: readonly Listed[]) {
  const seen = new Map<string, string>();
  for (const { where, components } of listed) {
    for (const { name: task, params } of components) {
      for (const { name } of params) {
        const full = pipelineParamOf(task, name);
        const first = seen.get(full);
        if (first !== undefined && first !== task && !givenParams.includes(full) && !composedParams.includes(full)) {
          yield `${where}: the param "${name}" of ${task} and one of ${first} would both be "${full}"; rename one`;
        }
        seen.set(full, task);
      }
    }
  }
}

function* missingStages(components: readonly Component[], { value, at }: Located<PipelineRun>): Iterable<string> {
  if (!components.some(({ stage }) => stage === 'producer')) {
    yield `${at(['spec'])}: no component is a producer, so there would be nothing to find`;
  }
  const reader = components.find(({ workspaces }) =>
    workspaces.some(({ name, optional }) => name === 'source' && !optional),
  );
  const isBound = (value.spec.workspaces ?? []).some(({ name }) => ourWorkspace(name) === 'source');
  if (reader && !isBound && !components.some(({ stage }) => stage === 'source')) {
    yield `${at(['spec'])}: ${reader.name} reads the workspace "source", but no component is a source and pipelinerun.yaml binds no such workspace`;
  }
}

function* wrongParams(components: readonly Component[], { value, at }: Located<PipelineRun>) {
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

function* otherPipeline({ value, at }: Located<PipelineRun>, name: string) {
  const wanted = value.spec.pipelineRef?.name;
  if (wanted !== undefined && wanted !== name) {
    yield `${at(['spec', 'pipelineRef', 'name'])}: it runs the pipeline "${wanted}", but this one is called "${name}"; name one like the other`;
  }
}

function* takenNames(tasks: readonly PipelineTask[], components: readonly Component[], where: string) {
  for (const { name } of tasks) {
    const taken = components.find((component) => component.name === name);
    if (taken)
      yield `${where}: the Pipeline has a task "${name}" already, and so is a component called (${taken.file})`;
  }
}

// Components go by stages and cannot wait for each other; a person's own tasks can.
function* circles(tasks: readonly PipelineTask[], components: readonly Component[], { at }: Located<unknown>) {
  const after = new Map(tasks.map((task) => [task.name, waitsFor(task)]));
  const known = new Set([...after.keys(), ...components.map(({ name }) => name)]);
  for (const [index, { name }] of tasks.entries()) {
    const where = at(['spec', 'tasks', index]);
    const unknown = (after.get(name) ?? []).find((it) => !known.has(it));
    if (unknown) yield `${where}: the task "${name}" waits for "${unknown}", which is not there`;
    const circle = circleFrom(name, after);
    if (circle?.every((it) => circle[0] !== undefined && circle[0] <= it)) {
      yield `${where}: tasks wait for each other: ${[...circle, circle[0]].join(' → ')}`;
    }
  }
}

function waitsFor({ runAfter, params, when }: PipelineTask): string[] {
  const named = JSON.stringify([params ?? [], when ?? []]).matchAll(/\$\(tasks\.([a-z0-9-]+)\./g);
  return [...(runAfter ?? []), ...[...named].map(([, name]) => name ?? '')];
}

function circleFrom(start: string, after: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]): string[] | undefined => {
    for (const next of after.get(name) ?? []) {
      if (next === start) return [...path, name];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, name]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, []);
}

// Plain kustomize takes what the last one says.
function* unlikeWorkspaces(listed: readonly Listed[]) {
  const seen = new Map<string, { task: string; optional: boolean }>();
  for (const { where, components } of listed) {
    for (const { name: task, workspaces } of components) {
      for (const { name: own, optional = false } of workspaces) {
        const name = pipelineWorkspaceOf(task, own);
        const first = seen.get(name);
        if (first && first.optional !== optional) {
          yield `${where}: the workspace "${name}" is ${optional ? 'optional' : 'needed'} for ${task} and ${optional ? 'needed' : 'optional'} for ${first.task}, so it is needed`;
        }
        seen.set(name, { task, optional });
      }
    }
  }
}

function* outOfOrder(listed: readonly Listed[]) {
  let latest: Component | undefined;
  for (const { where, components } of listed) {
    for (const component of components) {
      if (latest && stages.indexOf(component.stage) < stages.indexOf(latest.stage)) {
        yield `${where}: ${component.name} (${component.stage}) is listed after ${latest.name} (${latest.stage}); list by stage, so that plain kustomize builds the same`;
      } else latest = component;
    }
  }
}
