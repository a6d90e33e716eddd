// `assay setup`, with real nats-servers that read the configuration of deploy/kustomize and what was written for them;
// Kubernetes is a map of objects here, and itself in the cluster's suite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus, streamOf } from '@assay/bus';
import { findNatsServer } from '@assay/bus/find-nats-server';
import type { KubeObject, ObjectRef } from '@assay/kube';
import { inboxPrefixOf, readSharedConfig } from '@assay/runtime';
import { afterAll, describe, expect, it } from '@jest/globals';
import { clientName } from '../up/bus-users.ts';
import { prepareBus } from './prepare-bus.ts';
import { dataOf, ensureSecrets, owners, type SetupKube, secretRef, write } from './secrets.ts';
import { ensureServerUsers, serverSecret } from './server-users.ts';

const blobsUrl = 'jetstream:assay-blobs';
const kustomize = join(import.meta.dirname, '../../../../deploy/kustomize');
const closing: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

function memory(): SetupKube & { objects: Map<string, KubeObject>; patches: unknown[] } {
  const objects = new Map<string, KubeObject>();
  const patches: unknown[] = [];
  const keyOf = ({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>) => `${kind}/${name}`;
  return {
    namespace: 'assay',
    objects,
    patches,
    get: async (ref) => objects.get(keyOf(ref)),
    create: async (object) => {
      const key = keyOf({ kind: object.kind, name: object.metadata.name ?? '' });
      const there = objects.get(key);
      if (!there) objects.set(key, object);
      return { isNew: !there, object: there ?? object };
    },
    patch: async (ref, patch) => {
      const there = objects.get(keyOf(ref));
      patches.push({ ...ref, patch });
      if (!there) return undefined;
      const data = { ...(there['data'] as object), ...(patch['data'] as object) };
      const object = ref.kind === 'Secret' ? { ...there, data } : there;
      objects.set(keyOf(ref), object);
      return object;
    },
  };
}

const quiet = { names: {}, onProgress: () => {} };
const nats = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'nats', namespace: 'assay' },
  spec: { replicas, serviceName: 'nats-headless' },
});

describe('the Secrets', () => {
  it('are one for each service, with what it alone may know', async () => {
    const kube = memory();
    await ensureSecrets(kube, quiet);
    const keys = Object.fromEntries(
      [...kube.objects.values()].map(({ metadata, data }) => [metadata.name, Object.keys(data as object).sort()]),
    );
    expect(keys).toEqual({
      'assay-admin': ['nkey'],
      'assay-client': ['nkey'],
      'assay-consumer': ['nkey'],
      'assay-enricher': ['nkey'],
      'assay-executor': ['nkey', 'run-token-key'],
      'assay-gateway': ['nkey', 'run-token-key', 'token'],
      'assay-ledger': ['nkey'],
      'assay-producer': ['identity-key', 'nkey'],
    });
  });

  it('differ, but for the key that executor and gateway share', async () => {
    const secrets = await ensureSecrets(memory(), quiet);
    const values = [...secrets.values()].flatMap((secret) => Object.values(secret));
    expect(new Set(values).size).toBe(values.length - 1);
    expect(secrets.get('gateway')?.['run-token-key']).toBe(secrets.get('executor')?.['run-token-key']);
  });

  it('stay what they are the second time', async () => {
    const kube = memory();
    const first = await ensureSecrets(kube, quiet);
    const said: string[] = [];
    expect(await ensureSecrets(kube, { names: {}, onProgress: (line) => said.push(line) })).toEqual(first);
    expect([said, kube.patches]).toEqual([[], []]);
  });

  it('of others are taken as they are, and given what they lack', async () => {
    const kube = memory();
    await write(kube, 'ours', { 'run-token-key': 'a-key-of-our-own' }, false);
    const secrets = await ensureSecrets(kube, { ...quiet, names: { gateway: 'ours' } });
    expect(secrets.get('gateway')).toEqual({
      'run-token-key': 'a-key-of-our-own',
      nkey: expect.stringMatching(/^SU/),
      token: expect.stringMatching(/^.{32}$/),
    });
    expect(secrets.get('executor')?.['run-token-key']).toBe('a-key-of-our-own');
    expect(kube.objects.has('Secret/assay-gateway')).toBe(false);
  });

  it('that disagree are not guessed about', async () => {
    const kube = memory();
    await write(kube, 'assay-gateway', { 'run-token-key': 'one' }, false);
    await write(kube, 'assay-executor', { 'run-token-key': 'two' }, false);
    await expect(ensureSecrets(kube, quiet)).rejects.toThrow(
      'the Secrets of gateway and executor hold different values of run-token-key: make them the same',
    );
  });
});

describe('nats-server’s users', () => {
  it('are written once, and restart it only when they change', async () => {
    const kube = memory();
    kube.objects.set('StatefulSet/nats', nats(3));
    const secrets = await ensureSecrets(kube, quiet);
    const ensure = (url: string) =>
      ensureServerUsers(kube, secrets, { blobsUrl: url, statefulSet: 'nats', onProgress: () => {} });
    await ensure(blobsUrl);
    await ensure(blobsUrl);
    expect(kube.patches).toEqual([]);
    await ensure('file:/elsewhere');
    expect(kube.patches).toEqual([
      expect.objectContaining({ kind: 'Secret', name: serverSecret }),
      expect.objectContaining({
        kind: 'StatefulSet',
        name: 'nats',
        patch: {
          spec: {
            template: { metadata: { annotations: { 'assay.dev/users': expect.stringMatching(/^[0-9a-f]{64}$/) } } },
          },
        },
      }),
    ]);
  });

  it('hold no seed', async () => {
    const kube = memory();
    const secrets = await ensureSecrets(kube, quiet);
    await ensureServerUsers(kube, secrets, { blobsUrl, onProgress: () => {} });
    const text = JSON.stringify(dataOf(await kube.get(secretRef(kube, serverSecret))));
    for (const { nkey = '' } of secrets.values()) expect(text).not.toContain(nkey);
  });

  it('of a StatefulSet that is not there are refused', async () => {
    const kube = memory();
    const options = { blobsUrl, statefulSet: 'nuts', onProgress: () => {} };
    await expect(ensureServerUsers(kube, await ensureSecrets(kube, quiet), options)).rejects.toThrow(
      'there is no StatefulSet nuts in assay: leave out --server for a nats-server elsewhere',
    );
  });
});

