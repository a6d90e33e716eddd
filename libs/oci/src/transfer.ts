// Artifacts to a registry and back.
import { type Artifact, type ArtifactFile, parseManifest, unpackArtifact } from './artifact.ts';
import { type Reference, referenceText } from './reference.ts';
import type { Registry } from './registry.ts';

/** What is there already is not sent again; the manifest comes last, so that no reader sees half an artifact. */
export async function pushArtifact(registry: Registry, reference: Reference, artifact: Artifact): Promise<void> {
  for (const [digest, bytes] of artifact.blobs) {
    if (!(await registry.hasBlob(reference.repository, digest))) {
      await registry.putBlob(reference.repository, digest, bytes);
    }
  }
  await registry.putManifest(reference, artifact.manifest.mediaType, artifact.manifestBytes);
}

export async function pullArtifact(registry: Registry, reference: Reference): Promise<ArtifactFile[]> {
  const where = referenceText(reference);
  const manifest = parseManifest(await registry.getManifest(reference), where);
  return unpackArtifact(manifest, where, ({ digest, size }) => registry.getBlob(reference.repository, digest, size));
}
