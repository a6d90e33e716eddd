// What every sink can have, in a whole consumer on a real bus: samples, dry runs, credentials that were renewed.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bucket, type Bus, createSeed, deadLetters, publicKeyOf } from '@assay/bus';
import {
  DeliveryOutcome,
  type DeliveryTested,
  deliveryFinished,
  deliveryRequested,
  deliveryTested,
  emit,
  findingChanged,
  findingType,
  identityBytes,
  Severity,
  Transition,
} from '@assay/contracts';
import {
  createLog,
  inboxPrefixOf,
  permissionsOf,
  type RunningService,
  readConfig,
  setUpBus,
  startService,
  toWire,
} from '@assay/runtime';
import { type ScriptedServer, startNats, startScriptedServer, type TestNats } from '@assay/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { consumer } from './service.ts';

const secret = 'very-secret-token-of-the-spec';

let nats: TestNats;
let admin: Bus;
let sinks: Bucket;
let blobs: BlobStore;
let folder: string;
let server: ScriptedServer;
let service: RunningService;
let log: { sink?: string; preview?: string; msg: string; reason?: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-settings-'));
  const seeds = { admin: createSeed(), consumer: createSeed() };
  for (const [name, seed] of Object.entries(seeds)) await writeFile(join(folder, name), seed);
  nats = await startNats({
    users: [
      { name: 'admin', nkey: publicKeyOf(seeds.admin) },
      { name: 'consumer', nkey: publicKeyOf(seeds.consumer), ...permissionsOf(consumer) },
    ],
  });
  admin = await nats.connect({ credentialsFile: join(folder, 'admin') });
  const { shared, config } = readConfig(consumer, {
    ASSAY_HOME: join(folder, 'home'),
    ASSAY_CONSUMER_SECRETS_DIR: join(folder, 'secrets'),
    ASSAY_CONSUMER_SINKS_RELOAD_MS: '3600000',
  });
  await mkdir(join(folder, 'secrets'), { recursive: true });
  await setUpBus(admin, shared);
  sinks = await admin.bucket('sinks');
  blobs = await openBlobs(`file:${join(folder, 'blobs')}`, {});
  const bus = await nats.connect({
    credentialsFile: join(folder, 'consumer'),
    inboxPrefix: inboxPrefixOf('consumer'),
  });
  const collect = { write: (line: string) => void log.push(JSON.parse(line)) };
  service = await startService(consumer, { shared, config, bus, blobs, log: createLog('info', collect) });
});
afterAll(async () => {
  await service.stop();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  log = [];
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const name of await sinks.keys()) await sinks.delete(name);
  await server.close();
});

async function declare(name: string, spec: Record<string, unknown>): Promise<void> {
  const subject = `assay.finding.changed.*.*.${name}`;
  await sinks.put(name, Buffer.from(JSON.stringify({ name, type: 'file', subject, generation: 1, ...spec })));
  await until(() => log.find((line) => line.sink === name && /is running|cannot run|does not run/.test(line.msg)));
}

/** A finding of the tool that is named as the sink. */
async function change(name: string, rule: string): Promise<void> {
  const { data } = emit(findingChanged, {
    target: { name: 'shop' },
    tool: { name, version: '1' },
    findings: [findingType.encode({ rule, title: rule })],
    severities: Uint8Array.of(Severity.HIGH),
    identities: Buffer.from(rule.padEnd(identityBytes)),
    transition: Transition.OPENED,
  });
  const id = `${name}-${rule}`;
  const attributes = { id, source: 'assay/spec', time: new Date().toISOString() };
  await admin.publish(await toWire(findingChanged, data, attributes, blobs), id);
}

/** Asks as the gateway does. */
async function test(sink: string, asked: { dryRun?: boolean; fixed?: boolean } = {}, at = new Date()) {
  const testId = crypto.randomUUID();
  const { data } = emit(deliveryRequested, { sink, testId, ...asked });
  const attributes = { id: testId, source: 'assay/spec', time: at.toISOString() };
  await admin.publish(await toWire(deliveryRequested, data, attributes, blobs), testId);
  return until(async () => {
    const messages = await admin.messages('assay-delivery', `assay.delivery.tested.${sink}`);
    const answers = messages.map(({ payload }): DeliveryTested => deliveryTested.message.decode(payload));
    return answers.find((answer) => answer.testId === testId);
  });
}

