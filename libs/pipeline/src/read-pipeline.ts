// The files of a pipeline's folder, as they are written: kustomization.yaml, pipelinerun.yaml, and what the first
// lists as resources.
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { type Component, componentOf } from './component.ts';
import type { TektonPipeline } from './compose.ts';
import { type FindOptions, findComponents } from './find-components.ts';
import { checked, type Located, parseDocuments, readText, readYaml } from './read-yaml.ts';
import { paramValueSchema } from './task-schema.ts';

const code = 'pipeline.invalid';

const kustomizationSchema = z.looseObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1').optional(),
  kind: z.literal('Kustomization').optional(),
  namePrefix: z.string().optional(),
  nameSuffix: z.string().optional(),
  resources: z.array(z.string()).optional(),
  components: z.array(z.string()).min(1, 'lists no component'),
  images: z
    .array(
      z.strictObject({
        name: z.string(),
        newName: z.string().optional(),
        newTag: z.string().optional(),
        digest: z.string().optional(),
      }),
    )
    .optional(),
});
export type Kustomization = z.output<typeof kustomizationSchema>;

const pipelineRunSchema = z.looseObject({
  apiVersion: z.enum(['tekton.dev/v1', 'tekton.dev/v1beta1']),
  kind: z.literal('PipelineRun'),
  metadata: z
    .looseObject({ name: z.string().optional(), generateName: z.string().optional() })
    .refine(({ name, generateName }) => name || generateName, 'needs a name or a generateName'),
  spec: z.looseObject({
    pipelineRef: z.looseObject({ name: z.string().optional() }).optional(),
    params: z.array(z.strictObject({ name: z.string(), value: paramValueSchema })).optional(),
    workspaces: z.array(z.looseObject({ name: z.string() })).optional(),
  }),
});
export type PipelineRun = z.output<typeof pipelineRunSchema>;

const namedList = z.array(z.looseObject({ name: z.string() })).optional();
const baseSchema = z.looseObject({
  apiVersion: z.enum(['tekton.dev/v1', 'tekton.dev/v1beta1']),
  kind: z.literal('Pipeline'),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z
    .looseObject({ params: namedList, workspaces: namedList, tasks: namedList, finally: namedList })
    .nullish()
    // Of the rest Tekton's webhook says whether it is of its form.
    .transform((spec): Partial<TektonPipeline['spec']> => (spec ?? {}) as unknown as Partial<TektonPipeline['spec']>),
});
/** The Pipeline that the components are added to; what a person wrote there stays. */
export type BasePipeline = z.output<typeof baseSchema>;

export interface Listed {
  /** "kustomization.yaml:8" */
  readonly where: string;
  readonly components: readonly Component[];
}

export interface PipelineFiles {
  readonly kustomization: Located<Kustomization>;
  readonly run: Located<PipelineRun>;
  readonly listed: readonly Listed[];
  readonly base?: Located<BasePipeline>;
  /** Objects among the resources that are none of these; they are deployed as they are. */
  readonly others: readonly NamedObject[];
}

export async function readPipelineFiles(folder: string, options: FindOptions): Promise<PipelineFiles> {
  const kustomization = await readYaml(join(folder, 'kustomization.yaml'), kustomizationSchema, code);
  const run = await readYaml(join(folder, 'pipelinerun.yaml'), pipelineRunSchema, code);
  const resources = await Promise.all(
    (kustomization.value.resources ?? []).map((path, index) =>
      readResource(path, folder, kustomization.at(['resources', index]), options),
    ),
  );
  const listed = await Promise.all(
    kustomization.value.components.map(async (reference, index): Promise<Listed> => {
      const where = kustomization.at(['components', index]);
      return { where, components: await findComponents(reference, folder, where, options) };
    }),
  );
  const bases = resources.flatMap(({ base }) => base ?? []);
  if (bases[1]) throw new InvalidInput(`${bases[1].at([])}: there is a second Pipeline; keep one.`, { code });
  return {
    kustomization,
    run,
    listed: [...resources.map(({ listed: it }) => it), ...listed],
    ...(bases[0] ? { base: bases[0] } : {}),
    others: resources.flatMap(({ others }) => others),
  };
}

interface Resource {
  readonly listed: Listed;
  readonly base?: Located<BasePipeline>;
  readonly others: readonly NamedObject[];
}

const anyKind = z.looseObject({ kind: z.string() });
const anyObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});
export type NamedObject = z.output<typeof anyObject>;

async function readResource(path: string, folder: string, where: string, options: FindOptions): Promise<Resource> {
  // It is read in any case, and plain kustomize takes none without a name.
  if (basename(path) === 'pipelinerun.yaml') return { listed: { where, components: [] }, others: [] };
  const file = resolve(folder, path);
  const isFile = await stat(file).then(
    (it) => it.isFile(),
    () => false,
  );
  if (!isFile) return { listed: { where, components: await findComponents(path, folder, where, options) }, others: [] };
  const components: Component[] = [];
  const others: NamedObject[] = [];
  let base: Located<BasePipeline> | undefined;
  for (const document of parseDocuments(await readText(file, code), file, code)) {
    const { kind } = checked(document, anyKind, code).value;
    if (kind === 'Task') components.push(componentOf(document, file, options.helm));
    else if (kind === 'Pipeline') base = checked(document, baseSchema, code);
    else if (kind !== 'PipelineRun') others.push(checked(document, anyObject, code).value);
  }
  return { listed: { where, components }, ...(base ? { base } : {}), others: others.filter((it) => !isLocal(it)) };
}

// Kustomize leaves these out of what it builds.
function isLocal({ metadata }: NamedObject): boolean {
  return metadata.annotations?.['config.kubernetes.io/local-config'] === 'true';
}
