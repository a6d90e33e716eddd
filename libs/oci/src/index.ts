export { type Artifact, type ArtifactFile, packArtifact, unpackArtifact } from './artifact.ts';
export { dockerCredentials } from './credentials.ts';
export { writeLayout } from './layout.ts';
export { parseReference, type Reference, referenceText } from './reference.ts';
export { Registry, type RegistryOptions } from './registry.ts';
export { pullArtifact, pushArtifact } from './transfer.ts';
