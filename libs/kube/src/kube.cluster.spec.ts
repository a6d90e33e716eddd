// The client against a real API server, at KUBECONFIG. The name of an image that the cluster has may be given by
// ASSAY_TEST_IMAGE.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { connectKube } from './connect.ts';
import type { Kube, KubeObject, WatchEvent } from './kube.ts';

const image = process.env['ASSAY_TEST_IMAGE'] ?? 'busybox';
const namespace = `kube-spec-${process.pid}`;
const inNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

let kube: Kube;
beforeAll(async () => {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster');
  kube = await connectKube({ namespace });
  await kube.ping();
  await kube.create(inNamespace);
});
afterAll(() => kube.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace }));

function configMap(name: string, data: Record<string, string>, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

describe('apply', () => {
  it('makes and changes, and refuses what another owns until it is forced', async () => {
    const made = await kube.apply(configMap('owned', { a: '1' }));
    expect(made.metadata.namespace).toBe(namespace);
    const other = configMap('owned', { a: '2' });
    await expect(kube.apply(other, { fieldManager: 'other' })).rejects.toMatchObject({
      name: 'InvalidInput',
      code: 'kube.conflict',
      message: expect.stringMatching(/conflicts? with "assay".*\.data\.a/s),
    });
    await kube.apply(other, { fieldManager: 'other', force: true, dryRun: true });
    expect(await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'owned' })).toMatchObject({ data: { a: '1' } });
    expect(await kube.apply(other, { fieldManager: 'other', force: true })).toMatchObject({ data: { a: '2' } });
  });

  it('refuses a member that the kind does not have', async () => {
    await expect(kube.apply({ ...configMap('typo', {}), dta: {} })).rejects.toMatchObject({
      code: 'kube.invalid',
      message: expect.stringContaining('dta'),
    });
  });
});

describe('create', () => {
  it('makes one of two that try', async () => {
    const made = await Promise.all(
      Array.from({ length: 4 }, (_, at) => kube.create(configMap('once', { at: `${at}` }))),
    );
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(made.map(({ object }) => object.metadata.uid)).size).toBe(1);
  });

  it('says what is wrong', async () => {
    await expect(kube.create(configMap('Not A Name', {}))).rejects.toMatchObject({ code: 'kube.invalid' });
    const elsewhere = { ...configMap('x', {}), metadata: { name: 'x', namespace: 'kube-spec-nowhere' } };
    await expect(kube.create(elsewhere)).rejects.toMatchObject({
      code: 'kube.missing',
      message: expect.stringContaining('namespaces "kube-spec-nowhere" not found'),
    });
    await expect(
      kube.create({ apiVersion: 'nothing.dev/v1', kind: 'Thing', metadata: { name: 'x' } }),
    ).rejects.toMatchObject({ code: 'kube.kind' });
  });
});

describe('patch and delete', () => {
  it('change one object, and know when it is gone or another', async () => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'short-lived' };
    expect(await kube.patch(ref, { data: { a: '1' } })).toBeUndefined();
    const { object } = await kube.create(configMap('short-lived', { a: '1', b: '1' }));
    expect(await kube.patch(ref, { data: { a: null, b: '2' } })).toMatchObject({ data: { b: '2' } });
    expect(await kube.delete(ref, { uid: '00000000-0000-0000-0000-000000000000' })).toBe(false);
    expect(await kube.get(ref)).toBeDefined();
    expect(await kube.delete(ref, { uid: object.metadata.uid ?? '' })).toBe(true);
    expect(await kube.get(ref)).toBeUndefined();
    expect(await kube.delete(ref)).toBe(false);
  });
});

describe('watch', () => {
  it('tells what is there, what changes, and all of it again with each new list', async () => {
    const labels = { watched: 'yes' };
    await kube.create(configMap('watched-0', {}, labels));
    const ending = new AbortController();
    const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
    const seen: string[] = [];
    // Each new list lets the next change be made; the second change is thus told through a list or a frame after one.
    let lists = 0;
    const steps = [
      () => kube.apply(configMap('watched-1', { a: '1' }, labels)),
      () => kube.apply(configMap('watched-1', { a: '2' }, labels)),
      () => kube.delete({ ...kind, name: 'watched-0' }),
    ];
    for await (const event of kube.watch(kind, {
      namespace,
      labels: 'watched=yes',
      signal: ending.signal,
      resyncMs: 1000,
    })) {
      seen.push(wordOf(event));
      if (event.type === 'synced') await steps[lists++]?.();
      if (event.type === 'synced' && event.objects.length === 1 && lists > 3) ending.abort();
    }
    expect(seen.slice(0, 2)).toEqual(['applied watched-0', 'synced watched-0']);
    expect(seen).toContain('applied watched-1 1');
    expect(seen).toContain('applied watched-1 2');
    expect(seen.at(-1)).toBe('synced watched-1 2');
  });

  it('reads more than a page', async () => {
    const names = Array.from({ length: 260 }, (_, at) => `many-${at}`);
    for (let at = 0; at < names.length; at += 20)
      await Promise.all(names.slice(at, at + 20).map((name) => kube.create(configMap(name, {}, { many: 'yes' }))));
    const listed = await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace, labels: 'many=yes' });
    expect(listed.map(({ metadata }) => metadata.name).sort()).toEqual([...names].sort());
  });
});

describe('logs', () => {
  it('follow a container to its end', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'talks' },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'main', image, command: ['sh', '-c', 'for i in 1 2 3; do echo line $i; sleep 0.2; done'] },
        ],
      },
    };
    await kube.create(pod);
    const options = { namespace, pod: 'talks', container: 'main' };
    expect(await textOf({ ...options, follow: true })).toBe('line 1\nline 2\nline 3\n');
    expect(await textOf({ ...options, limitBytes: 6 })).toBe('line 1');
    await expect(textOf({ ...options, container: 'other' })).rejects.toMatchObject({ code: 'kube.invalid' });
    await expect(textOf({ ...options, pod: 'nobody' })).rejects.toMatchObject({ code: 'kube.log-gone' });
  });
});

describe('may', () => {
  it('is what the server says', async () => {
    expect(await kube.may('create', { apiVersion: 'v1', kind: 'Pod' }, namespace)).toBe(true);
    const asNobody = await connectAs('nobody');
    expect(await asNobody.may('create', { apiVersion: 'v1', kind: 'Pod' }, namespace)).toBe(false);
    await expect(asNobody.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace })).rejects.toMatchObject({
      code: 'kube.forbidden',
    });
  });
});

async function connectAs(user: string): Promise<Kube> {
  const config = new KubeConfig();
  config.loadFromDefault();
  config.users = config.users.map((one) => ({ ...one, impersonateUser: user }));
  const folder = await mkdtemp(join(tmpdir(), 'assay-kube-'));
  try {
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, config.exportConfig(), { mode: 0o600 });
    return await connectKube({ kubeconfig, namespace });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function wordOf(event: WatchEvent): string {
  const objects = event.type === 'synced' ? event.objects : [event.object];
  const words = objects.map(({ metadata, data }) => `${metadata.name} ${Object.values(data ?? {})}`.trim());
  return `${event.type} ${words.join(', ')}`;
}

/** Waits for the container as the executor does: by trying again. */
async function textOf(options: Parameters<Kube['logs']>[0]): Promise<string> {
  for (;;) {
    try {
      return Buffer.concat(await Array.fromAsync(kube.logs(options))).toString();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'kube.log-unready')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
