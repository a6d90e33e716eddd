// The components that come with Assay: one folder a scanner, beside the adapter that reads its reports.
import { join } from 'node:path';
import { type Component, loadComponents as loadFrom } from '@assay/pipeline';

/** Where they are in this repository. */
export const defaultComponents = join(import.meta.dirname, '../../producer/src/adapters');
export const defaultPipelines = join(import.meta.dirname, '../../../examples/pipelines');
export const defaultCli = join(import.meta.dirname, '../../cli/bin/assay.mjs');

export function loadComponents(folder: string = defaultComponents): Promise<Component[]> {
  return loadFrom(folder);
}
