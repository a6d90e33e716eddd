// The backend on a real Kubernetes with a real Tekton, at KUBECONFIG: what becomes of a run, and of its logs, however it
// ends. ASSAY_TEST_IMAGE names an image with a shell that the cluster has.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { Outcome, outcomeNames, runRequested } from '@assay/contracts';
import { connectKube, type Kube } from '@assay/kube';
import { createLog } from '@assay/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backend, TaskUpdate } from '../../backend.ts';
import { executorConfig } from '../../config.ts';
import { endsOf, until } from '../../testing/tiny-tools.ts';
import { tektonBackend } from './index.ts';
import { pipelineRunKind, taskRunKind } from './tekton-objects.ts';

const image = process.env['ASSAY_TEST_IMAGE'] ?? 'docker.io/library/busybox:1';
const namespace = `executor-spec-${process.pid}`;
let root: string;
let kube: Kube;
let blobs: BlobStore;
const backends: Backend[] = [];

beforeAll(async () => {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster with Tekton');
  root = await mkdtemp(join(tmpdir(), 'tekton-'));
  blobs = await openBlobs(`file:${join(root, 'blobs')}`);
  kube = await connectKube({ namespace });
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'assay-run', namespace } });
  await component('fetch', 'source', 'echo fetched');
  await component('finder', 'producer', 'echo looking; echo "token $(cat /nowhere 2>&1)"; printf id-1 >$RESULT');
  await component('broken', 'producer', 'echo it went wrong >&2; exit 3');
  await component('silent', 'producer', 'true');
  await component('sleeper', 'producer', 'echo asleep; sleep 600');
  await component('absent', 'producer', 'true', { image: 'docker.io/library/not-there:1' });
  await component('unused', 'producer', 'true', {
    annotations: '    assay.dev/skip-code: "9"\n    assay.dev/tool: unused\n    assay.dev/install: with:it\n',
    script: 'echo no licence; exit 9',
  });
  await component('teller', 'consumer', 'echo told');
}, 120_000);

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.close()));
});

afterAll(async () => {
  await kube.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await rm(root, { recursive: true, force: true });
}, 120_000);

async function component(
  name: string,
  stage: string,
  script: string,
  more: { image?: string; annotations?: string; script?: string } = {},
): Promise<void> {
  const folder = join(root, 'components', name);
  await mkdir(folder, { recursive: true });
  const isProducer = stage === 'producer';
  await writeFile(
    join(folder, 'task.yaml'),
    `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: ${name}
  labels:
    v1.dracon.ocurity.com/component: ${stage}
  annotations:
    assay.dev/of: specs
${more.annotations ?? ''}spec:
${isProducer ? '  results:\n    - name: report\n' : ''}  steps:
    - name: work
      image: ${more.image ?? image}
${isProducer ? '      env:\n        - name: RESULT\n          value: $(results.report.path)\n' : ''}      script: |
        #!/bin/sh
        ${more.script ?? script}
`,
  );
}

function backend(settings: Record<string, unknown> = {}, now = () => new Date()): Backend {
  const config = executorConfig.parse({
    namespace,
    components: join(root, 'components'),
    pipelines: join(root, 'pipelines'),
    taskTimeoutMs: 120_000,
    ...settings,
  });
  const made = tektonBackend({ kube, config, blobs, log: createLog('silent'), now });
  backends.push(made);
  return made;
}

async function begin(on: Backend, runId: string, components: string[], more = {}): Promise<void> {
  const request = runRequested.message.create({
    runId,
    pipeline: 'own',
    target: { name: 'shop' },
    components: ['fetch', ...components],
    ...more,
  });
  await on.start({ ...(await on.plan(request)), token: 'assay-run.secret.token' });
}

