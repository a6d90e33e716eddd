import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bucket, type Bus, createSeed, deadLetters, publicKeyOf } from '@assay/bus';
import {
  type DeliveryFinished,
  DeliveryOutcome,
  deliveryFinished,
  emit,
  type FindingRecord,
  findingChanged,
  findingType,
  identityBytes,
  runFinished,
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
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { durableOf } from './durables.ts';
import { consumer } from './service.ts';
import type { Supervisor } from './supervise-sinks.ts';

let nats: TestNats;
let admin: Bus;
let sinks: Bucket;
let blobs: BlobStore;
let folder: string;
let log: { sink?: string; where?: string; reason?: string; msg: string }[] = [];
const running: RunningService[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-consumer-'));
  const seeds = new Map(['admin', 'consumer'].map((name) => [name, createSeed()]));
  for (const [name, seed] of seeds) await writeFile(join(folder, name), seed);
  const key = (name: string) => publicKeyOf(seeds.get(name) ?? '');
  nats = await startNats({
    users: [
      { name: 'admin', nkey: key('admin') },
      { name: 'consumer', nkey: key('consumer'), ...permissionsOf(consumer) },
    ],
  });
  admin = await nats.connect({ credentialsFile: join(folder, 'admin') });
  await setUpBus(admin, readConfig(consumer, {}).shared);
  sinks = await admin.bucket('sinks');
  blobs = await openBlobs(`file:${join(folder, 'blobs')}`, {});
});
afterAll(async () => {
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

let home = '';
let number = 0;
// Each spec has a tool of its own, so that its subjects are nobody else's.
let tool = '';
beforeEach(async () => {
  tool = `tool${++number}`;
  home = join(folder, `home${number}`);
  log = [];
  await mkdir(join(home, 'declared'), { recursive: true });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  for (const name of await sinks.keys()) await sinks.delete(name);
});

const subject = () => `assay.finding.changed.*.*.${tool}`;

/** The consumer with the credential made from its declarations; `wrap` can stand between it and the bus. */
async function start(wrap: (bus: Bus) => Bus = (bus) => bus): Promise<Supervisor> {
  const { shared, config } = readConfig(consumer, {
    ASSAY_HOME: home,
    ASSAY_ACK_WAIT_MS: '1000',
    ASSAY_CONSUMER_SINKS_DIR: join(home, 'declared'),
    ASSAY_CONSUMER_FILES_ROOT: join(home, 'sinks'),
    ASSAY_CONSUMER_SINKS_RELOAD_MS: '3600000',
  });
  const bus = await nats.connect({
    credentialsFile: join(folder, 'consumer'),
    inboxPrefix: inboxPrefixOf('consumer'),
  });
  const collect = { write: (line: string) => void log.push(JSON.parse(line)) };
  const options = { shared, config, bus: wrap(bus), blobs, log: createLog('info', collect) };
  const service = await startService(consumer, options);
  running.push(service);
  return service.resources as Supervisor;
}

async function stop(): Promise<void> {
  await Promise.all(running.splice(0).map((service) => service.stop()));
}

function declare(name: string, spec: Record<string, unknown>): Promise<unknown> {
  return sinks.put(
    name,
    Buffer.from(JSON.stringify({ name, type: 'file', subject: subject(), generation: 1, ...spec })),
  );
}

/** Publishes one event of findings, whose rules are given. */
async function change(rules: string[], transition: Transition = Transition.OPENED): Promise<void> {
  const identities = Buffer.concat(rules.map((rule) => Buffer.from(rule.padEnd(identityBytes))));
  const { data } = emit(findingChanged, {
    target: { name: 'shop' },
    tool: { name: tool, version: '1' },
    findings: rules.map((rule) => findingType.encode({ rule, title: rule })),
    severities: Uint8Array.from(rules, () => Severity.HIGH),
    identities,
    transition,
  });
  const id = `${tool}-${transition}-${rules.join('-')}`;
  const attributes = { id, source: 'assay/spec', time: '2026-01-31T12:00:00.000Z' };
  await admin.publish(await toWire(findingChanged, data, attributes, blobs), id);
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

async function rulesIn(file: string): Promise<string[]> {
  const text = await readFile(join(home, 'sinks', file), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as FindingRecord).rule);
}

const written = (file: string, count: number) =>
  until(async () => {
    const rules = await rulesIn(file);
    return rules.length >= count ? rules : undefined;
  });

/** Nothing is left to deliver or to ack. */
const settled = (name: string, generation = 1) =>
  until(async () => {
    const durable = durableOf({ name, type: 'file', subject: subject(), config: {}, generation });
    const state = await admin.consumerState(durable.stream, durable.name);
    return state && state.pending + state.unacked === 0 ? state : undefined;
  });

const exists = async (name: string, generation = 1) => {
  const durable = durableOf({ name, type: 'file', subject: subject(), config: {}, generation });
  return (await admin.consumerState(durable.stream, durable.name)) !== undefined;
};

async function outcomesOf(sink: string): Promise<DeliveryFinished[]> {
  const messages = await admin.messages('assay-delivery', `assay.delivery.finished.${sink}`);
  return messages.map(({ payload }) => deliveryFinished.message.decode(payload));
}

describe('the consumer', () => {
  it('delivers what was there before the sink and what comes after, in order, and says so', async () => {
    await change(['a', 'b']);
    await start();
    await declare('first', { config: { path: 'first.jsonl' } });
    await written('first.jsonl', 2);
    await change(['c']);
    expect(await written('first.jsonl', 3)).toEqual(['a', 'b', 'c']);
    await settled('first');
    const outcomes = await outcomesOf('first');
    expect(outcomes.reduce((sum, { findings }) => sum + findings, 0)).toBe(3);
    expect(outcomes[0]).toMatchObject({ outcome: DeliveryOutcome.DELIVERED, stream: 'assay-finding', attempts: 1 });
  });

  it('delivers only what the filter lets through', async () => {
    await change(['keep', 'drop', 'keep-too']);
    await declare('filtered', { filter: 'finding.rule.startsWith("keep")', config: { path: 'filtered.jsonl' } });
    await start();
    expect(await written('filtered.jsonl', 2)).toEqual(['keep', 'keep-too']);
    await settled('filtered');
    expect(await outcomesOf('filtered')).toMatchObject([{ findings: 2, filtered: 1 }]);
  });

  it('keeps a sink that is down from losing anything and from holding up another', async () => {
    const receiver = new Receiver();
    await receiver.listen();
    receiver.status = 503;
    await declare('down', { type: 'webhook', config: { url: receiver.url, allowPrivate: true } });
    await declare('up', { config: { path: 'up.jsonl' } });
    await start();
    for (const rule of ['a', 'b', 'c']) await change([rule]);
    expect(await written('up.jsonl', 3)).toEqual(['a', 'b', 'c']);
    await until(() => (receiver.requests >= 2 ? true : undefined));
    expect(receiver.rules).toEqual([]);
    receiver.status = 200;
    await until(() => (receiver.rules.length >= 3 ? true : undefined));
    await settled('down');
    expect(receiver.rules).toEqual(['a', 'b', 'c']);
    await stop();
    await receiver.close();
  });

  it('puts what a sink refuses into the dead letters, with the sink’s name and without its secret', async () => {
    const receiver = new Receiver();
    await receiver.listen();
    receiver.status = 422;
    process.env.ASSAY_SINK_SPEC_TOKEN = 'very-secret-token-of-the-spec';
    await declare('refusing', {
      type: 'webhook',
      config: { url: receiver.url, allowPrivate: true },
      credentials: { authorization: { env: 'ASSAY_SINK_SPEC_TOKEN' } },
    });
    await change(['a']);
    await start();
    const { letter } = await until(async () =>
      (await deadLetters(admin, { service: 'consumer' })).find(({ letter }) => letter.subject.endsWith(tool)),
    );
    expect(letter).toMatchObject({ code: 'sink.webhook.refused', reason: 'sink refusing: the receiver answered 422' });
    await settled('refusing');
    const outcomes = await outcomesOf('refusing');
    expect(outcomes).toMatchObject([{ outcome: DeliveryOutcome.REFUSED, events: 1, findings: 1 }]);
    expect(receiver.authorizations).toEqual(['very-secret-token-of-the-spec']);
    expect(JSON.stringify([log, outcomes, letter])).not.toContain('very-secret');
    delete process.env.ASSAY_SINK_SPEC_TOKEN;
    await stop();
    await receiver.close();
  });

  it('writes each finding once when it dies between delivery and ack', async () => {
    await declare('once', { config: { path: 'once.jsonl' } });
    for (const rule of ['a', 'b', 'c', 'd']) await change([rule, `${rule}2`]);
    await start(withoutAcks);
    await written('once.jsonl', 8);
    await stop();
    expect((await admin.consumerState('assay-finding', durableName('once')))?.ackedUpTo ?? 0).toBe(0);
    await start();
    await settled('once');
    expect((await rulesIn('once.jsonl')).sort()).toEqual(['a', 'a2', 'b', 'b2', 'c', 'c2', 'd', 'd2']);
  });

  it('delivers everything again after a replay, and deletes the durable of before', async () => {
    await change(['a']);
    await declare('replayed', { config: { path: 'replayed.jsonl' } });
    await start();
    await written('replayed.jsonl', 1);
    await settled('replayed');
    await declare('replayed', { config: { path: 'replayed.jsonl' }, generation: 2, replayFrom: 'all' });
    expect(await written('replayed.jsonl', 2)).toEqual(['a', 'a']);
    await settled('replayed', 2);
    expect(await exists('replayed', 1)).toBe(false);
  });

  it('replays from a sequence', async () => {
    for (const rule of ['a', 'b', 'c']) await change([rule]);
    const messages = await admin.messages('assay-finding', subject());
    await declare('part', { config: { path: 'part.jsonl' }, generation: 2, replayFrom: messages[1]?.sequence });
    await start();
    await settled('part', 2);
    expect(await rulesIn('part.jsonl')).toEqual(['b', 'c']);
  });

  it('goes on where it was when only the subject is edited', async () => {
    await change(['a']);
    await declare('edited', { config: { path: 'edited.jsonl' } });
    await start();
    await written('edited.jsonl', 1);
    await settled('edited');
    await declare('edited', { config: { path: 'edited.jsonl' }, subject: `assay.finding.changed.opened.*.${tool}` });
    await until(async () => ((await exists('edited')) ? undefined : true));
    await change(['b'], Transition.FIXED);
    await change(['c']);
    expect(await written('edited.jsonl', 2)).toEqual(['a', 'c']);
  });

  it('deletes the durable of a sink that is removed, also when nobody was there to see it', async () => {
    await declare('gone', { config: { path: 'gone.jsonl' } });
    await declare('gone-later', { config: { path: 'gone-later.jsonl' } });
    await start();
    await until(async () => ((await exists('gone')) && (await exists('gone-later')) ? true : undefined));
    await sinks.delete('gone');
    await until(async () => ((await exists('gone')) ? undefined : true));
    await stop();
    await sinks.delete('gone-later');
    await start();
    await until(async () => ((await exists('gone-later')) ? undefined : true));
  });

  it('takes a file’s sink before one of the same name of the API, and says so', async () => {
    await declare('twice', { config: { path: 'api.jsonl' } });
    await writeFile(
      join(home, 'declared', 'sinks.yaml'),
      `name: twice\ntype: file\nsubject: ${subject()}\nconfig:\n  path: yaml.jsonl\n`,
    );
    await change(['a']);
    await start();
    expect(await written('yaml.jsonl', 1)).toEqual(['a']);
    expect(await rulesIn('api.jsonl')).toEqual([]);
    expect(log.filter(({ sink, where }) => sink === 'twice' && where?.endsWith('sinks.yaml:1'))).toHaveLength(1);
  });

  it('takes a file that is added, edited and removed while it runs', async () => {
    const supervisor = await start();
    const file = join(home, 'declared', 'later.yaml');
    await writeFile(file, `name: later\ntype: file\nsubject: ${subject()}\nconfig: { path: later.jsonl }\n`);
    await supervisor.reload();
    await change(['a']);
    await written('later.jsonl', 1);
    await writeFile(file, 'name: [');
    await supervisor.reload();
    expect(log).toContainEqual(expect.objectContaining({ where: `${file}:1`, msg: 'file of sinks is wrong' }));
    await change(['b']);
    expect(await written('later.jsonl', 2)).toEqual(['a', 'b']);
    await rm(file);
    await supervisor.reload();
    expect(supervisor.names()).toEqual([]);
    expect(await exists('later')).toBe(false);
  });

  it.each([
    ['a type that is none', { type: 'pigeon' }, 'there is no sink type "pigeon"'],
    ['a config that is wrong', { config: { path: 'a', colour: 'red' } }, 'config of a file sink is wrong'],
    ['a filter that is wrong', { config: { path: 'a' }, filter: 'finding.severty == "a"' }, 'No such key: severty'],
    ['a path that leads out', { config: { path: '../a' } }, 'without "." and ".."'],
    [
      'a secret that is not for sinks',
      { type: 'webhook', config: { url: 'https://example.com' }, credentials: { secret: { env: 'HOME' } } },
      'only variables that begin ASSAY_SINK_',
    ],
  ])('says of %s what is wrong, and the other sinks go on', async (_, spec, reason) => {
    const name = `broken-${number}`;
    await declare(name, spec);
    await declare('sound', { config: { path: 'sound.jsonl' } });
    await change(['a']);
    await start();
    expect(await written('sound.jsonl', 1)).toEqual(['a']);
    const said = await until(() => log.find(({ sink, reason }) => sink === name && reason));
    expect(said.reason).toContain(reason);
    const [outcome] = await until(async () => {
      const outcomes = await outcomesOf(name);
      return outcomes.length > 0 ? outcomes : undefined;
    });
    expect(outcome).toMatchObject({ outcome: DeliveryOutcome.REFUSED, events: 0 });
  });

  it('delivers other events whole', async () => {
    const name = `run-${number}`;
    await declare(name, {
      subject: 'assay.run.finished.*',
      config: { path: 'runs.jsonl' },
      filter: 'data.runId == "r1"',
    });
    await start();
    for (const runId of ['r1', 'r2']) {
      const { data } = emit(runFinished, { runId, pipeline: 'scan' });
      const attributes = { id: `${tool}-${runId}`, source: 'assay/spec', time: '2026-01-31T12:00:00.000Z' };
      await admin.publish(await toWire(runFinished, data, attributes, blobs), attributes.id);
    }
    const text = await until(async () => {
      const found = await readFile(join(home, 'sinks/runs.jsonl'), 'utf8').catch(() => '');
      return found.endsWith('\n') ? found : undefined;
    });
    expect(JSON.parse(text)).toMatchObject({
      type: 'dev.assay.run.finished.v1',
      data: { runId: 'r1', pipeline: 'scan' },
    });
  });

  it('delivers deliveries without telling of those, which would never end', async () => {
    await declare(`watch-${number}`, { subject: 'assay.delivery.>', config: { path: 'deliveries.jsonl' } });
    await declare('watched', { config: { path: 'watched.jsonl' } });
    await start();
    await change(['a']);
    await until(async () => {
      const text = await readFile(join(home, 'sinks/deliveries.jsonl'), 'utf8').catch(() => '');
      return text.includes('"sink":"watched"') ? true : undefined;
    });
    expect(await outcomesOf(`watch-${number}`)).toEqual([]);
  });

  it('shares a sink between replicas, each event once', async () => {
    const receiver = new Receiver();
    await receiver.listen();
    await declare('shared', { type: 'webhook', batch: { size: 1 }, config: { url: receiver.url, allowPrivate: true } });
    await start();
    await start();
    const rules = Array.from({ length: 40 }, (_, index) => `r${index}`);
    for (const rule of rules) await change([rule]);
    await until(() => (receiver.rules.length >= rules.length ? true : undefined));
    await settled('shared');
    expect(receiver.rules.sort()).toEqual(rules.sort());
    await stop();
    await receiver.close();
  });
});

function durableName(name: string): string {
  return durableOf({ name, type: 'file', subject: subject(), config: {}, generation: 1 }).name;
}

/** A bus on which no ack arrives: what a process that dies after its delivery looks like to the server. */
function withoutAcks(bus: Bus): Bus {
  return new Proxy(bus, {
    get: (target, name) => {
      if (name === 'subscribe') {
        const subscribe: Bus['subscribe'] = (spec, handle, options) =>
          target.subscribe(spec, (delivery) => handle({ ...delivery, ack: async () => {}, retry: () => {} }), options);
        return subscribe;
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Takes webhooks, or refuses them. */
class Receiver {
  status = 200;
  requests = 0;
  readonly rules: string[] = [];
  readonly authorizations: string[] = [];
  url = '';
  readonly #server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    this.requests++;
    if (request.headers.authorization) this.authorizations.push(request.headers.authorization);
    if (this.status === 200) {
      const { events } = JSON.parse(text) as { events: { data: FindingRecord }[] };
      this.rules.push(...events.map(({ data }) => data.rule));
    }
    response.writeHead(this.status).end('a body that nobody reads');
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
