// The components that come with Assay: one folder a scanner, beside the adapter that reads its reports.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Component, loadComponent } from '@assay/pipeline';

/** Where they are in this repository. */
export const defaultComponents = join(import.meta.dirname, '../../producer/src/adapters');
export const defaultPipelines = join(import.meta.dirname, '../../../examples/pipelines');
export const defaultCli = join(import.meta.dirname, '../../cli/bin/assay.mjs');

/** Every <folder>/<name>/task.yaml, by name. Throws InvalidInput when one is wrong: a broken one is never left out. */
export async function loadComponents(folder: string = defaultComponents): Promise<Component[]> {
  const names = (await readdir(folder)).sort();
  const files = names.map((name) => join(folder, name, 'task.yaml'));
  const there = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  const components = await Promise.all(files.filter((_, index) => there[index]).map(loadComponent));
  return components.sort((left, right) => left.name.localeCompare(right.name));
}
