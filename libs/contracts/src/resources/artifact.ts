// A reference that is resolved to something immutable: what it then is can never be said otherwise.
import { z } from 'zod';
import { conditions, type ResourceDefinition, withRules } from './resource.ts';

export const artifactSpec = withRules(
  z.strictObject({
    kind: z.enum(['image', 'git', 'file']).describe('What the reference leads to.'),
    reference: z
      .string()
      .min(1)
      .max(2048)
      .describe('"ghcr.io/acme/shop:1", "https://github.com/acme/shop#main", a URL.'),
    platform: z
      .string()
      .max(128)
      .regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/)
      .optional()
      .describe('"linux/amd64"; images only, default: the index.'),
  }),
  { rule: 'self == oldSelf', message: 'an artifact is immutable: make another' },
  { rule: "!has(self.platform) || self.kind == 'image'", message: 'platform is of images: leave it out' },
);
export type ArtifactSpec = z.output<typeof artifactSpec>;

export const artifactStatus = z.strictObject({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(['Pending', 'Resolving', 'Resolved', 'Rejected']).optional(),
  digest: z.string().max(256).optional().describe('"sha256:…", or a commit for git.'),
  content: z
    .strictObject({
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      size: z.int().min(0),
      mediaType: z.string().max(255),
    })
    .optional()
    .describe('Its content in a storage backend, where it is kept.'),
  resolvedAt: z.string().meta({ format: 'date-time' }).optional(),
  conditions: conditions.optional(),
});
export type ArtifactStatus = z.output<typeof artifactStatus>;

const wasResolved = 'has(oldSelf.status) && has(oldSelf.status.digest)';
const isResolved = 'has(self.status) && has(self.status.digest)';

export const artifactResource: ResourceDefinition = {
  kind: 'Artifact',
  plural: 'artifacts',
  singular: 'artifact',
  shortNames: ['art'],
  description: 'A reference that is resolved to something immutable.',
  spec: artifactSpec,
  status: artifactStatus,
  rules: [
    {
      rule: `!(${wasResolved}) || (${isResolved} && self.status.digest == oldSelf.status.digest)`,
      message: 'the digest of an artifact cannot change once it is resolved',
    },
  ],
  columns: [
    { name: 'Kind', type: 'string', path: '.spec.kind' },
    { name: 'Reference', type: 'string', path: '.spec.reference' },
    { name: 'Phase', type: 'string', path: '.status.phase' },
    { name: 'Digest', type: 'string', path: '.status.digest', isWide: true },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
};
