// Installs a tool's pinned version into Assay's cache. Built in a folder of its own and only linked as that version once
// it has run: a half install is never used.
import { randomBytes } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault, InvalidInput } from '@assay/contracts';
import type { Component } from '@assay/pipeline';
import { cacheFolder, findProgram, type ToolPlaces, toolPlaces } from './find-tool.ts';
import { describeInstall, isFromRegistry, isRelease, type RegistryInstall } from './install-spec.ts';
import { type ToolState, versionOf } from './list-tools.ts';
import { installFromGo } from './registries/go.ts';
import { installFromMaven } from './registries/maven.ts';
import { installFromNpm } from './registries/npm.ts';
import { installFromPypi } from './registries/pypi.ts';
import type { Workshop } from './registries/workshop.ts';
import { type ToolSpec, toolOf } from './tool-spec.ts';

export interface InstallOptions {
  /** ASSAY_HOME. */
  readonly home: string;
  readonly components: readonly Component[];
  /** Told one line for each thing that is done. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Default: this process's PATH. */
  readonly places?: ToolPlaces;
}

/** Does nothing when that version is there. Throws InvalidInput when it cannot be, Transient when it may work later. */
export async function installTool(name: string, options: InstallOptions): Promise<ToolState> {
  const spec = specOf(name, options.components);
  const places = options.places ?? toolPlaces(options.home);
  const { install } = spec;
  if (!isFromRegistry(install)) {
    throw new InvalidInput(`${name} ${describeInstall(install)}; there is nothing to install.`, {
      code: 'tool.bundled',
    });
  }
  const final = cacheFolder(options.home, spec);
  const there = await installedAt(final, spec, places);
  if (there) return there;

  const folder = join(dirname(final), `.${basename(final)}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  try {
    await fetchInto({ ...options, folder, places, command: spec.command }, install);
    await refuseWithoutNeeds(spec, folder, places);
    const state = await installedAt(folder, spec, places);
    if (!state) {
      throw new Fault(
        `${spec.command} ${install.version} was installed, but does not say that it is that version; run it by hand to see why.`,
        {
          code: 'tool.broken',
        },
      );
    }
    await link(folder, final);
    return { ...state, path: join(final, 'bin', spec.command) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Throws InvalidInput for a name that no component has. */
export function specOf(name: string, components: readonly Component[]): ToolSpec {
  const specs = components.flatMap((component) => toolOf(component) ?? []);
  const spec = specs.find((it) => it.name === name);
  if (spec) return spec;
  const known = specs.filter(({ install }) => isFromRegistry(install)).map((it) => it.name);
  throw new InvalidInput(`There is no tool "${name}"; known are ${known.join(', ')}.`, { code: 'tool.unknown' });
}

/** The pinned version, if it is in that folder and runs. */
export async function installedAt(folder: string, spec: ToolSpec, places: ToolPlaces): Promise<ToolState | undefined> {
  const path = await findProgram(spec.command, [join(folder, 'bin')]);
  const version = path ? await versionOf(path, spec, places) : '';
  const { install } = spec;
  if (!path || !isFromRegistry(install) || !isRelease(install, version)) return undefined;
  return {
    name: spec.name,
    command: spec.command,
    isPresent: true,
    version,
    path,
    install: describeInstall(install),
    isInstallable: true,
    repair: '',
  };
}

// A package may have brought them: njsscan's has semgrep. Without them the tool would be installed and skipped.
async function refuseWithoutNeeds({ name, needs }: ToolSpec, folder: string, places: ToolPlaces): Promise<void> {
  for (const need of needs) {
    if (await findProgram(need, [join(folder, 'bin'), ...places.path])) continue;
    throw new InvalidInput(`${name} needs ${need}, which is not on the PATH; install ${need} first.`, {
      code: 'tool.prerequisite',
    });
  }
}

function fetchInto(workshop: Workshop, install: RegistryInstall): Promise<void> {
  switch (install.how) {
    case 'pypi':
      return installFromPypi(install, workshop);
    case 'go':
      return installFromGo(install, workshop);
    case 'npm':
      return installFromNpm(install, workshop);
    case 'maven':
      return installFromMaven(install, workshop);
  }
}

// A virtual environment knows its own path, so it cannot be moved: the version's name is a link, and links are replaced
// in one step.
async function link(folder: string, final: string): Promise<void> {
  const previous = await readlink(final).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const fresh = `${final}.${randomBytes(4).toString('hex')}`;
  await symlink(basename(folder), fresh);
  await rename(fresh, final);
  if (previous) await rm(join(dirname(final), previous), { recursive: true, force: true });
}
