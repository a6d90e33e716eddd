// An OCI image layout: a folder that holds artifacts as a registry would, for other tools to copy from.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Artifact } from './artifact.ts';

const indexSchema = z.looseObject({
  manifests: z.array(z.looseObject({ digest: z.string(), annotations: z.record(z.string(), z.string()).optional() })),
});
const refAnnotation = 'org.opencontainers.image.ref.name';

/** Adds an artifact under a tag; another one of that tag loses it. */
export async function writeLayout(folder: string, artifact: Artifact, tag: string): Promise<void> {
  const { manifest, manifestBytes, blobs } = artifact;
  for (const [digest, bytes] of [...blobs, [manifest.digest, manifestBytes] as const]) {
    const file = join(folder, 'blobs', digest.replace(':', '/'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const index = join(folder, 'index.json');
  const there = await readFile(index, 'utf8').then(
    (text) => indexSchema.parse(JSON.parse(text)).manifests,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const others = there.filter(({ annotations }) => annotations?.[refAnnotation] !== tag);
  const manifests = [...others, { ...manifest, annotations: { [refAnnotation]: tag } }];
  await writeFile(
    index,
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
  );
}
