// What the real kustomize builds, held to what the services declare and to what must hold for every pod.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { streamOf } from '@assay/bus';
import { durablesOf, readConfig } from '@assay/runtime';
import { describe, expect, it } from '@jest/globals';
import { services } from '../../services/cli/src/up/services.ts';
import { keyOf, type Manifest, manifestsOf, root } from '../helm/generate.ts';
import { imageNames } from '../images/build.ts';

const small = await manifestsOf('overlays/small');
const ha = await manifestsOf('overlays/ha');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
const names = services.map(({ name }) => name).sort();

interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  securityContext: unknown;
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
}
interface Pod {
  containers: Container[];
  volumes?: { secret?: { secretName: string; optional?: boolean } }[];
  automountServiceAccountToken: boolean;
  securityContext: unknown;
}

const workloads = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
const podOf = (manifest: Manifest) => (manifest['spec'] as { template: { spec: Pod } }).template.spec;
const labelsOf = (manifest: Manifest) =>
  (manifest['spec'] as { template: { metadata: { labels: Record<string, string> } } }).template.metadata.labels;
const find = (manifests: readonly Manifest[], kind: string, name: string) => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
};

describe('every pod', () => {
  it.each(workloads(small).map((manifest) => [manifest.metadata.name, podOf(manifest)] as const))(
    'of %s is restricted, and asks for what it needs',
    (name, pod) => {
      expect(pod.securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.automountServiceAccountToken).toBe(['executor', 'consumer', 'assay-setup'].includes(name));
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(container.resources.requests ?? {})).toEqual(['cpu', 'memory']);
        expect(Object.keys(container.resources.limits ?? {})).toEqual(['memory']);
      }
    },
  );

  it('of ours is of an image that is built, in the version that this is', async () => {
    const images = workloads(small).flatMap((manifest) => podOf(manifest).containers.map(({ image }) => image));
    const own = images.filter((image) => image.startsWith('ghcr.io/assay/'));
    expect(own.sort()).toEqual((await imageNames()).map((name) => `ghcr.io/assay/${name}:${version}`));
  });

  it('is held by a network policy of its own, beside the one that denies everything', () => {
    const policies = small.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === 'assay');
    const selectors = policies.map(
      (policy) => (policy['spec'] as { podSelector: { matchLabels?: Record<string, string> } }).podSelector,
    );
    for (const manifest of workloads(small)) {
      const labels = labelsOf(manifest);
      const held = selectors.filter(({ matchLabels }) =>
        Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value),
      );
      expect([manifest.metadata.name, held.length]).toEqual([manifest.metadata.name, 2]);
    }
  });
});

describe('a service', () => {
  it.each(services.map((service) => [service.name, service] as const))(
    '%s is given settings that it knows',
    (name, service) => {
      const shared = find(small, 'ConfigMap', 'assay')['data'] as Record<string, string>;
      const [container] = podOf(find(small, 'Deployment', name)).containers;
      const own = Object.fromEntries(
        (container?.env ?? []).map(({ name, value = 'mongodb://a-secret-of-length/x' }) => [name, value]),
      );
      const { shared: read } = readConfig(service, { ...shared, ...own });
      expect(read).toMatchObject({
        natsSetup: false,
        blobsUrl: 'jetstream:assay-blobs',
        natsUrl: 'nats://nats.assay.svc:4222',
      });
    },
  );

  it.each(names)('%s alone is what it is among the others', async (name) => {
    const alone = await manifestsOf(`services/${name}`);
    const base = new Map(small.map((manifest) => [keyOf(manifest), manifest]));
    expect(alone.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'NetworkPolicy']));
    for (const manifest of alone) expect(base.get(keyOf(manifest))).toEqual(manifest);
  });

  it('is told of no secret that is another’s', () => {
    for (const name of names) {
      const pod = podOf(find(small, 'Deployment', name));
      const mounted = (pod.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []);
      const read = pod.containers.flatMap(({ env = [] }) =>
        env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []),
      );
      const others = [...mounted, ...read].filter((secret) => secret !== `assay-${name}` && secret !== 'assay-store');
      expect([name, others]).toEqual([name, name === 'consumer' ? ['assay-sinks'] : []]);
    }
  });
});

