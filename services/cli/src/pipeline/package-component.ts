// A component as others take it: its Task, a kustomize Component that adds it to a Pipeline, and the files that its tool
// reads. As a folder, as an OCI artifact, or several together as a Helm chart.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { type Component, configFilesOf, type ImageChoice, kustomizationOf, taskText } from '@assay/pipeline';
import { create } from 'tar';

export const artifactType = 'application/vnd.assay.component.v1';
const mediaTypes: Readonly<Record<string, string>> = { yaml: 'application/yaml', json: 'application/json' };

export interface PackedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
}

/** The files of a component's package. `images`: where Assay's own images come from, written into its Task. */
export async function packageOf(component: Component, images: ImageChoice): Promise<PackedFile[]> {
  const packaged = { ...component, file: 'task.yaml' };
  const files = {
    'task.yaml': taskText(component, images),
    'kustomization.yaml': await kustomizationOf({ ...packaged, folder: component.folder }),
    ...(await configFilesOf(component)),
  };
  return Object.entries(files).map(([path, text]) => {
    const mediaType = mediaTypes[path.split('.').at(-1) ?? ''];
    return { path, bytes: Buffer.from(text), ...(mediaType ? { mediaType } : {}) };
  });
}

export async function writeFiles(folder: string, files: readonly PackedFile[]): Promise<void> {
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

export interface ChartOptions {
  readonly name: string;
  /** Of the chart, semantic. */
  readonly version: string;
  /** Of the images, unless the values say another. */
  readonly appVersion: string;
}

/** A chart that installs the Tasks of components; image registry and version are values. */
export async function chartOf(components: readonly Component[], options: ChartOptions): Promise<PackedFile[]> {
  const { name, version, appVersion } = options;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
    throw new InvalidInput(`"${name}" ${version} names no chart; give a lower-case name and a version like 1.2.0`, {
      code: 'package.chart',
    });
  }
  const { stringify } = await import('yaml');
  const texts: Record<string, string> = {
    'Chart.yaml': stringify({
      apiVersion: 'v2',
      name,
      version,
      appVersion,
      type: 'application',
      description: 'Components for pipelines of Assay, as Tekton Tasks.',
    }),
    'values.yaml':
      '# Where the images of Assay come from; those of tools stay as they are.\nimage:\n  registry: ghcr.io/assay\n  # Default: the appVersion of the chart.\n  version: ""\n',
  };
  for (const component of components) {
    texts[`templates/${component.name}.yaml`] = await templateOf(component);
  }
  return Object.entries(texts).map(([path, text]) => ({ path: `${name}/${path}`, bytes: Buffer.from(text) }));
}

const marks = { registry: 'image-registry.assay.invalid', version: 'image-version-of-assay' };

// The braces of a script are its own; ours are put in afterwards.
async function templateOf(component: Component): Promise<string> {
  const { stringify } = await import('yaml');
  const config = await configFilesOf(component);
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${component.name}-config` },
    data: config,
  };
  const text = [
    taskText(component, marks),
    ...(Object.keys(config).length > 0 ? [stringify(configMap, { lineWidth: 0 })] : []),
  ].join('---\n');
  return text
    .replaceAll('{{', '{{`{{`}}')
    .replaceAll(new RegExp(`image: (${marks.registry}/\\S+)`, 'g'), "image: '$1'")
    .replaceAll(marks.registry, '{{ .Values.image.registry }}')
    .replaceAll(marks.version, '{{ .Values.image.version | default .Chart.AppVersion }}');
}

/** NAME-VERSION.tgz, the same bytes for the same files. Returns its path. */
export async function writeChart(folder: string, files: readonly PackedFile[], options: ChartOptions): Promise<string> {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const work = await mkdtemp(join(tmpdir(), 'assay-chart-'));
  try {
    await writeFiles(work, files);
    await mkdir(folder, { recursive: true });
    const file = join(folder, `${options.name}-${options.version}.tgz`);
    const paths = files.map(({ path }) => path).sort();
    await create({ cwd: work, file, gzip: { level: 9 }, portable: true, mtime: new Date(0) }, paths);
    return file;
  } finally {
    await rm(work, { recursive: true });
  }
}

/** "1.2.0" of "registry/x:1.2.0". */
export function tagOf(reference: string): string {
  return basename(reference).split(':')[1] ?? 'latest';
}