/** What `look` finds; when it finds nothing for long, the error says what the consumer logged. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing came of ${look}; the consumer logged ${JSON.stringify(log, null, 1)}`);
}

const outcomesOf = async (sink: string) =>
  (await admin.messages('assay-delivery', `assay.delivery.finished.${sink}`)).map(({ payload }) =>
    deliveryFinished.message.decode(payload),
  );
const linesOf = async (file: string) =>
  (await readFile(join(folder, 'home', 'sinks', file), 'utf8').catch(() => '')).split('\n').filter(Boolean);
const hook = { method: 'POST', path: '/hook' };
const toHook = (more: object = {}) => ({
  type: 'webhook',
  config: { url: `${server.url}/hook`, allowPrivate: true },
  ...more,
});

describe('a sample', () => {
  it('goes through the sink that runs, also one that can be open only once, and leaves its events alone', async () => {
    await declare('kept', { config: { path: 'kept.jsonl' } });
    await change('kept', 'a');
    await until(async () => ((await linesOf('kept.jsonl')).length === 1 ? true : undefined));
    expect(await test('kept')).toMatchObject({ outcome: DeliveryOutcome.DELIVERED, reason: '', preview: '' });
    await change('kept', 'b');
    await until(async () => ((await linesOf('kept.jsonl')).length === 3 ? true : undefined));
    const rules = (await linesOf('kept.jsonl')).map((line) => JSON.parse(line) as { rule: string; target: string });
    expect(rules.map(({ rule, target }) => `${target} ${rule}`)).toEqual(['shop a', 'assay-sample sample', 'shop b']);
    // Of samples nothing is told but to who asked.
    const told = async () => (await outcomesOf('kept')).reduce((sum, { findings }) => sum + findings, 0);
    await until(async () => ((await told()) >= 2 ? true : undefined));
    expect(await told()).toBe(2);
  });

  it('says that the receiver refuses it, without the secret', async () => {
    await writeFile(join(folder, 'secrets', 'refused'), secret);
    server.expect({ ...hook, headers: { authorization: secret }, status: 422 });
    await declare('refused', toHook({ credentials: { authorization: { file: join(folder, 'secrets', 'refused') } } }));
    const tested = await test('refused');
    expect(tested).toMatchObject({ outcome: DeliveryOutcome.REFUSED, reason: 'the receiver answered 422' });
    expect(JSON.stringify([tested, log])).not.toContain(secret);
    expect(await deadLetters(admin, { service: 'consumer' })).toEqual([]);
  });

  it('says that it may be taken later', async () => {
    server.expect({ ...hook, status: 503 });
    await declare('busy', toHook());
    expect(await test('busy')).toMatchObject({ outcome: DeliveryOutcome.FAILED, reason: 'the receiver answered 503' });
  });

  it('is only made when it is to be dry, or the sink is', async () => {
    await declare('dry', toHook({ dryRun: true }));
    await declare('wet', toHook());
    for (const tested of [await test('dry'), await test('wet', { dryRun: true, fixed: true })]) {
      expect(tested.outcome).toBe(DeliveryOutcome.DRY);
      const transition = tested.sink === 'wet' ? 'fixed' : 'opened';
      const data = { target: 'assay-sample', severity: 'info', transition, properties: { sample: 'true' } };
      expect(JSON.parse(tested.preview)).toMatchObject({ sink: tested.sink, events: [{ data }] });
    }
  });

  it.each([
    ['is not there', {}, 'nobody', 'there is no sink nobody'],
    ['has a type that is none', { type: 'pigeon' }, 'pigeon', 'there is no sink type "pigeon"'],
    ['has a config that is wrong', { config: {} }, 'unpathed', 'config of a file sink is wrong'],
    [
      'has a template that its type has not',
      { config: { path: 'x' }, template: { a: 'b' } },
      'texted',
      'it takes none',
    ],
  ])('is refused for a sink that %s', async (_, spec, name, reason) => {
    if (name !== 'nobody') await declare(name, spec);
    const tested = await test(name);
    expect(tested.outcome).toBe(DeliveryOutcome.REFUSED);
    expect(tested.reason).toContain(reason);
  });

  it('is refused where nobody can be waiting any more', async () => {
    await declare('late', { config: { path: 'late.jsonl' } });
    const tested = await test('late', {}, new Date(Date.now() - 3_600_000));
    expect(tested).toMatchObject({ outcome: DeliveryOutcome.REFUSED, reason: expect.stringContaining('too late') });
    expect(await linesOf('late.jsonl')).toEqual([]);
  });
});

describe('a sink', () => {
  it('that is dry makes what it would deliver, tells so, acks, and goes on behind it when it is dry no more', async () => {
    await declare('tried', toHook({ dryRun: true }));
    await change('tried', 'a');
    await until(async () => (await outcomesOf('tried'))[0]);
    expect(await outcomesOf('tried')).toMatchObject([{ outcome: DeliveryOutcome.DRY, events: 1, findings: 1 }]);
    expect(log.find(({ preview }) => preview?.includes('"rule":"a"'))?.msg).toBe('dry run: this is not delivered');
    server.expect({
      ...hook,
      check: (received) => expect(received.json()).toMatchObject({ events: [{ data: { rule: 'b' } }] }),
    });
    log = [];
    await declare('tried', toHook());
    await change('tried', 'b');
    await until(async () => (await outcomesOf('tried'))[1]);
    expect((await outcomesOf('tried'))[1]).toMatchObject({ outcome: DeliveryOutcome.DELIVERED, findings: 1 });
  });

  it('whose credentials are not taken keeps its events until it has better ones', async () => {
    const file = join(folder, 'secrets', 'token');
    await writeFile(file, 'old-token');
    const url = `${server.url}/api`;
    const method = { method: 'POST', path: '/api/chat.postMessage' };
    const refuse = {
      ...method,
      headers: { authorization: 'Bearer old-token' },
      answer: { ok: false, error: 'invalid_auth' },
    };
    server.expect({
      ...refuse,
      // Renewed while the sink runs.
      check: () => writeFile(file, 'new-token'),
    });
    server.expect({ ...method, headers: { authorization: 'Bearer new-token' }, answer: { ok: true } });
    await declare('renewed', {
      type: 'slack',
      config: { url, allowPrivate: true, channel: 'C1' },
      credentials: { token: { file } },
    });
    await change('renewed', 'a');
    await until(async () => (await outcomesOf('renewed'))[0]);
    expect(await outcomesOf('renewed')).toMatchObject([{ outcome: DeliveryOutcome.DELIVERED, findings: 1 }]);
    expect(await deadLetters(admin, { service: 'consumer' })).toEqual([]);
    expect(log.some(({ reason }) => reason?.includes('invalid_auth'))).toBe(true);
  });
});
