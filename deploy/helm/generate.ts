// Writes the chart from the kustomize overlays: `node deploy/helm/generate.ts`. What `small` and `ha` build is the one
// truth; where they differ the chart asks `highAvailability`, and chart-rules.ts says what else can be chosen.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { conditionOf, fileOf, isOfTheChart, withChoices } from './chart-rules.ts';
import { differing, highAvailability, not } from './differing.ts';
import { toTemplate, when } from './template.ts';
import { schemaText } from './values.ts';

export const root = join(import.meta.dirname, '../..');
const chart = join(import.meta.dirname, 'assay');
const note = '{{- /* Made by deploy/helm/generate.ts of deploy/kustomize. */ -}}\n';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [member: string]: unknown;
}

/** What kustomize builds of a folder of deploy/kustomize. */
export async function manifestsOf(folder: string): Promise<Manifest[]> {
  const kustomize = process.env['ASSAY_TEST_KUSTOMIZE'] ?? 'kustomize';
  const { stdout } = await promisify(execFile)(kustomize, ['build', join(root, 'deploy/kustomize', folder)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

/** The files of the chart that are generated, by their path in it. */
export async function chartFiles(): Promise<Map<string, string>> {
  const [small, ha] = await Promise.all([manifestsOf('overlays/small'), manifestsOf('overlays/ha')]);
  const files = new Map<string, string>([['values.schema.json', schemaText()]]);
  for (const [path, documents] of templatesOf(small.filter(isOfTheChart), ha.filter(isOfTheChart)))
    files.set(`templates/${path}.yaml`, note + grouped(documents));
  for (const crd of small.filter(({ kind }) => kind === 'CustomResourceDefinition'))
    files.set(`crds/${crd.metadata.name.split('.')[0]}.yaml`, toTemplate(crd));
  return files;
}

interface Document {
  conditions: readonly string[];
  text: string;
}

function templatesOf(small: readonly Manifest[], ha: readonly Manifest[]): Map<string, Document[]> {
  const files = new Map<string, Document[]>();
  const add = (manifest: Manifest, object: unknown, conditions: readonly string[]) => {
    const document = { conditions, text: `---\n${toTemplate(withChoices(manifest, object))}` };
    files.set(fileOf(manifest), [...(files.get(fileOf(manifest)) ?? []), document]);
  };
  for (const one of small) {
    const other = ha.find((each) => keyOf(each) === keyOf(one));
    const conditions = conditionOf(one);
    if (other) add(one, differing(one, other), conditions);
    // The store of its own, which the rules ask for.
    else add(one, one, conditions.length > 0 ? conditions : [not(highAvailability)]);
  }
  for (const one of ha)
    if (!small.some((each) => keyOf(each) === keyOf(one))) add(one, one, [...conditionOf(one), highAvailability]);
  return files;
}

// Neighbours under the same conditions stand under them together.
function grouped(documents: readonly Document[]): string {
  let text = '';
  for (let index = 0; index < documents.length; ) {
    const { conditions } = documents[index] as Document;
    let end = index;
    while (end < documents.length && String(documents[end]?.conditions) === String(conditions)) end++;
    const together = documents.slice(index, end).map((document) => document.text);
    text += when(conditions, together.join(''));
    index = end;
  }
  return text;
}

export function keyOf({ apiVersion, kind, metadata }: Manifest): string {
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name].join('/');
}

/** Those that are there, as they are. */
export async function writtenFiles(): Promise<Map<string, string>> {
  const names = await readdir(chart, { recursive: true });
  const made = names.filter((name) => /^(templates|crds)\/[^_].*\.yaml$|^values\.schema\.json$/.test(name));
  return new Map(
    await Promise.all(made.map(async (name) => [name, await readFile(join(chart, name), 'utf8')] as const)),
  );
}

async function main(): Promise<void> {
  const files = await chartFiles();
  for (const name of (await writtenFiles()).keys()) if (!files.has(name)) await rm(join(chart, name));
  for (const [name, text] of files) {
    await mkdir(join(chart, name, '..'), { recursive: true });
    await writeFile(join(chart, name), text);
  }
  console.log(`wrote ${files.size} files of deploy/helm/assay`);
}

if (import.meta.main) await main();
