// From a request to what will be run: which tasks, on what, with which values; and which are skipped and why.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@assay/blobs';
import { InvalidInput, type RunRequested, Skip, type Step } from '@assay/contracts';
import { type Component, checkParams, loadPipeline, type ParamValue } from '@assay/pipeline';
import { appliesTo } from './applies-to.ts';
import type { PlannedRun, PlannedTask } from './backend.ts';
import { findOwners, findRevision, findSource } from './find-source.ts';
import { loadComponents } from './load-components.ts';
import type { ToolPlaces } from './tools/find-tool.ts';
import { isFromRegistry } from './tools/install-spec.ts';
import { locateTool } from './tools/list-tools.ts';
import { toolOf } from './tools/tool-spec.ts';

export interface PlanSettings {
  readonly roots: readonly string[];
  /** Folder of components, folder of pipelines. */
  readonly components: string;
  readonly pipelines: string;
  readonly gatewayUrl: string;
  readonly places: ToolPlaces;
}

/** Throws InvalidInput with a sentence for whoever asked for the run. */
export async function planRun(
  run: RunRequested,
  settings: PlanSettings,
  blobs: BlobStore,
): Promise<Omit<PlannedRun, 'token'>> {
  const target = run.target;
  if (!target?.name) throw new InvalidInput('The run names no target.', { code: 'run.target' });
  const { components, params } = await pipelineOf(run, settings);
  const mistakes = [...checkParams(components, { ...params, ...run.params }), ...run.steps.flatMap(unsayable)];
  if (mistakes.length > 0) {
    throw new InvalidInput(`The run cannot be planned: ${mistakes.join('; ')}.`, { code: 'run.params' });
  }
  const source = await findSource(run.sourcePath, settings.roots);
  const revision = run.revision || (await findRevision(source, settings.places.path));
  const steps = await withOwners(run.steps, source, blobs);
  const values: Record<string, ParamValue> = {
    ...params,
    ...run.params,
    target: target.name,
    'target-kind': target.kind || 'repository',
    revision,
    run: run.runId,
    steps: steps.map((step) => `--step=${stepText(step)}`),
    gateway: settings.gatewayUrl,
  };
  const tasks = await tasksOf(components, source, settings.places);
  return { runId: run.runId, pipeline: run.pipeline, target, revision, source, tasks, params: values };
}

async function pipelineOf(
  run: RunRequested,
  settings: PlanSettings,
): Promise<{ components: readonly Component[]; params: Readonly<Record<string, ParamValue>> }> {
  const folder = /^[a-z0-9][a-z0-9-]{0,62}$/.test(run.pipeline) ? join(settings.pipelines, run.pipeline) : undefined;
  const isThere =
    folder !== undefined &&
    (await stat(folder).then(
      (it) => it.isDirectory(),
      () => false,
    ));
  if (isThere) {
    const { components, params } = await loadPipeline(folder);
    return { components: chosen(components, run.components), params };
  }
  // A pipeline of the asker's own: its components, when we have them all.
  if (run.components.length > 0) {
    return { components: chosen(await loadComponents(settings.components), run.components), params: {} };
  }
  throw new InvalidInput(
    `There is no pipeline "${run.pipeline}" in ${settings.pipelines}; name one that is there, or the components to run.`,
    { code: 'run.pipeline' },
  );
}

function chosen(components: readonly Component[], names: readonly string[]): readonly Component[] {
  if (names.length === 0) return components;
  const unknown = names.filter((name) => !components.some((component) => component.name === name));
  if (unknown.length > 0) {
    const known = components.map(({ name }) => name).join(', ');
    throw new InvalidInput(`There is no component ${unknown.join(', ')}; known are ${known}.`, {
      code: 'run.components',
    });
  }
  return components.filter(({ name }) => names.includes(name));
}

async function tasksOf(components: readonly Component[], source: string, places: ToolPlaces): Promise<PlannedTask[]> {
  const specs = components.map(toolOf);
  const applies = await appliesTo(
    source,
    specs.map((spec) => spec?.appliesTo ?? []),
  );
  return Promise.all(
    components.map(async (component, index) => {
      const spec = specs[index];
      const task = { name: component.name, component };
      if (!applies[index]) {
        return { ...task, skip: { why: Skip.NO_FILES, reason: nothingFor(component.name, spec?.appliesTo ?? []) } };
      }
      if (!spec) return task;
      const found = await locateTool(spec, places);
      if ('path' in found) return task;
      const why = isFromRegistry(spec.install) ? Skip.NOT_INSTALLED : Skip.NOT_THERE;
      return { ...task, skip: { why, reason: found.missing } };
    }),
  );
}

function nothingFor(name: string, globs: readonly string[]): string {
  if (globs.length === 0) return `nothing in the target for ${name}: there are no files`;
  return `nothing in the target for ${name}: no file matches ${globs.join(', ')}`;
}

/** The steps with the target's CODEOWNERS stored and named; without one there is nothing for that step to do. */
async function withOwners(steps: readonly Step[], source: string, blobs: BlobStore): Promise<Step[]> {
  if (!steps.some(needsOwners)) return [...steps];
  const owners = await findOwners(source);
  if (!owners) return steps.filter((step) => !needsOwners(step));
  const { digest } = await blobs.put(owners, { mediaType: 'text/plain' });
  return steps.map((step) => (needsOwners(step) ? { ...step, params: { ...step.params, blob: digest } } : step));
}

function needsOwners({ name, params }: Step): boolean {
  return name === 'codeowners' && !params['blob'];
}

/** "annotate:team=shop,stage=live", as `assay report submit --step` takes it. */
function stepText({ name, params }: Step): string {
  const pairs = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? `${name}:${pairs.join(',')}` : name;
}

// What cannot be written that way would arrive as something else.
function unsayable({ name, params }: Step): string[] {
  return Object.entries(params)
    .filter(([key, value]) => /[=,]/.test(key) || value.includes(','))
    .map(([key]) => `param "${key}" of step "${name}" has a comma, or its name an "="; leave it out`);
}
