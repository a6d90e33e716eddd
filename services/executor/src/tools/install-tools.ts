// Several tools, one after the other: a build takes all cores, and what is done stays readable. One that fails does not
// keep the others back.
import { explain } from '@assay/contracts';
import { cacheFolder, toolPlaces } from './find-tool.ts';
import { describeInstall, isFromRegistry } from './install-spec.ts';
import { type InstallOptions, installedAt, installTool, specOf } from './install-tool.ts';
import { locateTool, type ToolState } from './list-tools.ts';
import { type ToolSpec, toolOf } from './tool-spec.ts';

export interface ToolInstall {
  readonly name: string;
  readonly outcome: 'installed' | 'skipped' | 'failed';
  /** "" when it is not there. */
  readonly version: string;
  readonly path: string;
  /** Why it was skipped or has failed; several lines where a program's last words are among them. "" for installed. */
  readonly reason: string;
}

/**
 * Each tool's end, as it comes. "all" is every tool there is. Throws InvalidInput for a name that is not known, before
 * anything is done; ends early when interrupted.
 */
export async function* installTools(names: readonly string[], options: InstallOptions): AsyncGenerator<ToolInstall> {
  const specs = names.includes('all')
    ? options.components.flatMap((component) => toolOf(component) ?? [])
    : [...new Set(names)].map((name) => specOf(name, options.components));
  for (const spec of specs) {
    if (options.signal?.aborted) return;
    yield await installOne(spec, options);
  }
}

async function installOne(spec: ToolSpec, options: InstallOptions): Promise<ToolInstall> {
  const { name, install } = spec;
  const places = options.places ?? toolPlaces(options.home);
  const absent = { name, version: '', path: '' };
  try {
    if (!isFromRegistry(install)) {
      const found = await locateTool(spec, places);
      const reason = 'path' in found ? describeInstall(install) : found.missing;
      return { ...absent, outcome: 'skipped', path: 'path' in found ? found.path : '', reason };
    }
    const there = await installedAt(cacheFolder(options.home, spec), spec, places);
    if (there) return ended(there, 'skipped', 'is there already');
    return ended(await installTool(name, options), 'installed', '');
  } catch (error) {
    return { ...absent, outcome: 'failed', reason: explain(error) };
  }
}

function ended({ name, version, path }: ToolState, outcome: ToolInstall['outcome'], reason: string): ToolInstall {
  return { name, outcome, version, path, reason };
}