describe('rights', () => {
  interface Rule {
    resources: string[];
    resourceNames?: string[];
    verbs: string[];
  }
  const rulesOf = (kind: string, name: string) => find(small, kind, name)['rules'] as Rule[];

  it('of setup are for the Secrets that it makes, and nats-server', () => {
    const named = rulesOf('Role', 'assay-setup').flatMap(({ resourceNames = [] }) => resourceNames);
    expect(named.sort()).toEqual(
      ['admin', 'client', 'nats', ...names]
        .map((name) => `assay-${name}`)
        .concat('nats')
        .sort(),
    );
    const unnamed = rulesOf('Role', 'assay-setup').filter(({ resourceNames }) => !resourceNames);
    expect(unnamed.flatMap(({ verbs }) => verbs)).toEqual(['create']);
  });

  it('of the executor do not reach what is in a Secret, nor pods, roles or other namespaces', () => {
    const verbs = (resource: string) =>
      rulesOf('Role', 'assay-executor').flatMap((rule) => (rule.resources.includes(resource) ? rule.verbs : []));
    expect(verbs('secrets').sort()).toEqual(['create', 'delete', 'patch']);
    expect(verbs('pods').sort()).toEqual(['get', 'list', 'watch']);
    expect(verbs('pods/exec')).toEqual([]);
    expect(
      JSON.stringify([rulesOf('Role', 'assay-executor'), rulesOf('ClusterRole', 'assay-scan-controller')]),
    ).not.toContain('*');
    expect(find(small, 'Role', 'assay-executor').metadata.namespace).toBe('assay-runs');
  });

  it('of runs are none', () => {
    expect(find(small, 'ServiceAccount', 'assay-run')['automountServiceAccountToken']).toBe(false);
    const bound = small
      .filter(({ kind }) => kind.endsWith('RoleBinding'))
      .flatMap((binding) => binding['subjects'] as { name: string }[]);
    expect(bound.map(({ name }) => name)).not.toContain('assay-run');
  });
});

describe('high availability', () => {
  it.each(names)('has two of %s', (name) => {
    const { replicas } = find(ha, 'Deployment', name)['spec'] as { replicas?: number };
    const scaler = ha.find((each) => each.kind === 'HorizontalPodAutoscaler' && each.metadata.name === name);
    expect([replicas, (scaler?.['spec'] as { minReplicas?: number } | undefined)?.minReplicas].filter(Boolean)).toEqual(
      [2],
    );
    expect(find(ha, 'PodDisruptionBudget', name)['spec']).toMatchObject({ maxUnavailable: 1 });
  });

  it('has three nats-servers with three copies, and no store that is one pod', () => {
    expect(find(ha, 'StatefulSet', 'nats')['spec']).toMatchObject({ replicas: 3 });
    expect((find(ha, 'ConfigMap', 'assay')['data'] as Record<string, string>)['ASSAY_NATS_REPLICAS']).toBe('3');
    expect(ha.some(({ metadata }) => metadata.name === 'mongodb')).toBe(false);
  });

  it('scales by what is unread of durables that there are', async () => {
    const known = services.flatMap(durablesOf).map(({ stream, name }) => `${stream} ${name}`);
    const text = await readFile(join(root, 'deploy/kustomize/components/keda/scaled-objects.yaml'), 'utf8');
    const asked = [...text.matchAll(/stream: (\S+)\n\s+consumer: (\S+)/g)].map(
      ([, stream, consumer]) => `${stream} ${consumer}`,
    );
    expect(asked).toEqual([
      `${streamOf('finding')} enricher-finding-reported`,
      `${streamOf('report')} producer-report-submitted`,
    ]);
    expect(known).toEqual(expect.arrayContaining(asked));
  });
});
