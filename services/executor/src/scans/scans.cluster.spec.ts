// Scans on a real API server, by two executors on a real bus: what is asked for, and what kubectl shows of it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BlobStore, openBlobs } from '@assay/blobs';
import type { Bus } from '@assay/bus';
import {
  Assessment,
  Outcome,
  type RunAssessed,
  type RunRequested,
  runAssessed,
  runRequested,
  taskFinished,
} from '@assay/contracts';
import { connectKube, type Kube } from '@assay/kube';
import { createLog, fromWire, type RunningService, readConfig, setUpBus, startService, toWire } from '@assay/runtime';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { executor } from '../service.ts';

const kubectlPath = process.env['ASSAY_TEST_KUBECTL'] ?? 'kubectl';
const crds = join(import.meta.dirname, '../../../../deploy/crds');
const namespace = `scans-${process.pid}`;
const source = { url: 'https://github.com/acme/shop.git', revision: 'main' };

let nats: TestNats;
let bus: Bus;
let blobs: BlobStore;
let kube: Kube;
let home: string;
const running: RunningService[] = [];
const requests: RunRequested[] = [];
const ending = new AbortController();

beforeAll(async () => {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster');
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=assay', '-k', crds]);
  await kubectl(['wait', '--for=condition=Established', 'crd/scans.assay.dev']);
  kube = await connectKube({ namespace });
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  home = await mkdtemp(join(tmpdir(), 'assay-scans-'));
  nats = await startNats();
  bus = await nats.connect();
  blobs = await openBlobs(`file:${join(home, 'blobs')}`, {});
  await setUpBus(bus, readConfig(executor, {}).shared);
  void collect();
  for (const replica of ['a', 'b']) await start(replica);
}, 120_000);
afterAll(async () => {
  ending.abort();
  await Promise.all(running.map((service) => service.stop()));
  await nats?.stop();
  await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await rm(home, { recursive: true, force: true });
});

async function start(replica: string): Promise<void> {
  const { shared, config } = readConfig(executor, {
    ASSAY_HOME: join(home, replica),
    ASSAY_RUN_TOKEN_KEY: 'a key for this spec alone',
    ASSAY_EXECUTOR_SCAN_RESOURCES: 'true',
    ASSAY_EXECUTOR_SCAN_NAMESPACES: namespace,
  });
  const log = createLog('error');
  running.push(await startService(executor, { shared, config, bus: await nats.connect(), blobs, log }));
}

describe('a Scan that is applied', () => {
  it('is asked for once, by whichever executor, and shows what came of it', async () => {
    const spec = {
      target: { name: 'shop' },
      source,
      pipeline: 'golang',
      components: ['gosec'],
      params: { depth: '1' },
      steps: [{ name: 'annotate', params: { team: 'web' } }],
    };
    await kube.apply(scanOf('once', spec));
    const phase = await statusWhere('once', ({ phase }) => phase !== undefined && phase !== 'Pending');
    const asked = requestsOf('once');
    expect(asked).toMatchObject([
      {
        pipeline: 'golang',
        target: { name: 'shop', kind: 'repository' },
        revision: 'main',
        sourceUrl: source.url,
        components: ['gosec'],
        params: { depth: '1' },
        steps: [{ name: 'annotate', params: { team: 'web' } }],
      },
    ]);
    expect(phase['runId']).toBe(asked[0]?.runId);
    // This machine's backend refuses a repository that it does not see, and says so: run.finished.
    await statusWhere('once', ({ phase }) => phase === 'Assessing');
    await assess('once', {
      assessment: Assessment.COMPLETE,
      severities: { critical: 2, low: 5 },
      transitions: { opened: 7 },
    });
    await statusWhere('once', ({ phase }) => phase === 'Complete');
    const lines = (await kubectl(['get', 'scan', 'once', '-n', namespace, '--no-headers'])).trim().split(/ +/);
    expect(lines.slice(0, 7)).toEqual(['once', 'shop', 'Complete', '2', '0', '0', '5']);
    await kubectl(['wait', '--for=condition=Ready', 'scan/once', '-n', namespace, '--timeout=10s']);
  });

  it('again runs again, and keeps what was', async () => {
    const [first] = requestsOf('once');
    await kube.apply(scanOf('once', { target: { name: 'shop' }, source: { ...source, revision: 'next' } }));
    const status = await statusWhere('once', ({ runId }) => runId !== first?.runId);
    expect(status).toMatchObject({
      observedGeneration: 2,
      findings: { critical: 2 },
      history: [{ runId: first?.runId, phase: 'Complete' }],
    });
    await statusWhere('once', ({ phase }) => phase === 'Assessing');
    expect(requestsOf('once').map(({ revision }) => revision)).toEqual(['main', 'next']);
    // A late word on the run before is its history's.
    await assess('once', { runId: first?.runId ?? '', assessment: Assessment.INCOMPLETE });
    await statusWhere('once', ({ history }) => JSON.stringify(history).includes('Incomplete'));
  });

  it('and fails altogether says why', async () => {
    await kube.apply(scanOf('fails', { target: { name: 'shop' }, source }));
    await statusWhere('fails', ({ phase }) => phase === 'Assessing');
    const task = { task: 'plan', outcome: Outcome.ERROR, reason: 'no such pipeline' };
    await assess('fails', {
      assessment: Assessment.PARTIAL,
      problems: ['task plan ended as error: no such pipeline'],
      tasks: [{ ...taskFinished.message.create({}), ...task }],
    });
    expect(await statusWhere('fails', ({ phase }) => phase === 'Failed')).toMatchObject({
      problems: ['task plan ended as error: no such pipeline'],
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Ready', status: 'False', reason: 'Failed' }),
      ]),
    });
  });

  it('with a schedule that is none is refused in a sentence', async () => {
    await kube.apply(scanOf('wrong', { target: { name: 'shop' }, source, schedule: 'nightly' }));
    const status = await statusWhere('wrong', ({ conditions }) => conditions !== undefined);
    expect(status['conditions']).toMatchObject([
      { type: 'Accepted', status: 'False', message: expect.stringContaining('schedule "nightly"') },
    ]);
    expect(requestsOf('wrong')).toEqual([]);
  });

  it('with a schedule waits for its time, and runs at it once', async () => {
    await kube.apply(scanOf('often', { target: { name: 'shop' }, source, schedule: '* * * * *' }));
    const waiting = await statusWhere('often', ({ nextRunTime }) => nextRunTime !== undefined);
    expect(waiting).not.toHaveProperty('runId');
    const ran = await statusWhere('often', ({ runId }) => runId !== undefined, 90_000);
    expect(Date.parse(String(ran['lastRunTime']))).toBeGreaterThanOrEqual(Date.parse(String(waiting['nextRunTime'])));
    expect(Date.parse(String(ran['nextRunTime']))).toBeGreaterThan(Date.parse(String(waiting['nextRunTime'])));
    await kube.patch(refOf('often'), { spec: { suspend: true } });
    await statusWhere('often', ({ nextRunTime }) => nextRunTime === undefined);
    const asked = requestsOf('often').map(({ runId }) => runId);
    expect(new Set(asked).size).toBe(asked.length);
  }, 150_000);
});

