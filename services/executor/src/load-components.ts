// The components that come with Assay: one folder a scanner, beside the adapter that reads its reports; and those that
// fetch what is scanned.
import { delimiter, join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { type Component, loadComponents as loadFrom } from '@assay/pipeline';

/** Where they are in this repository. */
export const defaultComponents = [
  join(import.meta.dirname, '../../producer/src/adapters'),
  join(import.meta.dirname, '../components'),
].join(delimiter);
export const defaultPipelines = join(import.meta.dirname, '../../../examples/pipelines');
export const defaultCli = join(import.meta.dirname, '../../cli/bin/assay.mjs');

/** Those of one or several folders, "a:b". Throws InvalidInput for two of one name. */
export async function loadComponents(folders: string = defaultComponents): Promise<Component[]> {
  const found = (
    await Promise.all(
      folders
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => loadFrom(folder)),
    )
  ).flat();
  for (const [index, { name, file }] of found.entries()) {
    const first = found.findIndex((component) => component.name === name);
    if (first === index) continue;
    throw new InvalidInput(`the component "${name}" (${file}) is there already (${found[first]?.file})`, {
      code: 'components.twice',
    });
  }
  return found;
}
