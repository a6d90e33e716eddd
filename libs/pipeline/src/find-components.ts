// What a kustomization names, found: a component's folder or its task.yaml, a folder of components, a Task of a Helm
// release, an OCI artifact. What leads nowhere is an error that names it.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { type Component, componentOf, hasTask, loadComponent, loadComponents, taskFile } from './component.ts';
import { withHelm } from './dracon/convert-task.ts';
import type { HelmContext } from './dracon/helm-text.ts';
import { type Located, parseDocuments, readText, readYaml } from './read-yaml.ts';

const code = 'pipeline.component';
/** "pkg:helm/RELEASE/TASK" */
const helmReference = /^pkg:helm\/([^/]+)\/([^/]+)$/;
/** How deep the folder of a release is searched. */
const maxDepth = 5;

export interface FindOptions {
  /** Values for components of Dracon's. */
  readonly helm?: HelmContext;
  /** Folder of each Helm release that is named: a chart, or a folder of components. */
  readonly releases?: Readonly<Record<string, string>>;
  /** Gets an OCI artifact ("oci://…") and says in which folder it is. */
  readonly fetch?: (reference: string) => Promise<string>;
}

/** `where`: the place that names it. Throws InvalidInput. */
export async function findComponents(
  reference: string,
  folder: string,
  where: string,
  options: FindOptions,
): Promise<Component[]> {
  const [, release, task] = helmReference.exec(reference) ?? [];
  if (release && task) return [await findInRelease(release, task, where, options)];
  if (reference.startsWith('pkg:')) {
    throw refused(`${where}: ${reference} is not understood; write pkg:helm/RELEASE/TASK.`);
  }
  if (reference.startsWith('oci://')) {
    if (!options.fetch) throw refused(`${where}: ${reference} cannot be fetched here; pull it and name its folder.`);
    return loadAt(await options.fetch(reference), where, options.helm);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(reference)) {
    throw refused(
      `${where}: ${reference} is elsewhere; fetch it and name its folder, or package it as an OCI artifact.`,
    );
  }
  return loadAt(resolve(folder, reference), where, options.helm);
}

async function loadAt(path: string, where: string, helm: HelmContext | undefined): Promise<Component[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput(`${where}: there is no component at ${path}.`, { code, cause });
  });
  if (!found.isDirectory()) return [await loadComponent(path, helm)];
  if (await hasTask(path)) return [await loadComponent(join(path, taskFile), helm)];
  const all = await loadComponents(path, helm);
  if (all.length > 0) return all;
  throw refused(`${where}: there is no ${taskFile} in ${path}, nor in a folder of it.`);
}

async function findInRelease(name: string, task: string, where: string, options: FindOptions): Promise<Component> {
  const reference = `pkg:helm/${name}/${task}`;
  const folder = options.releases?.[name];
  if (!folder) {
    throw refused(
      `${where}: ${reference} is of the release "${name}", whose folder is not known; give --release ${name}=DIR.`,
    );
  }
  const helm = await releaseContext(name, folder, options.helm);
  const known: string[] = [];
  for (const file of await yamlFiles(folder, where, reference)) {
    for (const document of parseDocuments(await readText(file, code), file, code)) {
      const found = taskName(document);
      if (found === task) return componentOf(withHelm(document, helm), file, helm);
      if (found) known.push(found);
    }
  }
  const list = known.length > 0 ? `it has ${known.sort().join(', ')}` : 'it has none at all';
  throw refused(`${where}: ${reference} leads nowhere: ${folder} has no Task "${task}"; ${list}.`);
}

const chartSchema = z.looseObject({ name: z.string(), version: z.string(), appVersion: z.string().optional() });
const valuesSchema = z.record(z.string(), z.unknown());

// What is given on the command line wins over what the chart says.
async function releaseContext(name: string, folder: string, given: HelmContext = {}): Promise<HelmContext> {
  const chart = await ifThere(join(folder, 'Chart.yaml'), chartSchema);
  const values = await ifThere(join(folder, 'values.yaml'), valuesSchema);
  const ofChart = chart
    ? { Name: chart.name, Version: chart.version, ...(chart.appVersion ? { AppVersion: chart.appVersion } : {}) }
    : {};
  return {
    Values: { ...values, ...given.Values },
    Chart: { ...ofChart, ...given.Chart },
    Release: { Name: name, ...given.Release },
  };
}

async function ifThere<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  return isThere ? (await readYaml(file, schema, code)).value : undefined;
}

// A chart has its Tasks in templates/; a folder of components has a task.yaml in each.
async function yamlFiles(folder: string, where: string, reference: string): Promise<string[]> {
  const isChart = await stat(join(folder, 'templates')).then(
    (it) => it.isDirectory(),
    () => false,
  );
  const found: string[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory() && depth < maxDepth) await walk(inner, depth + 1);
      if (entry.isFile() && (isChart ? /\.ya?ml$/.test(entry.name) : entry.name === taskFile)) found.push(inner);
    }
  };
  await walk(isChart ? join(folder, 'templates') : folder, 0).catch((cause: unknown) => {
    throw new InvalidInput(`${where}: ${reference} leads nowhere: ${folder} cannot be read.`, { code, cause });
  });
  return found.sort();
}

const namedTask = z.looseObject({ kind: z.literal('Task'), metadata: z.looseObject({ name: z.string() }) });

function taskName({ value }: Located<unknown>): string | undefined {
  return namedTask.safeParse(value).data?.metadata.name;
}

function refused(why: string): InvalidInput {
  return new InvalidInput(why, { code });
}