describe('an executor without the right to Scans', () => {
  it('does not start, and says what to bind', async () => {
    const { startScans } = await import('./start-scans.ts');
    const nobody = await connectAs('nobody');
    const started = startScans({
      kube: nobody,
      namespaces: [namespace],
      publish: () => Promise.reject(new Error('nothing is to be asked for')),
      log: createLog('fatal'),
      now: () => new Date(),
    });
    await expect(started).rejects.toThrow(/may not watch scans in .*: bind the ClusterRole assay-scan-controller/);
  });
});

type Status = Record<string, unknown>;

function scanOf(name: string, spec: object) {
  return { apiVersion: 'assay.dev/v1alpha1', kind: 'Scan', metadata: { name }, spec };
}

function refOf(name: string) {
  return { apiVersion: 'assay.dev/v1alpha1', kind: 'Scan', name };
}

async function statusWhere(name: string, isIt: (status: Status) => boolean, withinMs = 50_000): Promise<Status> {
  const ending = AbortSignal.timeout(withinMs);
  let status: Status = {};
  for await (const event of kube.watch(refOf(name), { namespace, fields: `metadata.name=${name}`, signal: ending })) {
    if (event.type !== 'applied') continue;
    status = (event.object['status'] ?? {}) as Status;
    if (isIt(status)) return status;
  }
  throw new Error(`Scan ${name} stayed ${JSON.stringify(status)}`);
}

function requestsOf(name: string): RunRequested[] {
  return requests.filter(({ runId }) => runId.startsWith(`scan.${namespace}.${name}.`));
}

/** Every run.requested that the stream took. */
async function collect(): Promise<void> {
  for await (const message of bus.tail(['assay.run.requested.>'], { start: 'all', signal: ending.signal }))
    requests.push((await fromWire(message, runRequested, blobs)).data);
}

/** The ledger's word on the newest run. */
async function assess(name: string, word: Partial<RunAssessed>): Promise<void> {
  const runId = requestsOf(name).at(-1)?.runId ?? '';
  const data = runAssessed.message.create({ runId, pipeline: 'scan', ...word });
  const attributes = { id: crypto.randomUUID(), source: 'assay/spec', time: new Date().toISOString() };
  await bus.publish(await toWire(runAssessed, data, attributes, blobs), attributes.id);
}

async function connectAs(user: string): Promise<Kube> {
  const config = JSON.parse(await kubectl(['config', 'view', '--raw', '-o', 'json']));
  for (const one of config.users) one.user.as = user;
  const kubeconfig = join(home, 'kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return connectKube({ kubeconfig, namespace });
}

async function kubectl(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(kubectlPath, args)).stdout;
}
