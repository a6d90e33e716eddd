// From a request to a plan: which components run, with which values. What they run on is the backend's to say.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, type RunRequested, type Step, type Target } from '@assay/contracts';
import {
  type Component,
  checkParams,
  fits,
  loadPipeline,
  type ParamValue,
  type Pipeline,
  paramValueSchema,
  pipelineParamOf,
} from '@assay/pipeline';
import { loadComponents } from './load-components.ts';

export interface PlanSettings {
  /** Folder of components, or several: "a:b". */
  readonly components: string;
  /** Folder of pipelines. */
  readonly pipelines: string;
  readonly gatewayUrl: string;
}

/** A run, but for what it scans and what of it is skipped. */
export interface Draft {
  readonly target: Target;
  readonly components: readonly Component[];
  /** Workspaces that pipelinerun.yaml binds to a volume: the name of its claim. */
  readonly claims: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly composition: Pick<Pipeline, 'base' | 'images'>;
  /** Those that were asked for, then one for each task that enriches. */
  readonly steps: readonly Step[];
}

/** Throws InvalidInput with a sentence for whoever asked for the run. */
export async function draftRun(run: RunRequested, settings: PlanSettings): Promise<Draft> {
  const target = run.target;
  if (!target?.name) throw new InvalidInput('The run names no target.', { code: 'run.target' });
  const { components, params, claims, composition } = await pipelineOf(run, settings);
  const given = readParams(components, run.params);
  const mistakes = [...checkParams(components, { ...params, ...given }), ...run.steps.flatMap(unsayable)];
  if (mistakes.length > 0) {
    throw new InvalidInput(`The run cannot be planned: ${mistakes.join('; ')}.`, { code: 'run.params' });
  }
  const enrichers = components.filter(({ stage }) => stage === 'enricher');
  const outside = enrichers.map(({ name }) => ({ name, params: {}, outside: true }));
  const steps = [...run.steps, ...outside];
  return { target, components, claims, composition, params: { ...params, ...given }, steps };
}

/** On the wire a param is text; a list or a mapping is its JSON, as Tekton writes them too. */
function readParams(
  components: readonly Component[],
  params: Readonly<Record<string, string>>,
): Record<string, ParamValue> {
  const takers = components.flatMap((component) =>
    component.params.flatMap((param) => [
      [param.name, param] as const,
      [pipelineParamOf(component.name, param.name), param] as const,
    ]),
  );
  const read = ([name, text]: [string, string]): [string, ParamValue] => {
    const taker = takers.find(([known]) => known === name)?.[1];
    if (taker === undefined || fits(taker, text)) return [name, text];
    const value = parsed(text);
    // What does not fit either is refused as it was written.
    return [name, value !== undefined && fits(taker, value) ? value : text];
  };
  return Object.fromEntries(Object.entries(params).map(read));
}

function parsed(text: string): ParamValue | undefined {
  try {
    return paramValueSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What every task is told. */
export function givenValues(
  { runId }: RunRequested,
  {
    target,
    revision,
    steps,
    gatewayUrl,
  }: { target: Target; revision: string; steps: readonly Step[]; gatewayUrl: string },
): Record<string, ParamValue> {
  return {
    target: target.name,
    'target-kind': target.kind || 'repository',
    revision,
    run: runId,
    steps: steps.map((step) => `--step=${stepText(step)}`),
    gateway: gatewayUrl,
  };
}

async function pipelineOf(
  run: RunRequested,
  settings: PlanSettings,
): Promise<Pick<Draft, 'components' | 'params' | 'claims' | 'composition'>> {
  const folder = /^[a-z0-9][a-z0-9-]{0,62}$/.test(run.pipeline) ? join(settings.pipelines, run.pipeline) : undefined;
  const isThere =
    folder !== undefined &&
    (await stat(folder).then(
      (it) => it.isDirectory(),
      () => false,
    ));
  if (isThere) {
    const { components, params, claims, base, images } = await loadPipeline(folder);
    const composition = { ...(base ? { base } : {}), ...(images ? { images } : {}) };
    return { components: chosen(components, run.components), params, claims, composition };
  }
  // A pipeline of the asker's own: its components, when we have them all.
  if (run.components.length > 0) {
    return {
      components: chosen(await loadComponents(settings.components), run.components),
      params: {},
      claims: {},
      composition: {},
    };
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

/** "annotate:team=shop,stage=live", as `assay report submit --step` takes it. */
function stepText({ name, params, outside }: Step): string {
  // docs/steps.md, "A program in a Tekton task".
  if (outside) return `task/${name}`;
  const pairs = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? `${name}:${pairs.join(',')}` : name;
}

// What cannot be written that way would arrive as something else.
function unsayable({ name, params }: Step): string[] {
  return Object.entries(params)
    .filter(([key, value]) => /[=,]/.test(key) || value.includes(','))
    .map(([key]) => `param "${key}" of step "${name}" has a comma, or its name an "="; leave it out`);
}
