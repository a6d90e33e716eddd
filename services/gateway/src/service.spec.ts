import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bus, createSeed, deadLetter, publicKeyOf } from '@assay/bus';
import { artifactRequested, InvalidInput, reportSubmitted } from '@assay/contracts';
import {
  createLog,
  inboxPrefixOf,
  permissionsOf,
  type RunningService,
  readSharedConfig,
  setUpBus,
  startService,
} from '@assay/runtime';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gatewayConfig } from './config.ts';
import { type GatewayResources, gateway } from './service.ts';

const token = 'admin-token-0123456789';
let nats: TestNats;
let admin: Bus;
let bus: Bus;
let blobs: BlobStore;
let folder: string;
let service: RunningService;
let url: string;

const start = (port: number) => {
  const config = gatewayConfig.parse({
    port,
    tokenFile: join(folder, 'token'),
    webhooksFile: join(folder, 'webhooks.yaml'),
  });
  const shared = { ...readSharedConfig({}), storeUrl: `sqlite:${join(folder, 'assay.db')}` };
  return startService(gateway, { shared, config, bus, blobs, log: createLog('silent') });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-gateway-'));
  const seeds = { admin: createSeed(), gateway: createSeed() };
  for (const [name, seed] of Object.entries(seeds)) await writeFile(join(folder, name), seed, { mode: 0o600 });
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  const secrets = [{ file: join(folder, 'token') }];
  const artifact = { kind: 'image', reference: { from: '/image' } };
  const webhooks = [{ name: 'registry', scheme: 'github', secrets, artifact }];
  await writeFile(join(folder, 'webhooks.yaml'), JSON.stringify({ webhooks }));
  nats = await startNats({
    users: [
      { name: 'admin', nkey: publicKeyOf(seeds.admin) },
      { name: 'gateway', nkey: publicKeyOf(seeds.gateway), ...permissionsOf(gateway) },
    ],
  });
  admin = await nats.connect({ credentialsFile: join(folder, 'admin') });
  await setUpBus(admin, readSharedConfig({}));
  bus = await nats.connect({ credentialsFile: join(folder, 'gateway'), inboxPrefix: inboxPrefixOf('gateway') });
  blobs = await openBlobs(`file:${join(folder, 'blobs')}`);
  service = await start(0);
  url = (service.resources as GatewayResources).url;
});
afterAll(async () => {
  await service.stop();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};
const json = { 'content-type': 'application/json' };

/** The ids and data of the first events of a stream of server-sent events. */
async function follow(query: string, count: number, headers: Record<string, string> = {}) {
  const aborter = new AbortController();
  const response = await fetch(`${url}/api/v1/events?${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: aborter.signal,
  });
  const found: { id: string; data: { reference?: string } }[] = [];
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const [, id, data] = /^id: (.*)\ndata: (.*)$/s.exec(frame) ?? [];
      if (id && data) found.push({ id, data: JSON.parse(data).data });
    }
    if (found.length >= count) break;
  }
  aborter.abort();
  return found;
}

describe('the gateway on a real bus, with the credential made from its declarations', () => {
  it('is ready', async () => {
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await service.notReady()).toEqual({});
  });

  it('takes a report once, however often it is sent', async () => {
    const send = () =>
      call('POST', '/api/v1/reports?target=shop&format=gosec', '{"Issues":[]}', { 'idempotency-key': 'k' });
    const [first, second] = [await send(), await send()];
    expect(first).toMatchObject({ status: 202, body: { size: 13 } });
    expect(second).toEqual(first);
    const stored = await admin.messages('assay-report', 'assay.report.submitted.>');
    expect(stored).toHaveLength(1);
    expect(reportSubmitted.message.decode(stored[0]?.payload ?? Buffer.alloc(0))).toMatchObject({
      reportId: first.body.reportId,
      blob: { digest: first.body.digest },
    });
    expect(await blobs.stat(first.body.digest)).toEqual({ size: 13 });
  });

  it('takes a delivery of a webhook once, also when it comes at once', async () => {
    const body = '{"image":"ghcr.io/acme/shop:hooked"}';
    const signature = `sha256=${createHmac('sha256', token).update(body).digest('hex')}`;
    const send = () => call('POST', '/api/v1/webhooks/registry', body, { ...json, 'x-hub-signature-256': signature });
    const before = (await admin.messages('assay-artifact', 'assay.artifact.>')).length;
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ status }) => status < 300)).toEqual([true, true, true]);
    expect(await send()).toEqual({ status: 200, body: { outcome: 'repeated' } });
    const stored = (await admin.messages('assay-artifact', 'assay.artifact.>')).slice(before);
    expect(stored.map(({ payload }) => artifactRequested.message.decode(payload).reference)).toEqual([
      'ghcr.io/acme/shop:hooked',
    ]);
    for (const { stream, sequence } of stored) await admin.deleteMessage(stream, sequence);
  });

  it('takes one of two reports under one key at once, and tells the other', async () => {
    const headers = { 'idempotency-key': 'at-once', prefer: 'respond-async' };
    const answers = await Promise.all(
      ['{"a":1}', '{"b":2}'].map((content) => call('POST', '/api/v1/reports?target=at-once', content, headers)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
  });

  it('takes CloudEvents, and lets others follow them and go on where they broke off', async () => {
    for (const reference of ['a', 'b', 'c']) {
      const event = {
        specversion: '1.0',
        id: reference,
        source: '/spec',
        type: artifactRequested.type,
        data: { kind: 'image', reference },
      };
      const answer = await call('POST', '/api/v1/events', JSON.stringify(event), {
        'content-type': 'application/cloudevents+json',
      });
      expect(answer).toMatchObject({ status: 202, body: { subject: 'assay.artifact.requested.image' } });
    }
    const all = await follow('subject=assay.artifact.>&since=all', 3);
    expect(all.map(({ data }) => data.reference)).toEqual(['a', 'b', 'c']);
    const rest = await follow('subject=assay.artifact.>', 2, { 'last-event-id': all[0]?.id ?? '' });
    expect(rest.map(({ data }) => data.reference)).toEqual(['b', 'c']);
  });

  it('keeps sinks where the consumer watches', async () => {
    const hook = { name: 'hook', type: 'webhook', subject: 'assay.finding.changed.>', config: {} };
    expect(await call('POST', '/api/v1/sinks', JSON.stringify(hook), json)).toMatchObject({ status: 201 });
    expect(await call('POST', '/api/v1/sinks/hook/replay', '{"from":"all"}', json)).toMatchObject({ status: 202 });
    const entry = await (await admin.bucket('sinks')).get('hook');
    expect(JSON.parse(Buffer.from(entry?.value ?? []).toString())).toEqual({
      ...hook,
      generation: 2,
      replayFrom: 'all',
    });
    expect(await call('GET', '/api/v1/sinks')).toMatchObject({ body: { items: [{ name: 'hook', generation: 2 }] } });
    expect(await call('DELETE', '/api/v1/sinks/hook')).toMatchObject({ status: 204 });
    expect(await call('GET', '/api/v1/sinks/hook')).toMatchObject({ status: 404 });
    expect(await call('GET', '/api/v1/sinks')).toMatchObject({ body: { items: [] } });
    expect(await call('POST', '/api/v1/sinks', JSON.stringify(hook), json)).toMatchObject({ status: 201 });
  });

  it('shows dead letters, sends them again and drops them', async () => {
    const [event] = await admin.messages('assay-artifact', 'assay.artifact.>', { limit: 1 });
    if (!event) throw new Error('no event to die');
    const reason = new InvalidInput('this reference is none', { code: 'artifact.reference' });
    for (const sequence of [1, 2]) await deadLetter(admin, 'resolver', { ...event, sequence }, reason, new Date());
    const { body } = await call('GET', '/api/v1/dead');
    expect(body.items).toMatchObject([{ code: 'artifact.reference' }, { code: 'artifact.reference' }]);
    const [first, second] = body.items.map(({ sequence }: { sequence: number }) => sequence);
    expect(await call('GET', `/api/v1/dead/${first}`)).toMatchObject({ body: { data: { reference: 'a' } } });
    expect(await call('POST', `/api/v1/dead/${first}/redrive`)).toMatchObject({ status: 202 });
    expect(await call('DELETE', `/api/v1/dead/${second}`)).toMatchObject({ status: 204 });
    expect(await call('GET', '/api/v1/dead')).toMatchObject({ body: { items: [] } });
    const again = (await admin.messages('assay-artifact', 'assay.artifact.>')).at(-1);
    expect(again).toMatchObject({ subject: event.subject, headers: { 'assay-redriven': String(first) } });
    expect(Buffer.from(again?.payload ?? []).equals(event.payload)).toBe(true);
  });

  it('makes tokens that work until they are withdrawn', async () => {
    const { body } = await call('POST', '/api/v1/tokens', '{"name":"ci","scopes":["run:read"]}', json);
    const headers = { authorization: `Bearer ${body.token}` };
    expect(await call('GET', '/api/v1/runs', undefined, headers)).toMatchObject({ status: 200, body: { items: [] } });
    expect(await call('GET', '/api/v1/findings', undefined, headers)).toMatchObject({ status: 403 });
    await call('DELETE', '/api/v1/tokens/ci');
    expect(await call('GET', '/api/v1/runs', undefined, headers)).toMatchObject({ status: 401 });
  });

  it('answers 404 for what the store does not know', async () => {
    for (const path of ['/api/v1/findings/deadbeef', '/api/v1/runs/none', '/api/v1/reports/none'])
      expect(await call('GET', path)).toMatchObject({ status: 404 });
  });

  it('says which variable to change when its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await expect(start(port)).rejects.toBeInstanceOf(InvalidInput);
    await expect(start(port)).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    await expect(start(port)).rejects.toThrow('ASSAY_GATEWAY_PORT');
    await new Promise((resolve) => other.close(resolve));
  });
});
