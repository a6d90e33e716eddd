import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bus, createSeed, deadLetters, publicKeyOf } from '@assay/bus';
import {
  type Event,
  emit,
  findingReported,
  InvalidInput,
  type ReportSubmitted,
  reportParsed,
  reportSubmitted,
  Transient,
} from '@assay/contracts';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { z } from 'zod';
import { type AnyService, defineService, on } from './define-service.ts';
import { inboxPrefixOf, permissionsOf } from './permissions.ts';
import { readSharedConfig } from './read-config.ts';
import { setUpBus } from './run-service.ts';
import { type RunningService, setUpDurables, startService } from './start-service.ts';

const received: Event<unknown>[] = [];
let attempts = 0;

const parser = defineService({
  name: 'parser',
  summary: 'turns reports into parsed ones',
  config: z.object({}),
  publishes: [reportParsed],
  subscribes: [
    on(reportSubmitted, async function* (event: Event<ReportSubmitted>) {
      const { format, target } = event.data;
      if (format === 'poison') throw new InvalidInput('this report is poison', { code: 'spec.poison' });
      if (format === 'flaky' && ++attempts < 3)
        throw new Transient('not yet', { code: 'spec.later', retryAfterMs: 10 });
      if (format === 'undeclared') yield emit(findingReported, {});
      if (format === 'broken') throw new Error('unforeseen');
      yield emit(reportParsed, { reportId: event.id, format, target });
      if (format === 'half') throw new InvalidInput('broke off', { code: 'spec.half' });
    }),
  ],
});

const counter = defineService({
  name: 'counter',
  summary: 'counts parsed reports',
  config: z.object({}),
  publishes: [],
  subscribes: [
    on(
      reportParsed,
      async function* (event) {
        received.push(event);
      },
      { partitioned: true },
    ),
  ],
});

// Nobody made its durable.
const late = defineService({
  name: 'late',
  summary: 'comes later',
  config: z.object({}),
  publishes: [],
  subscribes: [on(reportParsed, async function* () {})],
});

let nats: TestNats;
let admin: Bus;
let blobs: BlobStore;
let folder: string;
const running: { service: RunningService; bus: Bus }[] = [];
const shared = { ...readSharedConfig({}), leaseMs: 1000, ackWaitMs: 1000 };

