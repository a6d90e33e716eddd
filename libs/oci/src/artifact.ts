// An artifact of files (OCI image specification 1.1): a manifest with an artifactType, one layer a file, named by the
// annotation that other tools read too. Pure; the same files give the same digest.
import { createHash } from 'node:crypto';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const emptyType = 'application/vnd.oci.empty.v1+json';
const titleAnnotation = 'org.opencontainers.image.title';
/** Far above what a component or a chart is. */
export const maxLayers = 1000;
export const maxBytes = 64 * 1024 * 1024;

export interface ArtifactFile {
  /** Relative, with "/". */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Default: application/octet-stream. */
  readonly mediaType?: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface Artifact {
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  /** By digest; the config among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export interface ArtifactOptions {
  readonly artifactType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default: the empty object, as for artifacts without a configuration. */
  readonly config?: { readonly mediaType: string; readonly bytes: Uint8Array };
}

export function packArtifact(files: readonly ArtifactFile[], options: ArtifactOptions): Artifact {
  const config = options.config ?? { mediaType: emptyType, bytes: Buffer.from('{}') };
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  const layers = sorted.map(({ path, bytes, mediaType = 'application/octet-stream' }) => ({
    ...describe(bytes, mediaType),
    annotations: { [titleAnnotation]: path },
  }));
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: options.artifactType,
    config: describe(config.bytes, config.mediaType),
    layers,
    ...(options.annotations ? { annotations: options.annotations } : {}),
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  const blobs = new Map([config.bytes, ...sorted.map(({ bytes }) => bytes)].map((bytes) => [digestOf(bytes), bytes]));
  return { manifest: describe(manifestBytes, manifestType), manifestBytes, blobs };
}

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a sha256'),
  size: z.int().min(0).max(maxBytes),
  annotations: z.record(z.string(), z.string()).optional(),
});
const manifestSchema = z.looseObject({
  mediaType: z.literal(manifestType).optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(maxLayers),
});
export type Manifest = z.output<typeof manifestSchema>;

/** Throws InvalidInput "oci.manifest" for what is no manifest of an artifact of this size. */
export function parseManifest(bytes: Uint8Array, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new InvalidInput(`${where} is no manifest; check the reference.`, { code: 'oci.manifest', cause });
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInput(`${where} is no artifact that can be read: ${issue?.path.join('.')} ${issue?.message}.`, {
    code: 'oci.manifest',
  });
}

/** The files of a manifest, their names checked: none leads out of the folder that they are written to. */
export async function unpackArtifact(
  manifest: Manifest,
  where: string,
  blob: (descriptor: Descriptor) => Promise<Uint8Array>,
): Promise<ArtifactFile[]> {
  const total = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw new InvalidInput(`${where} is larger than ${maxBytes} bytes.`, { code: 'oci.size' });
  const files: ArtifactFile[] = [];
  for (const layer of manifest.layers) {
    const path = layer.annotations?.[titleAnnotation] ?? '';
    if (!isInside(path)) {
      throw new InvalidInput(`${where} has a file called ${JSON.stringify(path)}, which is refused.`, {
        code: 'oci.path',
      });
    }
    files.push({ path, bytes: await blob(layer), mediaType: layer.mediaType });
  }
  return files;
}

function isInside(path: string): boolean {
  const names = path.split('/');
  return names.every((name) => name !== '' && name !== '.' && name !== '..') && !/[\\\0]/.test(path);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