/** Everything of a run to its end; `seen` is called with each. */
async function follow(on: Backend, runId: string, seen: (update: TaskUpdate) => unknown = () => {}) {
  const all: TaskUpdate[] = [];
  for await (const update of on.watch(runId)) {
    all.push(update);
    await seen(update);
  }
  await on.release(runId);
  const ends = Object.fromEntries(endsOf(all).map(({ task, end }) => [task, end]));
  const outcomes = Object.fromEntries(Object.entries(ends).map(([task, end]) => [task, outcomeNames.of(end.outcome)]));
  return { all, ends, outcomes };
}

async function textOf(digest: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(digest)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const uniqueId = (name: string) => `${name}-${process.pid}`;

describe('a run on the cluster', () => {
  it('tells of every task once, in the order of the stages, with its logs as they come and whole', async () => {
    const on = backend();
    const id = uniqueId('good');
    await begin(on, id, ['finder', 'teller']);
    const { all, ends, outcomes } = await follow(on, id);
    expect(outcomes).toEqual({ fetch: 'succeeded', finder: 'succeeded', teller: 'succeeded' });
    expect(ends['finder']).toMatchObject({ reportIds: ['id-1'], reason: '', exitCode: 0 });
    const told = all.filter(({ kind }) => kind !== 'logged').map(({ kind, task }) => `${kind} ${task}`);
    // The end of a task waits for the end of its log; the next one may have begun by then.
    expect(told.filter((each) => each.startsWith('started'))).toEqual([
      'started fetch',
      'started finder',
      'started teller',
    ]);
    expect(new Set(told).size).toBe(6);
    for (const task of ['fetch', 'finder', 'teller'])
      expect(told.indexOf(`started ${task}`)).toBeLessThan(told.indexOf(`finished ${task}`));
    const [log] = ends['finder']?.logs ?? [];
    const whole = await textOf(log?.blob?.digest ?? '');
    expect(whole).toContain('looking\n');
    const pieces = all.flatMap((update) => (update.kind === 'logged' && update.task === 'finder' ? [update] : []));
    expect(pieces.map(({ text }) => text).join('')).toBe(whole);
    expect(pieces[0]).toMatchObject({ step: 'work', offset: 0 });
    // The same again from another replica, after the end: the same events.
    const other = backend();
    await begin(other, id, ['finder', 'teller']);
    const again = await follow(other, id);
    expect(again.ends).toEqual(ends);
  }, 180_000);

  it('says how each task ended that did not end well, and goes on without it', async () => {
    const on = backend();
    const id = uniqueId('bad');
    await begin(on, id, ['finder', 'broken', 'silent', 'absent', 'unused', 'teller']);
    const { ends, outcomes } = await follow(on, id);
    expect(outcomes).toEqual({
      fetch: 'succeeded',
      finder: 'succeeded',
      broken: 'failed',
      silent: 'failed',
      absent: 'error',
      unused: 'skipped',
      teller: 'succeeded',
    });
    expect(ends['broken']).toMatchObject({
      reason: 'step work failed with exit code 3: it went wrong',
      exitCode: 3,
      logTail: 'it went wrong',
    });
    expect(ends['silent']?.reason).toMatch(/handed over no report/);
    expect(ends['absent']?.reason).toMatch(/image.*could not be fetched.*not-there/s);
    expect(ends['unused']?.reason).toMatch(/no licence/);
    expect(await textOf(ends['broken']?.logs?.[0]?.blob?.digest ?? '')).toBe('it went wrong\n');
  }, 240_000);

  it('ends a task that takes too long, and keeps what it wrote', async () => {
    const on = backend({ taskTimeoutMs: 15_000 });
    const id = uniqueId('slow');
    await begin(on, id, ['sleeper']);
    const { ends } = await follow(on, id);
    expect(ends['sleeper']).toMatchObject({
      outcome: Outcome.ERROR,
      reason: expect.stringContaining('ASSAY_EXECUTOR_TASK_TIMEOUT_MS'),
      logTail: 'asleep',
    });
  }, 180_000);

  it('is cancelled by any replica, and says why', async () => {
    const [on, other] = [backend(), backend()];
    const id = uniqueId('cancelled');
    await begin(on, id, ['sleeper', 'teller']);
    const { ends, outcomes } = await follow(on, id, (update) =>
      update.kind === 'logged' && update.task === 'sleeper' ? other.cancel(id, 'wrong branch') : undefined,
    );
    expect(outcomes).toEqual({ fetch: 'succeeded', sleeper: 'cancelled', teller: 'cancelled' });
    expect(ends['sleeper']?.reason).toBe('cancelled: wrong branch');
  }, 180_000);

  it('survives the loss of a pod: the task ends as an error or is done again, and is told once', async () => {
    const on = backend();
    const id = uniqueId('evicted');
    await begin(on, id, ['sleeper', 'finder']);
    const { all, outcomes } = await follow(on, id, async (update) => {
      if (update.kind !== 'logged' || update.task !== 'sleeper') return;
      const taskRuns = await kube.list(taskRunKind, { namespace, labels: 'tekton.dev/pipelineTask=sleeper' });
      const mine = taskRuns.find(({ metadata }) => metadata.labels?.['tekton.dev/pipelineRun']?.includes(id));
      const { podName } = (mine?.['status'] ?? {}) as { podName?: string };
      await kube.delete({ apiVersion: 'v1', kind: 'Pod', namespace, name: podName ?? '' });
    });
    expect(outcomes).toMatchObject({ finder: 'succeeded', sleeper: expect.stringMatching(/^(error|failed)$/) });
    expect(endsOf(all).filter(({ task }) => task === 'sleeper')).toHaveLength(1);
  }, 240_000);

  it('goes on when its executor is gone, and is told by the next one', async () => {
    const first = backend();
    const id = uniqueId('restarted');
    await begin(first, id, ['finder', 'teller']);
    for await (const update of first.watch(id)) if (update.kind === 'started') break;
    await first.close();
    const next = backend();
    await begin(next, id, ['finder', 'teller']);
    const { outcomes } = await follow(next, id);
    expect(outcomes).toEqual({ fetch: 'succeeded', finder: 'succeeded', teller: 'succeeded' });
    const runs = await kube.list(pipelineRunKind, { namespace });
    expect(runs.filter(({ metadata }) => metadata.name === `run-${id}`)).toHaveLength(1);
  }, 240_000);

  it('waits for its turn, and takes the place of an older one of the same target where that is wanted', async () => {
    const on = backend({ maxRuns: '1', cancelInProgress: 'true' });
    const [older, newer] = [uniqueId('older'), uniqueId('newer')];
    await begin(on, older, ['sleeper']);
    const first = follow(on, older);
    await begin(on, newer, ['finder']);
    const second = await follow(on, newer);
    expect((await first).outcomes['sleeper']).toBe('cancelled');
    expect((await first).ends['sleeper']?.reason).toContain(`run ${newer} of the same target began`);
    expect(second.outcomes).toEqual({ fetch: 'succeeded', finder: 'succeeded' });
  }, 240_000);

  it('shows its token to nobody but its own pods', async () => {
    const runs = await kube.list(pipelineRunKind, { namespace });
    const taskRuns = await kube.list(taskRunKind, { namespace });
    expect(runs.length).toBeGreaterThan(0);
    expect(JSON.stringify([runs, taskRuns])).not.toContain('assay-run.secret.token');
    const secrets = await kube.list({ apiVersion: 'v1', kind: 'Secret' }, { namespace });
    expect(secrets.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).not.toContain(undefined);
  });

  it('is forgotten when there are enough newer ones', async () => {
    // As seen ten minutes later.
    const on = backend({ keepRuns: 1 }, () => new Date(Date.now() + 600_000));
    const id = uniqueId('newest');
    await begin(on, id, ['finder']);
    await follow(on, id);
    const left = async () => (await kube.list(pipelineRunKind, { namespace })).map(({ metadata }) => metadata.name);
    await until(async () => (await left()).length <= 2);
    expect(await left()).toContain(`run-${id}`);
  }, 120_000);
});
