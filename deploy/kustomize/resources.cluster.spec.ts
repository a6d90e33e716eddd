// What the API server makes of our definitions, roles and policy: at KUBECONFIG, whose user may act as others.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectKube, type Kube, type KubeObject } from '@assay/kube';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';

const kubectlPath = process.env['ASSAY_TEST_KUBECTL'] ?? 'kubectl';
const kustomize = import.meta.dirname;
const namespace = `resources-${process.pid}`;
const runs = `${namespace}-runs`;
const people = ['viewer', 'submitter', 'pipeline-author', 'administrator'] as const;
const executor = 'system:serviceaccount:assay:assay-executor';

let kube: Kube;
let policy: KubeObject[];
beforeAll(async () => {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster');
  kube = await connectKube({ namespace });
  for (const folder of [join(kustomize, '..', 'crds'), join(kustomize, 'rbac')])
    await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=assay', '-k', folder]);
  await kubectl([
    'wait',
    '--for=condition=Established',
    'crd/scans.assay.dev',
    'crd/sinks.assay.dev',
    'crd/artifacts.assay.dev',
  ]);
  await kube.create(namespaceOf(namespace, {}));
  await kube.create(namespaceOf(runs, { 'assay.dev/spec': namespace }));
  for (const person of people)
    for (const where of [namespace, runs]) await kube.create(binding(`assay-${person}`, person, where));
  // By their roles both may do everything there: what is refused, the policy refuses.
  await kube.create(binding('cluster-admin', 'owner', runs));
  await kube.create(binding('admin', executor, runs));
  policy = await policyForSpec();
  for (const object of policy) await kube.apply(object);
  await untilPolicyHolds();
}, 120_000);
afterAll(async () => {
  for (const { apiVersion, kind, metadata } of policy ?? [])
    await kube.delete({ apiVersion, kind, name: metadata.name ?? '' });
  for (const name of [namespace, runs]) await kube.delete({ apiVersion: 'v1', kind: 'Namespace', name });
});

const scans = `/apis/assay.dev/v1alpha1/namespaces/${namespace}/scans`;
const scan = { apiVersion: 'assay.dev/v1alpha1', kind: 'Scan', metadata: { name: 'shop' } };
const source = { url: 'https://github.com/acme/shop.git' };

