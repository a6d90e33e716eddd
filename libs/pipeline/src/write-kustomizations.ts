// Makes plain kustomize build a pipeline's folder: a kustomization.yaml beside each component, and the Pipeline that
// they are added to.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { parseDocument } from 'yaml';
import { type Component, hasTask } from './component.ts';
import { type FindOptions, findComponents } from './find-components.ts';
import { emptyPipeline, kustomizationOf, kustomizationOfFolder } from './kustomize-component.ts';
import { loadPipeline } from './pipeline.ts';
import { readPipelineFiles } from './read-pipeline.ts';

const code = 'pipeline.write';
const kustomizationFile = 'kustomization.yaml';

/** The files it wrote. Throws InvalidInput for a component that plain kustomize cannot read. */
export async function writeKustomizations(folder: string, options: FindOptions = {}): Promise<string[]> {
  const pipeline = await loadPipeline(folder, options);
  const { kustomization, base } = await readPipelineFiles(folder, options);
  const written: string[] = [];
  for (const [index, reference] of kustomization.value.components.entries()) {
    const where = kustomization.at(['components', index]);
    if (/^[a-z]+:/.test(reference)) throw refused(`${where}: plain kustomize cannot read ${reference}; name a folder`);
    const path = resolve(folder, reference);
    const components = await findComponents(reference, folder, where, options);
    for (const component of components) written.push(await writeComponent(component, where));
    if ((await isFolder(path)) && !(await hasTask(path))) {
      written.push(await write(join(path, kustomizationFile), kustomizationOfFolder(path, components)));
    }
  }
  if (!base) written.push(...(await addPipeline(folder, pipeline.name)));
  return [...new Set(written)];
}

async function writeComponent(component: Component, where: string): Promise<string> {
  if (component.isConverted) {
    throw refused(`${where}: ${component.name} is written for Dracon; package it first (assay component package)`);
  }
  return write(join(dirname(component.file), kustomizationFile), await kustomizationOf(component));
}

async function addPipeline(folder: string, name: string): Promise<string[]> {
  const file = join(folder, kustomizationFile);
  const document = parseDocument(await readFile(file, 'utf8'));
  const resources = document.toJS().resources ?? [];
  document.set('resources', ['pipeline.yaml', ...resources.filter((path: string) => path !== 'pipelinerun.yaml')]);
  return [
    await write(join(folder, 'pipeline.yaml'), emptyPipeline(name)),
    await write(file, document.toString({ lineWidth: 0 })),
  ];
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}

async function write(file: string, text: string): Promise<string> {
  await writeFile(file, text);
  return relative('.', file);
}

function refused(why: string): InvalidInput {
  return new InvalidInput(why, { code });
}
