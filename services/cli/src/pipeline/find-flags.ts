// What every command that reads a pipeline takes: where what it names is found.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { FindOptions, HelmContext, Pipeline } from '@assay/pipeline';
import { type AssayCommand, pairs } from '../command.ts';
import type { Io } from '../io.ts';
import { oneLine } from '../terminal-text.ts';

export interface FindFlags {
  release?: Record<string, string>;
  values?: string;
  appVersion?: string;
  plainHttp?: boolean;
}

export function findingFlags(command: AssayCommand): AssayCommand {
  return command
    .option('--release <name=dir>', 'folder of the Helm release in pkg:helm/NAME/TASK; may be repeated', pairs)
    .option('--values <file>', 'values.yaml for the Helm expressions in components of Dracon')
    .option('--app-version <version>', 'what .Chart.AppVersion is in them')
    .option('--plain-http', 'registries of oci:// references have no TLS');
}

export async function findOptions(io: Io, flags: FindFlags): Promise<FindOptions> {
  const releases = Object.entries(flags.release ?? {}).map(([name, folder]) => [name, resolve(io.cwd, folder)]);
  return {
    helm: await helmContext(io, flags),
    releases: Object.fromEntries(releases),
    fetch: (reference) => fetchComponent(io, reference, flags),
  };
}

/** Loads a pipeline and says on stderr what a person should know of it. */
export async function loadNoted(io: Io, folder: string, flags: FindFlags): Promise<Pipeline> {
  const { loadPipeline } = await import('@assay/pipeline');
  const pipeline = await loadPipeline(resolve(io.cwd, folder), await findOptions(io, flags));
  for (const note of pipeline.notes ?? []) io.err.put(`note: ${oneLine(note)}\n`);
  return pipeline;
}

async function helmContext(io: Io, flags: FindFlags): Promise<HelmContext> {
  const chart = flags.appVersion === undefined ? {} : { Chart: { AppVersion: flags.appVersion } };
  if (flags.values === undefined) return chart;
  const file = resolve(io.cwd, flags.values);
  const { readFile } = await import('node:fs/promises');
  const { parse } = await import('yaml');
  const { z } = await import('zod');
  try {
    const Values = z.record(z.string(), z.unknown()).parse(parse(await readFile(file, 'utf8'), { maxAliasCount: 20 }));
    return { ...chart, Values };
  } catch (cause) {
    throw new InvalidInput(`${flags.values} is no file of Helm values; give one with a mapping in it`, {
      code: 'helm.values',
      cause,
    });
  }
}

/** Pulled once for each digest. */
async function fetchComponent(io: Io, text: string, { plainHttp }: FindFlags): Promise<string> {
  const { parseReference, pullArtifact } = await import('@assay/oci');
  const { openRegistry } = await import('./open-registry.ts');
  const reference = parseReference(text);
  const registry = await openRegistry(io, reference.registry, plainHttp ? { plainHttp } : {});
  const files = await pullArtifact(registry, reference);
  const hash = createHash('sha256');
  for (const { path, bytes } of files) hash.update(`${path.length}:${path}${bytes.length}:`).update(bytes);
  const cache = join(io.env['ASSAY_HOME'] || join(homedir(), '.assay'), 'components');
  const folder = join(cache, hash.digest('hex').slice(0, 32));
  if (await isThere(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'new-'));
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(fresh, path)), { recursive: true });
    await writeFile(join(fresh, path), bytes);
  }
  // Another process may have been faster; what it has is the same.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }));
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
