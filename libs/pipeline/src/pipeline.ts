// A pipeline: a folder with a kustomization.yaml that lists components, and a pipelinerun.yaml with the values of their
// params. Loading it checks everything that can be known before anything runs.
import { InvalidInput } from '@assay/contracts';
import { checkParams, mistakesOf } from './check-pipeline.ts';
import type { Component } from './component.ts';
import { ourWorkspace } from './dracon/convert-task.ts';
import type { FindOptions } from './find-components.ts';
import type { ImageReplacement } from './images.ts';
import { pipelineParamOf } from './names.ts';
import { type BasePipeline, type NamedObject, type PipelineFiles, readPipelineFiles } from './read-pipeline.ts';
import { type ParamValue, stages } from './task-schema.ts';

const code = 'pipeline.invalid';

export interface Pipeline {
  readonly name: string;
  readonly folder: string;
  /** By stage, then in the order of the kustomization. */
  readonly components: readonly Component[];
  /** Values for the params of the components, by name. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Workspaces that pipelinerun.yaml binds to a volume that is there: the name of its claim. */
  readonly claims: Readonly<Record<string, string>>;
  /** The Pipeline that components are added to, as the folder has it; without one they make a new one. */
  readonly base?: BasePipeline;
  /** What the kustomization puts around the names of everything, the Pipeline's among them. */
  readonly affixes?: { readonly prefix: string; readonly suffix: string };
  /** The kustomization's `images`. */
  readonly images?: readonly ImageReplacement[];
  /** Other objects among its resources, deployed as they are. */
  readonly others?: readonly NamedObject[];
  /** What a person should know and nothing fails of, with file and line. */
  readonly notes?: readonly string[];
}

/** Throws InvalidInput with every mistake, each with file, line and repair. */
export async function loadPipeline(folder: string, options: FindOptions = {}): Promise<Pipeline> {
  const files = await readPipelineFiles(folder, options);
  const { spec } = files.run.value;
  const components = byStage(files.listed.flatMap((it) => it.components).filter((it) => !isAggregator(it)));
  const name = nameOf(files);
  const { mistakes, notes } = mistakesOf(files, components, name);
  if (mistakes.length > 0) throw new InvalidInput(mistakes.join('\n'), { code });
  const params = Object.fromEntries((spec.params ?? []).map(({ name, value }) => [name, value]));
  const images = files.kustomization.value.images ?? [];
  return {
    name,
    folder,
    components,
    params: wanted(params, components),
    claims: claimsOf(spec.workspaces ?? []),
    ...(files.base ? { base: files.base.value, affixes: affixesOf(files) } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(files.others.length > 0 ? { others: files.others } : {}),
    notes: [...notes, ...aggregatorNotes(files), ...components.flatMap(({ warnings }) => warnings)],
  };
}

export { checkParams };

function nameOf(files: PipelineFiles): string {
  const { run, base } = files;
  const { prefix, suffix } = affixesOf(files);
  if (base) return prefix + base.value.metadata.name + suffix;
  const { metadata, spec } = run.value;
  return (spec.pipelineRef?.name ?? metadata.name ?? metadata.generateName ?? '').replace(/-+$/, '');
}

function affixesOf({ kustomization }: PipelineFiles): { prefix: string; suffix: string } {
  return { prefix: kustomization.value.namePrefix ?? '', suffix: kustomization.value.nameSuffix ?? '' };
}

// A pipelinerun.yaml of Dracon's may have more than the components ask for; it has been told.
function wanted(params: Readonly<Record<string, ParamValue>>, components: readonly Component[]) {
  const names = new Set(
    components.flatMap((component) =>
      component.params.flatMap(({ name }) => [name, pipelineParamOf(component.name, name)]),
    ),
  );
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.has(name)));
}

function claimsOf(workspaces: readonly { name: string; [binding: string]: unknown }[]): Record<string, string> {
  return Object.fromEntries(
    workspaces.flatMap(({ name, persistentVolumeClaim: claim }) =>
      typeof claim === 'object' && claim !== null && 'claimName' in claim
        ? [[ourWorkspace(name), String(claim.claimName)]]
        : [],
    ),
  );
}

/** Dracon's collectors between the stages. */
function isAggregator({ stage }: Component): boolean {
  return stage === 'producer-aggregator' || stage === 'enricher-aggregator';
}

function aggregatorNotes({ listed }: PipelineFiles): string[] {
  return listed.flatMap(({ where, components }) =>
    components
      .filter(isAggregator)
      .map(
        ({ name }) =>
          `${where}: ${name} is left out: tasks hand over what they find themselves, so nothing is to collect`,
      ),
  );
}

function byStage(components: readonly Component[]): Component[] {
  return [...components].sort((left, right) => stages.indexOf(left.stage) - stages.indexOf(right.stage));
}
