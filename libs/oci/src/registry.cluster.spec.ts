// Needs a registry: CLUSTER_REGISTRY, CLUSTER_REGISTRY_NO_REFERRERS (HOST:PORT, plain HTTP).
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { packArtifact } from './artifact.ts';
import { parseReference } from './reference.ts';
import { Registry } from './registry.ts';
import { pullArtifact, pushArtifact } from './transfer.ts';

const registries = ['CLUSTER_REGISTRY', 'CLUSTER_REGISTRY_NO_REFERRERS'];

describe('a real registry', () => {
  it.each(registries)('takes an artifact and gives it back, by tag and by digest (%s)', async (variable) => {
    const host = process.env[variable];
    if (!host) throw new Error(`set ${variable} to a registry without TLS, HOST:PORT`);
    const bytes = Buffer.from(randomUUID());
    const artifact = packArtifact([{ path: 'task.yaml', bytes, mediaType: 'application/yaml' }], {
      artifactType: 'application/vnd.assay.component.v1',
    });
    const registry = new Registry(host, { plainHttp: true });
    const repository = `assay-specs/${randomUUID()}`;
    await pushArtifact(registry, parseReference(`${host}/${repository}:1.0.0`), artifact);
    for (const suffix of [':1.0.0', `@${artifact.manifest.digest}`]) {
      const [file] = await pullArtifact(registry, parseReference(`${host}/${repository}${suffix}`));
      expect(file).toEqual({ path: 'task.yaml', bytes, mediaType: 'application/yaml' });
    }
  });
});
