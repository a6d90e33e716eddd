// Where a tool is: Assay's own cache first (the pinned version), then what comes with Assay, then the machine's PATH.
import { access, constants, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { isFromRegistry, releaseOf } from './install-spec.ts';
import type { ToolSpec } from './tool-spec.ts';

/** Where tools are looked for. */
export interface ToolPlaces {
  /** ASSAY_HOME. */
  readonly home: string;
  /** Folders of the machine's PATH. */
  readonly path: readonly string[];
}

/** The places of this process. */
export function toolPlaces(home: string): ToolPlaces {
  return { home, path: (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/')) };
}

/** The folder an installed version is at, "" for tools that are not installed by Assay. */
export function cacheFolder(home: string, { command, install }: ToolSpec): string {
  return isFromRegistry(install) ? join(home, 'cache/tools', command, releaseOf(install)) : '';
}

/** Folders a tool's programs are looked up in, in order. */
export function searchFolders(spec: ToolSpec, places: ToolPlaces): string[] {
  const cache = cacheFolder(places.home, spec);
  return [...(cache ? [join(cache, 'bin')] : []), bundledFolder(), ...places.path];
}

/** Programs that come with Assay. Found by where a dependency really is, wherever npm put it. */
export function bundledFolder(): string {
  const eslint = createRequire(import.meta.url).resolve('eslint/package.json');
  return join(dirname(dirname(eslint)), '.bin');
}

/** The first executable file of that name. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, name);
    try {
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch (error) {
      // Not here, or not for us: the next folder may have it.
      if (!isAbsence(error)) throw error;
    }
  }
  return undefined;
}

function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP';
}