async function start(definition: AnyService): Promise<RunningService> {
  const bus = await nats.connect({
    credentialsFile: join(folder, definition.name),
    inboxPrefix: inboxPrefixOf(definition.name),
  });
  const service = await startService(definition, { shared, config: {}, bus, blobs, log: pino({ level: 'silent' }) });
  running.push({ service, bus });
  return service;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-runtime-'));
  const seeds = new Map(['admin', 'parser', 'counter', 'late'].map((name) => [name, createSeed()]));
  for (const [name, seed] of seeds) await writeFile(join(folder, name), seed);
  const key = (name: string) => publicKeyOf(seeds.get(name) ?? '');
  nats = await startNats({
    users: [
      { name: 'admin', nkey: key('admin') },
      { name: 'parser', nkey: key('parser'), ...permissionsOf(parser) },
      { name: 'counter', nkey: key('counter'), ...permissionsOf(counter) },
      { name: 'late', nkey: key('late'), ...permissionsOf(late) },
    ],
  });
  admin = await nats.connect({ credentialsFile: join(folder, 'admin') });
  await setUpBus(admin, shared);
  await setUpDurables(admin, [parser, counter], shared);
  blobs = await openBlobs(`file:${join(folder, 'blobs')}`, {});
  await start(parser);
  await start(counter);
});
afterAll(async () => {
  for (const { service } of running) await service.stop();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

const submit = (format: string, headers: Record<string, string> = {}) =>
  admin.publish(
    {
      subject: `assay.report.submitted.${format}`,
      headers,
      payload: Buffer.from(JSON.stringify({ format, target: { name: `target-${format}` } })),
    },
    `id-${format}`,
  );

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const parsed = (format: string) =>
  until(() => received.find(({ data }) => (data as { format: string }).format === format));
const dead = (format: string) =>
  until(async () => (await deadLetters(admin)).find(({ letter }) => letter.subject.endsWith(format)));

describe('a service', () => {
  it('whose durable nobody made cannot make it, and says who can', async () => {
    await expect(start(late)).rejects.toMatchObject({
      code: 'bus.forbidden',
      message: expect.stringContaining('ASSAY_NATS_SETUP=true'),
    });
  });

  it('handles an event with the credential made from its declarations', async () => {
    await submit('plain', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    expect((await parsed('plain')).data).toMatchObject({ reportId: 'id-plain', target: { name: 'target-plain' } });
  });

  it('tries again what may work later', async () => {
    await submit('flaky');
    await parsed('flaky');
    expect(attempts).toBe(3);
  });

  it('dead-letters bad input at once, with the event whole', async () => {
    await submit('poison');
    const { letter } = await dead('poison');
    expect(letter).toMatchObject({
      service: 'parser',
      code: 'spec.poison',
      reason: 'this report is poison',
      attempts: 1,
    });
  });

  it('publishes what was yielded before bad input was found, then dead-letters', async () => {
    await submit('half');
    await parsed('half');
    expect((await dead('half')).letter.code).toBe('spec.half');
  });

  it('dead-letters what breaks unforeseen, after three tries', async () => {
    await submit('broken');
    expect((await dead('broken')).letter).toMatchObject({ code: 'fault', reason: 'unforeseen', attempts: 3 });
  });

  it('may not publish what it does not declare', async () => {
    await submit('undeclared');
    expect((await dead('undeclared')).letter).toMatchObject({ code: 'service.undeclared' });
  });

  it.each([
    ['corrupt protobuf', { 'content-type': 'application/protobuf' }, Buffer.from([0xff, 0xff]), 'event.payload'],
    ['no JSON', { 'content-type': 'application/json' }, Buffer.from('{"a":'), 'event.json'],
    ['another type', { 'ce-type': 'dev.assay.run.requested.v1' }, Buffer.from('{}'), 'event.type'],
    ['an unknown content type', { 'content-type': 'text/csv' }, Buffer.from('a,b'), 'event.content-type'],
    ['a member that does not exist', {}, Buffer.from('{"formt":"x"}'), 'event.data'],
  ])('dead-letters a payload with %s', async (name, headers, payload, code) => {
    const token = name.replaceAll(' ', '-');
    await admin.publish({ subject: `assay.report.submitted.${token}`, headers, payload }, `bad-${token}`);
    expect((await dead(token)).letter.code).toBe(code);
  });

  it('takes a structured CloudEvent', async () => {
    const event = {
      specversion: '1.0',
      id: 'e1',
      source: 'ci',
      type: reportSubmitted.type,
      data: { format: 'structured', target: { name: 't' } },
    };
    await admin.publish(
      {
        subject: 'assay.report.submitted.structured',
        headers: { 'content-type': 'application/cloudevents+json' },
        payload: Buffer.from(JSON.stringify(event)),
      },
      'structured',
    );
    const { data, source } = await parsed('structured');
    expect(source).toBe('assay/parser');
    expect(data).toMatchObject({ target: { name: 't' } });
  });

  it('may neither publish nor read what it did not declare', async () => {
    const bus = running[0]?.bus as Bus;
    await expect(
      bus.publish(
        { subject: 'assay.finding.changed.opened.high.x', headers: {}, payload: new Uint8Array() },
        'forbidden',
      ),
    ).rejects.toMatchObject({ code: 'bus.forbidden' });
    await expect(
      bus.publish({ subject: 'assay.dead.counter.x.y', headers: {}, payload: new Uint8Array() }, 'forbidden'),
    ).rejects.toMatchObject({ code: 'bus.forbidden' });
    await expect(
      bus.ensureConsumer({
        stream: 'assay-finding',
        name: 'parser-report-submitted',
        filter: 'assay.finding.>',
        ackWaitMs: 1000,
      }),
    ).rejects.toThrow();
  });

  it('shares its partitions with a second replica and takes them back', async () => {
    const bucket = await admin.bucket('leases');
    const holders = async () => {
      const keys = (await bucket.keys()).filter((key) => key.startsWith('counter.lease.'));
      const values = await Promise.all(
        keys.map(async (key) => Buffer.from((await bucket.get(key))?.value ?? []).toString()),
      );
      return {
        count: keys.length,
        holders: new Set(values).size,
        most: Math.max(0, ...[...new Set(values)].map((value) => values.filter((other) => other === value).length)),
      };
    };
    await until(async () => ((await holders()).count === 16 ? true : undefined));
    const second = await start(counter);
    await until(async () => {
      const { count, holders: replicas, most } = await holders();
      return count === 16 && replicas === 2 && most === 8 ? true : undefined;
    });
    await second.stop();
    await until(async () => {
      const { count, holders: replicas } = await holders();
      return count === 16 && replicas === 1 ? true : undefined;
    });
  });
});
