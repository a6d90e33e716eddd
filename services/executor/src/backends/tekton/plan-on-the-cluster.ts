// What a run is on the cluster: as on this machine, but what is scanned must be fetched by a task of the run, and which
// tasks have something to do is known only then.
import { InvalidInput, type RunRequested } from '@assay/contracts';
import type { Component, ParamValue } from '@assay/pipeline';
import type { PlannedRun, RunSource } from '../../backend.ts';
import { loadComponents } from '../../load-components.ts';
import { type Draft, draftRun, givenValues, type PlanSettings } from '../../plan-run.ts';

/** Throws InvalidInput with a sentence for whoever asked for the run. */
export async function planOnTheCluster(run: RunRequested, settings: PlanSettings): Promise<Omit<PlannedRun, 'token'>> {
  const draft = await draftRun(run, settings);
  const source = sourceOf(run, draft);
  const working = await withFetcher(draft.components, source, settings);
  const enrichers = working.filter(({ stage }) => stage === 'enricher').map(({ name }) => name);
  const components = enrichers.length > 0 ? await withPass(working, settings) : working;
  const { target, params, steps, composition } = draft;
  return {
    runId: run.runId,
    pipeline: run.pipeline,
    target,
    revision: run.revision,
    source,
    composition,
    tasks: components.map((component) => ({ name: component.name, component })),
    params: {
      ...params,
      ...givenValues(run, { target, revision: run.revision, steps, gatewayUrl: settings.gatewayUrl }),
      ...sourceValues(source),
      ...(enrichers.length > 0 ? { enrichers } : {}),
    },
  };
}

function sourceOf(run: RunRequested, { claims, components }: Draft): RunSource {
  if (run.sourceArchive) return { archive: run.sourceArchive };
  if (run.sourceUrl) return { url: run.sourceUrl };
  const claim = claims['source'];
  if (claim && !run.sourcePath) return { claim };
  // A source component of the pipeline's own, with params of its own.
  if (components.some(({ stage }) => stage === 'source') && !run.sourcePath) return { url: '' };
  const isRead = components.some(({ workspaces }) =>
    workspaces.some(({ name, optional }) => name === 'source' && !optional),
  );
  if (!isRead) return { none: true };
  throw new InvalidInput(
    run.sourcePath
      ? `This platform scans on Kubernetes, where nobody sees the folder ${run.sourcePath}: send it along (assay scan --upload), or name a repository (assay scan https://…).`
      : 'The run does not say what to scan: give a repository or an archive (sourceUrl), or upload one.',
    { code: 'run.source' },
  );
}

/** The components, with the one that fetches such a source first; the pipeline's own where it has one. */
async function withFetcher(
  components: readonly Component[],
  source: RunSource,
  settings: PlanSettings,
): Promise<readonly Component[]> {
  const name = fetcherOf(source);
  const own = components.filter(({ stage }) => stage === 'source');
  if (name === undefined || own.some((component) => component.name === name || !isFetcher(component.name)))
    return components;
  const fetcher = await ownComponent(name, settings);
  const others = components.filter((component) => !own.includes(component));
  const first = others.findIndex(({ stage }) => stage !== 'base');
  return others.toSpliced(first < 0 ? others.length : first, 0, fetcher);
}

/** Findings that wait for a task which failed must go on, or the run would lack them. */
async function withPass(components: readonly Component[], settings: PlanSettings): Promise<readonly Component[]> {
  if (components.some(({ name }) => name === 'pass')) return components;
  return [...components, await ownComponent('pass', settings)];
}

async function ownComponent(name: string, settings: PlanSettings): Promise<Component> {
  const found = (await loadComponents(settings.components)).find((component) => component.name === name);
  if (found) return found;
  throw new InvalidInput(`The component "${name}" is not in ${settings.components}: add Assay’s own to the folders.`, {
    code: 'run.components',
  });
}

const fetchers = ['git', 'archive', 'upload', 'path'] as const;

function isFetcher(name: string): boolean {
  return fetchers.some((fetcher) => fetcher === name);
}

function fetcherOf(source: RunSource): (typeof fetchers)[number] | undefined {
  if ('archive' in source) return 'upload';
  if ('claim' in source) return 'path';
  if (!('url' in source) || source.url === '') return undefined;
  return /\.(tar|tar\.gz|tgz)([?#]|$)/i.test(source.url) ? 'archive' : 'git';
}

function sourceValues(source: RunSource): Record<string, ParamValue> {
  if ('archive' in source) return { 'source-archive': source.archive.digest };
  return 'url' in source && source.url !== '' ? { 'source-url': source.url } : {};
}