describe('with the configuration of deploy/kustomize', () => {
  it.each([
    ['one server', 1, 'nats'],
    ['three servers', 3, 'overlays/ha'],
  ])(
    '%s get their users, streams and durables, and let each service in',
    async (_name, replicas, cluster) => {
      const kube = memory();
      kube.objects.set('StatefulSet/nats', nats(replicas));
      const secrets = await ensureSecrets(kube, quiet);
      await ensureServerUsers(kube, secrets, { blobsUrl, statefulSet: 'nats', onProgress: () => {} });
      const { urls, monitors } = await startServers(
        dataOf(await kube.get(secretRef(kube, serverSecret))) ?? {},
        replicas,
        cluster,
      );

      const shared = readSharedConfig({
        ASSAY_NATS_URL: urls.join(','),
        ASSAY_NATS_REPLICAS: String(replicas),
        ASSAY_BLOBS_URL: blobsUrl,
        ASSAY_NATS_SETUP: 'false',
      });
      const seed = secrets.get('admin')?.nkey ?? '';
      const { signal } = new AbortController();
      await prepareBus({ shared, seed, timeoutMs: 60_000, onProgress: () => {}, signal });

      const streams = await streamsOf(monitors);
      expect(streams.get('OBJ_assay-blobs')).toBe(replicas);
      expect([...new Set(streams.values())]).toEqual([replicas]);

      for (const owner of owners.filter((each) => each !== 'admin')) {
        const bus = await connectAs(owner, secrets.get(owner)?.nkey ?? '', urls);
        await expect(bus.ensureStreams({ replicas })).rejects.toThrow();
        await bus.close();
      }
      const producer = await connectAs('producer', secrets.get('producer')?.nkey ?? '', urls);
      expect(await producer.consumerState(streamOf('report'), 'producer-report-submitted')).toMatchObject({
        pending: 0,
      });
      await producer.close();
    },
    120_000,
  );
});

async function connectAs(owner: string, seed: string, urls: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-setup-spec-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'nkey'), seed, { mode: 0o600 });
  const inboxPrefix = owner === clientName ? '_INBOX' : inboxPrefixOf(owner);
  return connectBus({ url: urls.join(','), name: owner, credentialsFile: join(folder, 'nkey'), inboxPrefix });
}

/** Copies of each stream, as the servers say. */
async function streamsOf(monitors: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const monitor of monitors) {
    const answer = await fetch(`${monitor}/jsz?streams=true&config=true`);
    const told = (await answer.json()) as {
      account_details: { stream_detail: { name: string; config: { num_replicas: number } }[] }[];
    };
    for (const { name, config } of told.account_details.flatMap((account) => account.stream_detail))
      found.set(name, config.num_replicas);
  }
  return found;
}

/** Servers that read those files, each with ports and a folder of its own. */
async function startServers(
  secret: Record<string, string>,
  count: number,
  cluster: string,
): Promise<{ urls: string[]; monitors: string[] }> {
  const { path } = await findNatsServer();
  const ports = await freePorts(count * 3);
  const portsOf = (index: number) => ports.slice(index * 3, index * 3 + 3) as [number, number, number];
  let routes = secret['routes.conf'] ?? '';
  for (let index = 0; index < count; index++)
    routes = routes.replace(`nats-${index}.nats-headless.assay.svc:6222`, `127.0.0.1:${portsOf(index)[1]}`);
  const urls: string[] = [];
  const monitors: string[] = [];
  for (let index = 0; index < count; index++) {
    const folder = await mkdtemp(join(tmpdir(), 'assay-setup-nats-'));
    await mkdir(join(folder, 'data'));
    const [client, route, monitor] = portsOf(index);
    const local = (text: string) =>
      text
        .replace('port: 4222', `port: ${client}`)
        .replace('port: 6222', `port: ${route}`)
        .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1')
        .replace('0.0.0.0:8222', `127.0.0.1:${monitor}`)
        .replace('store_dir: /data', `store_dir: ${join(folder, 'data')}`);
    await writeFile(join(folder, 'nats.conf'), local(await readFile(join(kustomize, 'nats/nats.conf'), 'utf8')));
    await writeFile(
      join(folder, 'cluster.conf'),
      local(await readFile(join(kustomize, cluster, 'cluster.conf'), 'utf8')),
    );
    await writeFile(join(folder, 'routes.conf'), routes);
    await writeFile(join(folder, 'users.conf'), secret['users.conf'] ?? '');
    const child = spawn(path, ['--config', join(folder, 'nats.conf')], {
      env: { POD_NAME: `nats-${index}` },
      stdio: 'ignore',
    });
    closing.push(async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    });
    urls.push(`nats://127.0.0.1:${client}`);
    monitors.push(`http://127.0.0.1:${monitor}`);
  }
  return { urls, monitors };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    ports.push(typeof address === 'object' && address ? address.port : 0);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
