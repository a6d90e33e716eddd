// Sinks declared with kubectl on a real API server, delivered to by a consumer on a real bus.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bus, streamOf } from '@assay/bus';
import { runFinished } from '@assay/contracts';
import { connectKube, type Kube } from '@assay/kube';
import { createLog, type RunningService, readConfig, setUpBus, startService, toWire } from '@assay/runtime';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consumer } from '../service.ts';
import type { Supervisor } from '../supervise-sinks.ts';

const kubectlPath = process.env['ASSAY_TEST_KUBECTL'] ?? 'kubectl';
const crds = join(import.meta.dirname, '../../../../deploy/crds');
const namespace = `sinks-${process.pid}`;
const kind = { apiVersion: 'assay.dev/v1alpha1', kind: 'Sink' };
const subject = 'assay.run.finished.>';
const config = { path: 'runs.jsonl' };

let nats: TestNats;
let bus: Bus;
let blobs: BlobStore;
let kube: Kube;
let home: string;
let running: RunningService;

beforeAll(async () => {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster');
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=assay', '-k', crds]);
  await kubectl(['wait', '--for=condition=Established', 'crd/sinks.assay.dev']);
  kube = await connectKube({ namespace });
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  home = await mkdtemp(join(tmpdir(), 'assay-sinks-'));
  for (const folder of ['declared', 'mounted/hooks']) await mkdir(join(home, folder), { recursive: true });
  nats = await startNats();
  bus = await nats.connect();
  await setUpBus(bus, readConfig(consumer, {}).shared);
  blobs = await openBlobs(`file:${join(home, 'blobs')}`, {});
  await start();
}, 120_000);
afterAll(async () => {
  await running?.stop();
  await nats?.stop();
  await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const { shared, config } = readConfig(consumer, {
    ASSAY_HOME: home,
    ASSAY_CONSUMER_SINKS_DIR: join(home, 'declared'),
    ASSAY_CONSUMER_SINKS_RELOAD_MS: '3600000',
    ASSAY_CONSUMER_SECRETS_DIR: join(home, 'mounted'),
    ASSAY_CONSUMER_SINK_RESOURCES: 'true',
    ASSAY_CONSUMER_SINK_NAMESPACE: namespace,
  });
  const own = await nats.connect();
  running = await startService(consumer, { shared, config, bus: own, blobs, log: createLog('fatal') });
}

describe('a Sink resource', () => {
  it('is delivered to, and says that it is ready', async () => {
    await declare('local', { type: 'file', subject, config });
    expect(await statusWhere('local', 'Ready')).toMatchObject({
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Running', observedGeneration: 1 }],
    });
    await finishRun('r1');
    expect(await delivered(1)).toEqual(['r1']);
    const line = (await kubectl(['get', 'asink', 'local', '-n', namespace, '--no-headers'])).trim().split(/ +/);
    expect(line.slice(0, 4)).toEqual(['local', 'file', 'Ready', subject]);
  });

  it('goes on where it was after a restart of the consumer', async () => {
    await running.stop();
    await finishRun('r2');
    await start();
    expect(await delivered(2)).toEqual(['r1', 'r2']);
  });

  it.each([
    ['a type that is none', { type: 'pigeon', subject }, /pigeon/],
    ['a subject that nothing matches', { type: 'file', subject: 'assay.run.vanished.>' }, /can match no event/],
    ['a setting that the type does not know', { type: 'webhook', subject, config: { uri: 'x' } }, /uri|url/],
    [
      'a secret outside of the folder',
      {
        type: 'webhook',
        subject,
        config: { url: 'https://x.example' },
        credentials: { secret: { file: '/etc/hostname' } },
      },
      /only files inside/,
    ],
  ])('with %s is refused in a sentence', async (_, spec, message) => {
    await declare('wrong', spec);
    const status = await statusWhere('wrong', 'Refused');
    expect(status['conditions']).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'Refused', message: expect.stringMatching(message) },
    ]);
    await remove('wrong');
  });

  it('waits for a Secret that is not mounted yet, and takes it when it is', async () => {
    const credentials = { secret: { secretKeyRef: { name: 'hooks', key: 'token' } } };
    await declare('hook', { type: 'webhook', subject, config: { url: 'https://hook.example/x' }, credentials });
    const waiting = await statusWhere('hook', 'Pending');
    expect(waiting['conditions']).toMatchObject([
      { reason: 'Failing', message: expect.stringContaining('mounted/hooks/token') },
    ]);
    await writeFile(join(home, 'mounted/hooks/token'), 'a-long-secret-for-the-hook');
    await statusWhere('hook', 'Ready');
    await remove('hook');
  });

  it('that becomes wrong says so, while what it declared before goes on', async () => {
    await kubectl([
      'patch',
      'sink',
      'local',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"subject":"assay.run.vanished.>"}}',
    ]);
    await statusWhere('local', 'Refused');
    await finishRun('r3');
    expect(await delivered(3)).toEqual(['r1', 'r2', 'r3']);
    await kubectl([
      'patch',
      'sink',
      'local',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      `{"spec":{"subject":"${subject}"}}`,
    ]);
    expect(await statusWhere('local', 'Ready')).toMatchObject({ observedGeneration: 3 });
  });

  it('gives way to a file that declares the same, until the file is gone', async () => {
    const file = join(home, 'declared', 'local.yaml');
    await writeFile(file, JSON.stringify({ name: 'local', type: 'file', subject, config }));
    await (running.resources as Supervisor).reload();
    const refused = await statusWhere('local', 'Refused');
    expect(refused['conditions']).toMatchObject([
      { message: expect.stringMatching(/is declared in .*local\.yaml:1 too/) },
    ]);
    await rm(file);
    await (running.resources as Supervisor).reload();
    await statusWhere('local', 'Ready');
  });

  it('that is removed is delivered to no more', async () => {
    const supervisor = running.resources as Supervisor;
    await remove('local');
    while (supervisor.names().includes('local')) await new Promise((resolve) => setTimeout(resolve, 50));
    // Acted upon, not only known.
    await supervisor.reload();
    await finishRun('r4');
    expect(await bus.messageCount(streamOf('run'))).toBe(4);
    expect(await delivered(3)).toEqual(['r1', 'r2', 'r3']);
  });
});

