// Writes the pipelines of the chart assay-pipelines: `node deploy/helm/generate-pipelines.ts`. Each folder of
// examples/pipelines is composed as `assay pipeline build` does; Helm chooses which, from where and in which version.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composedObjects, loadPipeline } from '@assay/pipeline';
import { stringify } from 'yaml';
import { root } from '../images/bundle.ts';
import { asHelmReads } from './template.ts';

const examples = join(root, 'examples/pipelines');
const folder = join(import.meta.dirname, 'assay-pipelines/pipelines');
/** Which kinds a file holds: those that tasks read are left out where the executor makes them. */
const parts = { ConfigMap: 'files', others: 'pipeline' };

/** Texts by their file's name. */
export async function pipelineFiles(): Promise<Map<string, string>> {
  const entries = await readdir(examples, { withFileTypes: true });
  const files = new Map<string, string>();
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const objects = await composedObjects(await loadPipeline(join(examples, name)));
    for (const object of objects) {
      const file = `${name}.${object.kind === 'ConfigMap' ? parts.ConfigMap : parts.others}.yaml`;
      files.set(file, `${files.get(file) ?? ''}---\n${stringify(object, { ...asHelmReads })}`);
    }
  }
  return files;
}

export async function writtenPipelines(): Promise<Map<string, string>> {
  const names = await readdir(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

if (import.meta.main) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = await pipelineFiles();
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  console.log(`wrote ${files.size} files of deploy/helm/assay-pipelines`);
}