describe('the API server', () => {
  it('gives a Scan its defaults, and shows it', async () => {
    await kube.create({ ...scan, spec: { target: { name: 'shop' }, source } });
    const made = await kube.get({ ...scan, name: 'shop' });
    expect(made?.['spec']).toEqual({
      target: { name: 'shop', kind: 'repository' },
      source,
      pipeline: 'scan',
      suspend: false,
      historyLimit: 5,
    });
    const findings = { critical: 1, high: 2, medium: 3, low: 4 };
    await kube.patch({ ...scan, name: 'shop' }, { status: { phase: 'Complete', findings } }, { subresource: 'status' });
    const [heading, line] = (await kubectl(['get', 'asc', '-n', namespace])).split('\n');
    expect(heading?.split(/ +/)).toEqual(['NAME', 'TARGET', 'PHASE', 'CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'AGE']);
    expect(line?.split(/ +/).slice(0, 7)).toEqual(['shop', 'shop', 'Complete', '1', '2', '3', '4']);
    expect(await kubectl(['get', 'assay', '-n', namespace])).toContain('scan.assay.dev/shop');
    expect(await kubectl(['explain', 'scan.spec.schedule'])).toContain('0 3 * * *');
  });

  it.each<[string, string, object, RegExp]>([
    ['a Scan of nothing', 'Scan', { source }, /spec\.target: Required/],
    [
      'two sources',
      'Scan',
      { target: { name: 'x' }, source: { ...source, archive: `sha256:${'0'.repeat(64)}` } },
      /give one of url and archive/,
    ],
    [
      'a time zone of no schedule',
      'Scan',
      { target: { name: 'x' }, source, timeZone: 'UTC' },
      /timeZone is of a schedule/,
    ],
    ['an unknown member', 'Scan', { target: { name: 'x' }, source, colour: 'red' }, /unknown field "spec\.colour"/],
    [
      'two references',
      'Sink',
      { ...sinkSpec(), credentials: { secret: { env: 'A', file: '/a' } } },
      /give one of secretKeyRef, file and env/,
    ],
    [
      'two rates',
      'Sink',
      { ...sinkSpec(), rateLimit: { perSecond: 1, perMinute: 1 } },
      /give one of perSecond and perMinute/,
    ],
    ['a literal secret', 'Sink', { ...sinkSpec(), credentials: { secret: 'hunter2' } }, /credentials/],
    [
      'a platform of no image',
      'Artifact',
      { kind: 'git', reference: 'x', platform: 'linux/amd64' },
      /platform is of images/,
    ],
  ])('refuses %s', async (_, kind, spec, message) => {
    await expect(kube.create({ ...scan, kind, metadata: { name: 'wrong' }, spec })).rejects.toMatchObject({
      code: 'kube.invalid',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a name that a run’s id has no room for', async () => {
    const metadata = { name: 'a'.repeat(41) };
    await expect(kube.create({ ...scan, metadata, spec: { target: { name: 'x' }, source } })).rejects.toThrow(
      /at most 40/,
    );
  });

  it('takes every member of a Sink as it is', async () => {
    const spec = {
      ...sinkSpec(),
      start: 7,
      replayFrom: '2026-01-31T12:00:00Z',
      template: { text: '{{title}}' },
      config: { url: 'https://chat.example', nested: { any: [1, 'two', null] } },
      credentials: { secret: { secretKeyRef: { name: 'hooks', key: 'token' } } },
    };
    const made = await kube.apply({ ...scan, kind: 'Sink', metadata: { name: 'chat' }, spec });
    expect(made['spec']).toEqual(spec);
  });

  it('lets nobody change an Artifact, nor its digest once it is resolved', async () => {
    const artifact = { ...scan, kind: 'Artifact', metadata: { name: 'shop' } };
    const ref = { apiVersion: scan.apiVersion, kind: 'Artifact', name: 'shop' };
    await kube.create({ ...artifact, spec: { kind: 'image', reference: 'ghcr.io/acme/shop:1' } });
    await expect(kube.patch(ref, { spec: { reference: 'ghcr.io/acme/shop:2' } })).rejects.toThrow(
      /immutable: make another/,
    );
    const status = { phase: 'Resolved', digest: `sha256:${'1'.repeat(64)}` };
    await kube.patch(ref, { status }, { subresource: 'status' });
    for (const digest of [`sha256:${'2'.repeat(64)}`, null])
      await expect(kube.patch(ref, { status: { digest } }, { subresource: 'status' })).rejects.toThrow(/cannot change/);
    await expect(kube.patch(ref, { status: null }, { subresource: 'status' })).rejects.toThrow(/cannot change/);
    const again = { conditions: [], phase: 'Resolved' };
    expect(await kube.patch(ref, { status: again }, { subresource: 'status' })).toMatchObject({ status });
  });
});

describe('the role of', () => {
  const [yes, no] = [true, false];
  const asked = [
    ['get', 'scans.assay.dev'],
    ['create', 'scans.assay.dev'],
    ['delete', 'scans.assay.dev'],
    ['patch', 'scans.assay.dev/status'],
    ['create', 'artifacts.assay.dev'],
    ['get', 'sinks.assay.dev'],
    ['create', 'sinks.assay.dev'],
    ['patch', 'sinks.assay.dev/status'],
    ['create', 'pipelines.tekton.dev'],
    ['create', 'tasks.tekton.dev'],
    ['get', 'pipelineruns.tekton.dev'],
    ['create', 'pipelineruns.tekton.dev'],
    ['delete', 'taskruns.tekton.dev'],
    ['create', 'pods'],
    ['create', 'pods/exec'],
    ['get', 'secrets'],
    ['create', 'rolebindings.rbac.authorization.k8s.io'],
  ] as const;
  it.each<[(typeof people)[number], boolean[]]>([
    ['viewer', [yes, no, no, no, no, yes, no, no, no, no, yes, no, no, no, no, no, no]],
    ['submitter', [yes, yes, yes, no, yes, no, no, no, no, no, no, no, no, no, no, no, no]],
    ['pipeline-author', [no, no, no, no, no, no, no, no, yes, yes, yes, no, no, no, no, no, no]],
    ['administrator', [yes, yes, yes, no, yes, yes, yes, no, yes, yes, yes, no, no, no, no, no, no]],
  ])('%s allows what it says and no more', async (person, expected) => {
    const may = await Promise.all(asked.map(([verb, resource]) => canI(person, verb, resource)));
    const words = (answers: readonly boolean[]) => asked.map((right, at) => `${right.join(' ')}: ${answers[at]}`);
    expect(words(may)).toEqual(words(expected));
  });

  it('the cluster’s own names has ours in it', async () => {
    await kube.create(binding('view', 'onlooker', namespace));
    await kube.create(binding('edit', 'developer', namespace));
    await kube.create(binding('admin', 'lead', namespace));
    expect(await canI('onlooker', 'get', 'scans.assay.dev')).toBe(true);
    expect(await canI('onlooker', 'create', 'scans.assay.dev')).toBe(false);
    expect(await canI('developer', 'create', 'scans.assay.dev')).toBe(true);
    expect(await canI('developer', 'create', 'sinks.assay.dev')).toBe(false);
    expect(await canI('lead', 'create', 'sinks.assay.dev')).toBe(true);
    expect(await canI('lead', 'patch', 'scans.assay.dev/status')).toBe(false);
  });

  it.each<[person: string, args: string[], input: object | undefined, refusal: RegExp]>([
    ['viewer', ['delete', 'scan', 'any'], undefined, /cannot delete resource "scans"/],
    ['submitter', ['create', '-f', '-'], sinkNamed('mine'), /cannot create resource "sinks"/],
    [
      'submitter',
      ['replace', '--raw', `${scans}/shop/status`, '-f', '-'],
      {},
      /cannot update resource "scans\/status"/,
    ],
    ['pipeline-author', ['create', 'configmap', 'x'], undefined, /cannot create resource "configmaps"/],
    ['administrator', ['get', 'secrets'], undefined, /cannot list resource "secrets"/],
    [
      'administrator',
      ['replace', '--raw', `${scans}/shop/status`, '-f', '-'],
      {},
      /cannot update resource "scans\/status"/,
    ],
  ])('%s is refused when it tries %j', async (person, args, input, refusal) => {
    await expect(kubectl([...args, '-n', namespace, '--as', person], input)).rejects.toThrow(refusal);
  });
});

describe('where runs are', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers: [{ name: 'x', image: 'busybox' }] },
  };
  const taskRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'x' },
    spec: { taskSpec: { steps: [{ name: 'x', image: 'busybox', script: 'sleep 20' }] } },
  };
  const pipelineRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'x' },
    spec: { pipelineSpec: { tasks: [{ name: 'x', taskSpec: taskRun.spec.taskSpec }] } },
  };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'run-x' } };
  const refusal =
    /owner may not do that here: what runs are made of is made, changed and deleted by the executor alone/;

  it.each([pipelineRun, taskRun, pod, secret, configMap])(
    'an owner of the namespace makes no $kind',
    async (object) => {
      await expect(applyAs('owner', object)).rejects.toThrow(refusal);
    },
  );

  it('the executor makes what Tekton runs, and an owner changes, enters and deletes none of it, but reads it', async () => {
    for (const object of [configMap, secret]) await applyAs(executor, object);
    await applyAs(executor, pipelineRun);
    for (const event of ['create', 'condition=Ready'])
      await kubectl(['wait', `--for=${event}`, 'pod/x-x-pod', '-n', runs, '--timeout=120s']);
    for (const args of [
      ['attach', 'x-x-pod', '-c', 'step-x'],
      ['exec', 'x-x-pod', '-c', 'step-x', '--', 'true'],
      ['debug', 'x-x-pod', '--image=busybox'],
    ])
      await expect(kubectl(['-n', runs, '--as', 'owner', ...args])).rejects.toThrow(refusal);
    await kubectl(['wait', '--for=condition=Succeeded', 'pipelinerun/x', '-n', runs, '--timeout=240s']);
    for (const args of [
      ['patch', 'configmap', 'run-x', '--type=merge', '-p', '{"data":{"a":"1"}}'],
      ['delete', 'secret', 'x'],
      ['delete', 'pod', '--all'],
      ['delete', 'configmap', '--all'],
    ])
      await expect(kubectl(['-n', runs, '--as', 'owner', ...args])).rejects.toThrow(refusal);
    expect(await kubectl(['get', 'pods,configmaps', '-n', runs, '--as', 'owner'])).toContain('x-x-pod');
    expect(await kubectl(['logs', 'x-x-pod', '-n', runs, '--as', 'owner'])).toBeDefined();
    await kubectl(['delete', 'pipelinerun', 'x', '-n', runs, '--as', executor]);
    // Garbage goes: the cluster itself may.
    await kubectl(['wait', '--for=delete', 'pod/x-x-pod', '-n', runs, '--timeout=120s']);
  }, 420_000);

  it('an owner keeps what pipelines read', async () => {
    await applyAs('owner', { ...configMap, metadata: { name: 'eslint-config' } });
    await kubectl(['delete', 'configmap', 'eslint-config', '-n', runs, '--as', 'owner']);
  });

  it('everything is as it was in other namespaces', async () => {
    await kube.create(binding('admin', 'owner', namespace));
    await kubectl(['create', 'configmap', 'free', '-n', namespace, '--as', 'owner']);
  });
});

