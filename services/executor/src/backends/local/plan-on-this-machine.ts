// What a run is on this machine: a folder that may be scanned, and which tools are there for it.
import type { BlobStore } from '@assay/blobs';
import { type RunRequested, Skip, type Step } from '@assay/contracts';
import { appliesTo, type Component, isLast } from '@assay/pipeline';
import type { PlannedRun, PlannedTask } from '../../backend.ts';
import { findOwners } from '../../find-owners.ts';
import { findRevision, findSource } from '../../find-source.ts';
import { draftRun, givenValues, type PlanSettings } from '../../plan-run.ts';
import type { ToolPlaces } from '../../tools/find-tool.ts';
import { isFromRegistry } from '../../tools/install-spec.ts';
import { locateTool } from '../../tools/list-tools.ts';
import { toolOf } from '../../tools/tool-spec.ts';

export interface LocalPlanSettings extends PlanSettings {
  /** Folders that may be scanned, with all below them. */
  readonly roots: readonly string[];
  readonly places: ToolPlaces;
  readonly blobs: BlobStore;
}

/** Throws InvalidInput with a sentence for whoever asked for the run. */
export async function planOnThisMachine(
  run: RunRequested,
  settings: LocalPlanSettings,
): Promise<Omit<PlannedRun, 'token'>> {
  const { target, components, params, steps: asked } = await draftRun(run, settings);
  const folder = await findSource(run.sourcePath, settings.roots);
  const revision = run.revision || (await findRevision(folder, settings.places.path));
  const steps = await withOwners(asked, folder, settings.blobs);
  // What fetches a source has nothing to do where there is one.
  const working = components.filter((it) => it.stage !== 'base' && it.stage !== 'source' && !isLast(it));
  return {
    runId: run.runId,
    pipeline: run.pipeline,
    target,
    revision,
    source: { folder },
    tasks: await tasksOf(working, folder, settings.places),
    params: { ...params, ...givenValues(run, { target, revision, steps, gatewayUrl: settings.gatewayUrl }) },
  };
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
