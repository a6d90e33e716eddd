import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packArtifact } from './artifact.ts';
import { dockerCredentials } from './credentials.ts';
import { writeLayout } from './layout.ts';
import { parseReference } from './reference.ts';
import { Registry } from './registry.ts';
import { TestingRegistry } from './testing-registry.ts';
import { pullArtifact, pushArtifact } from './transfer.ts';

const files = [
  { path: 'task.yaml', bytes: Buffer.from('kind: Task\n'), mediaType: 'application/yaml' },
  { path: 'rules/a.json', bytes: Buffer.from('{}'), mediaType: 'application/json' },
];
const artifact = packArtifact(files, { artifactType: 'application/vnd.example.v1', annotations: { a: 'b' } });
const byPath = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oci-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('an artifact', () => {
  it('is the same for the same files in any order', () => {
    const again = packArtifact([...files].reverse(), {
      artifactType: 'application/vnd.example.v1',
      annotations: { a: 'b' },
    });
    expect(again.manifest.digest).toBe(artifact.manifest.digest);
    expect(JSON.parse(Buffer.from(artifact.manifestBytes).toString())).toMatchObject({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.example.v1',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
      layers: [
        { annotations: { 'org.opencontainers.image.title': 'rules/a.json' } },
        { mediaType: 'application/yaml' },
      ],
      annotations: { a: 'b' },
    });
  });

  it.each([undefined, 'basic', 'bearer'] as const)('goes to a registry and comes back (door: %s)', async (door) => {
    await using server = await TestingRegistry.start(door ? { door } : {});
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [server.host]: { auth: Buffer.from('user:pass').toString('base64') } } }),
    );
    const credentials = await dockerCredentials(server.host, { DOCKER_CONFIG: folder });
    const registry = new Registry(server.host, { credentials });
    const reference = parseReference(`${server.host}/team/tool:1.0.0`);
    await pushArtifact(registry, reference, artifact);
    expect(await pullArtifact(registry, reference)).toEqual(
      byPath.map((file) => ({ ...file, bytes: Buffer.from(file.bytes) })),
    );
    expect(server.manifests.get('1.0.0')).toEqual(artifact.manifestBytes);
    // What is there is not sent again.
    const uploads = () => server.asked.filter((line) => line.startsWith('POST')).length;
    const before = uploads();
    await pushArtifact(registry, reference, artifact);
    expect(uploads()).toBe(before);
  });

  it('lies in an image layout, one of each tag', async () => {
    const layout = join(folder, 'layout');
    await writeLayout(layout, artifact, 'a');
    await writeLayout(layout, artifact, 'a');
    await writeLayout(layout, artifact, 'b');
    const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
    const name = 'org.opencontainers.image.ref.name';
    expect(manifests.map(({ annotations }: { annotations: Record<string, string> }) => annotations[name])).toEqual([
      'a',
      'b',
    ]);
    const blob = join(layout, 'blobs', manifests[0].digest.replace(':', '/'));
    expect(await readFile(blob)).toEqual(artifact.manifestBytes);
  });

  it.each(['../evil', '/etc/passwd', 'a/../../b', '', 'a\\b', 'a//b'])(
    'with a file called %j is refused',
    async (path) => {
      await using server = await TestingRegistry.start();
      const registry = new Registry(server.host);
      const reference = parseReference(`${server.host}/evil:1`);
      await pushArtifact(
        registry,
        reference,
        packArtifact([{ path, bytes: Buffer.from('x') }], { artifactType: 'a/b' }),
      );
      await expect(pullArtifact(registry, reference)).rejects.toThrow('which is refused');
    },
  );

  it('whose content was exchanged is refused', async () => {
    await using server = await TestingRegistry.start();
    const registry = new Registry(server.host);
    const reference = parseReference(`${server.host}/tool:1`);
    await pushArtifact(registry, reference, artifact);
    for (const digest of server.blobs.keys()) server.blobs.set(digest, Buffer.from('{ }'));
    await expect(pullArtifact(registry, reference)).rejects.toThrow(/gave other content than sha256|more than the/);
  });

  it.each([
    ['that is not there', {}, 'tool:2', /does not let us read tool:2: HTTP 404/],
    ['that needs a password', { door: 'basic' }, 'tool:1', /HTTP 401.*log in/],
    ['that needs a token', { door: 'bearer' }, 'tool:1', /get a token: HTTP 401.*log in/],
  ] as const)('%s is refused with what to do', async (_, wanted, name, message) => {
    await using server = await TestingRegistry.start(wanted);
    const reference = parseReference(`${server.host}/${name}`);
    await expect(pullArtifact(new Registry(server.host), reference)).rejects.toThrow(message);
  });
});

describe('who we are to a registry', () => {
  it.each([
    ['{}', undefined],
    ['{"auths": {"a.example": {"username": "u", "password": "p"}}}', { username: 'u', password: 'p' }],
    ['{"auths": {"https://a.example/v1/": {"auth": "dTpwOnE="}}}', { username: 'u', password: 'p:q' }],
    ['{"auths": {"b.example": {"auth": "dTpw"}}}', undefined],
  ])('is read from %s', async (text, expected) => {
    await writeFile(join(folder, 'config.json'), text);
    expect(await dockerCredentials('a.example', { DOCKER_CONFIG: folder })).toEqual(expected);
  });

  it('is nobody without the file, and an error for a broken one that does not repeat it', async () => {
    expect(await dockerCredentials('a.example', { DOCKER_CONFIG: join(folder, 'nowhere') })).toBeUndefined();
    await writeFile(join(folder, 'config.json'), '{"auths": "hunter2');
    const refused = dockerCredentials('a.example', { DOCKER_CONFIG: folder });
    await expect(refused).rejects.toThrow('is no docker configuration');
    await expect(refused).rejects.not.toThrow('hunter2');
  });
});