async function kubectl(args: readonly string[], input?: unknown): Promise<string> {
  const running = promisify(execFile)(kubectlPath, ['--request-timeout=60s', ...args]);
  if (input !== undefined) running.child.stdin?.end(JSON.stringify(input));
  const { stdout } = await running;
  return stdout;
}

async function canI(person: string, verb: string, resource: string): Promise<boolean> {
  const [name = '', subresource] = resource.split('/');
  const flags = subresource ? [`--subresource=${subresource}`] : [];
  // Says "no" with exit code 1.
  return kubectl(['auth', 'can-i', verb, name, ...flags, '-n', namespace, '--as', person]).then(
    () => true,
    (error: { stdout?: string }) => {
      if (error.stdout?.startsWith('no')) return false;
      throw error;
    },
  );
}

function applyAs(user: string, object: object): Promise<string> {
  return kubectl(['create', '-n', runs, '--as', user, '-f', '-'], object);
}

function namespaceOf(name: string, labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function binding(role: string, user: string, where: string, kind = 'ClusterRole'): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${role}-${user.replaceAll(':', '-')}`, namespace: where },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  } as KubeObject;
}

function sinkNamed(name: string): object {
  return { ...scan, kind: 'Sink', metadata: { name }, spec: sinkSpec() };
}

function sinkSpec(): object {
  return { type: 'webhook', subject: 'assay.finding.changed.>' };
}

/** The policy as it is deployed, but for its name and the namespaces it holds in: others work on this cluster too. */
async function policyForSpec(): Promise<KubeObject[]> {
  const text = await readFile(join(kustomize, 'policies', 'runs.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as KubeObject & { spec: Record<string, unknown> };
    const named = { ...object, metadata: { ...object.metadata, name: namespace } };
    if (object.kind !== 'ValidatingAdmissionPolicyBinding') return named;
    expect(object.spec['matchResources']).toEqual({ namespaceSelector: { matchLabels: { 'assay.dev/runs': 'true' } } });
    const matchResources = { namespaceSelector: { matchLabels: { 'assay.dev/spec': namespace } } };
    return { ...named, spec: { ...object.spec, policyName: namespace, matchResources } };
  });
}

/** A policy holds some time after it is there. */
async function untilPolicyHolds(): Promise<void> {
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'run-probe', namespace: runs } };
  for (;;) {
    try {
      await kube.create(probe);
      await kube.delete({ ...probe, name: 'run-probe', namespace: runs });
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