function declare(name: string, spec: object): Promise<unknown> {
  return kube.apply({ ...kind, metadata: { name }, spec });
}

function remove(name: string): Promise<boolean> {
  return kube.delete({ ...kind, name });
}

/** Of the newest generation. */
async function statusWhere(name: string, phase: string): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(50_000);
  let status: Record<string, unknown> = {};
  for await (const event of kube.watch(kind, { namespace, fields: `metadata.name=${name}`, signal })) {
    if (event.type !== 'applied') continue;
    status = (event.object['status'] ?? {}) as Record<string, unknown>;
    if (status['phase'] === phase && status['observedGeneration'] === event.object.metadata.generation) return status;
  }
  throw new Error(`Sink ${name} stayed ${JSON.stringify(status)}`);
}

async function finishRun(runId: string): Promise<void> {
  const data = runFinished.message.create({ runId, pipeline: 'scan' });
  const attributes = { id: runId, source: 'assay/spec', time: '2026-01-31T12:00:00.000Z' };
  await bus.publish(await toWire(runFinished, data, attributes, blobs), runId);
}

/** Runs that the file sink has, as soon as it has so many. */
async function delivered(count: number): Promise<string[]> {
  for (;;) {
    const text = await readFile(join(home, 'sinks', config.path), 'utf8').catch(() => '');
    const lines = text.split('\n').filter(Boolean);
    if (lines.length >= count) return lines.map((line) => JSON.parse(line).data.runId);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function kubectl(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(kubectlPath, args)).stdout;
}
