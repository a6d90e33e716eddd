// What each service's credential may do on a real nats-server, beside what it declares: nothing. The expectations are
// written down here; they are not asked of what makes the credentials.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobs } from '@assay/blobs';
import { type Bus, nouns, streamOf } from '@assay/bus';
import { type Knocker, knock } from '@assay/bus/testing/knock';
import { topics } from '@assay/contracts';
import { durablesOf, inboxPrefixOf, readSharedConfig, setUpBus, setUpDurables } from '@assay/runtime';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busUsers, clientName } from './bus-users.ts';
import { Home } from './home.ts';
import { services } from './services.ts';

/** Topics that somebody may publish. A topic that is not here may be published by nobody but who redrives. */
const publishers: Readonly<Record<string, readonly string[]>> = {
  'report.submitted': ['gateway', clientName],
  'run.requested': ['gateway', 'executor', clientName],
  'run.cancelled': ['gateway', clientName],
  'artifact.requested': ['gateway', clientName],
  'finding.returned': ['gateway', clientName],
  'delivery.requested': ['gateway'],
  'run.started': ['executor'],
  'run.finished': ['executor'],
  'task.started': ['executor'],
  'task.logged': ['executor'],
  'task.finished': ['executor'],
  'finding.reported': ['producer'],
  'report.parsed': ['producer'],
  'finding.enriched': ['enricher'],
  'finding.enriching': ['enricher'],
  'finding.changed': ['ledger'],
  'run.assessed': ['ledger'],
  'delivery.finished': ['consumer'],
  'delivery.tested': ['consumer'],
};
/** Sends dead letters again: whatever they are. */
const redriver = 'gateway';
/** Have durables or readers that are not declared: sinks, followers, other systems. */
const readers = ['gateway', 'consumer', clientName];
const buckets: Readonly<Record<string, { read: readonly string[]; write: readonly string[] }>> = {
  sinks: { read: ['gateway', 'consumer'], write: ['gateway'] },
  'sink-durables': { read: ['consumer'], write: ['consumer'] },
  'webhook-deliveries': { read: ['gateway'], write: ['gateway'] },
  'cancelled-runs': { read: ['executor'], write: ['executor'] },
  leases: { read: ['ledger'], write: [] },
};

const everyone = [...services.map(({ name }) => name), clientName];
const streams = [...nouns.map(streamOf), ...Object.keys(buckets).map((bucket) => `KV_${bucket}`)];
const all = services.flatMap((service) => durablesOf(service).map((durable) => ({ owner: service.name, ...durable })));

let nats: TestNats;
let admin: Bus;
let folder: string;
const knockers = new Map<string, Knocker>();
const as = (name: string) => knockers.get(name) as Knocker;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-credentials-'));
  const home = new Home(join(folder, 'home'));
  await home.prepare();
  nats = await startNats({ users: await busUsers(home, '') });
  admin = await nats.connect({ credentialsFile: (await home.seed('admin')).file });
  const shared = readSharedConfig({ ASSAY_HOME: home.folder, ASSAY_NATS_BUDGET_BYTES: String(512 * 1024 ** 2) });
  await setUpBus(admin, shared);
  await setUpDurables(admin, services, shared);
  const { url } = nats;
  for (const { name } of services) {
    const { file } = await home.seed(name);
    knockers.set(name, await knock({ url, credentialsFile: file, inboxPrefix: inboxPrefixOf(name) }));
  }
  const password = await home.secret('nats-client-password');
  knockers.set(clientName, await knock({ url, user: { name: clientName, password } }));
});
afterAll(async () => {
  for (const knocker of knockers.values()) await knocker.close();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Each subject and who may publish it. */
type Doors = Readonly<Record<string, readonly string[]>>;

async function expectPublishers(doors: Doors): Promise<void> {
  const subjects = Object.keys(doors);
  for (const name of everyone) {
    const refused = await as(name).refusedToPublish(subjects);
    const wrong = subjects.filter((subject) => refused.has(subject) === doors[subject]?.includes(name));
    expect({ name, wrong }).toEqual({ name, wrong: [] });
  }
}

describe('a credential', () => {
  it.each(topics.map((topic) => [topic.name, topic] as const))(
    'publishes %s only where it is declared',
    async (_, topic) => {
      const subject = ['assay', topic.noun, topic.verb, ...topic.keys.map(() => 'x')].join('.');
      const may = [...(publishers[topic.name] ?? []), redriver];
      await expectPublishers({
        [subject]: may,
        // A key more than the topic has.
        [`${subject}.more`]: [redriver],
        [`assay.${topic.noun}.unheard-of.x`]: [redriver],
      });
    },
  );

  it('declares what is in the table above', () => {
    const declared = services.flatMap(({ name, publishes }) => publishes.map((topic) => `${topic.name} by ${name}`));
    const written = Object.entries(publishers).flatMap(([topic, names]) =>
      names.filter((name) => name !== clientName).map((name) => `${topic} by ${name}`),
    );
    expect(written.sort()).toEqual(declared.sort());
  });

  it('writes its own dead letters and no other’s', async () => {
    await expectPublishers(
      Object.fromEntries(
        [...everyone, 'nobody'].map((name) => [`assay.dead.${name}.run.requested`, name === clientName ? [] : [name]]),
      ),
    );
  });

  it('publishes nothing that is not Assay’s, and no answer to another', async () => {
    await expectPublishers({
      'assay.x': [],
      assay: [],
      'other.subject': [],
      '$SYS.REQ.SERVER.PING': [],
      '_INBOX.x': [],
      ...Object.fromEntries(everyone.map((name) => [`${inboxPrefixOf(name)}.x.1`, []])),
    });
  });

  it('subscribes to its own inboxes; only a client also to events', async () => {
    const subjects = [
      '>',
      '*.>',
      'assay.>',
      '_INBOX.>',
      '$JS.>',
      '$JS.API.>',
      '$JS.ACK.>',
      '$JS.EVENT.>',
      '$KV.>',
      '$SYS.>',
      'assay.dead.>',
      ...nouns.filter((noun) => noun !== 'dead').map((noun) => `assay.${noun}.>`),
      ...everyone.map((name) => `${inboxPrefixOf(name)}.>`),
    ];
    for (const name of everyone) {
      const refused = await as(name).refusedToSubscribe(subjects);
      const own = subjects.filter((subject) => !refused.has(subject));
      expect([name, own]).toEqual([
        name,
        name === clientName
          ? ['_INBOX.>', ...nouns.filter((noun) => noun !== 'dead').map((noun) => `assay.${noun}.>`)]
          : [`${inboxPrefixOf(name)}.>`],
      ]);
    }
  });
});

describe('the streams', () => {
  it.each(streams)('%s is made, changed, emptied, copied and deleted by nobody', async (stream) => {
    const verbs = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN', 'PEER.REMOVE'];
    await expectPublishers(Object.fromEntries(verbs.map((verb) => [`$JS.API.STREAM.${verb}.${stream}`, []])));
    await expectPublishers({
      [`$JS.API.CONSUMER.PAUSE.${stream}.x`]: [],
      [`$JS.API.CONSUMER.LEADER.STEPDOWN.${stream}.x`]: [],
      [`$JS.API.CONSUMER.NAMES.${stream}`]: [],
      [`$JS.API.STREAM.MSG.DELETE.${stream}`]: stream === streamOf('dead') ? [redriver] : [],
    });
  });

  it.each(nouns.map(streamOf))(
    '%s is read message by message, or by a reader of one’s own, where that is declared',
    async (stream) => {
      const mayRead = stream === streamOf('dead') ? ['gateway', 'consumer'] : readers;
      await expectPublishers({
        [`$JS.API.STREAM.MSG.GET.${stream}`]: ['gateway'],
        [`$JS.API.DIRECT.GET.${stream}`]: [],
        [`$JS.API.DIRECT.GET.${stream}.assay.x`]: [],
        [`$JS.API.CONSUMER.CREATE.${stream}`]: [],
        [`$JS.API.CONSUMER.CREATE.${stream}.new`]: mayRead,
        [`$JS.API.CONSUMER.CREATE.${stream}.new.assay.x`]: mayRead,
        [`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.new`]: mayRead.filter((name) => name === clientName),
        [`$JS.API.CONSUMER.MSG.NEXT.${stream}.new`]: mayRead,
        [`$JS.API.CONSUMER.DELETE.${stream}.new`]: mayRead.filter((name) => name !== clientName),
        // Who only reads along has nothing to ack.
        [`$JS.ACK.${stream}.new.1.1.1.1.0`]: mayRead.filter((name) => name !== 'gateway'),
        [`$JS.ACK.hub.account.${stream}.new.1.1.1.1.0`]: mayRead.filter((name) => name !== 'gateway'),
      });
    },
  );

  // nats-server sends answers wherever the asker says (docs/security.md); its own API does not listen to them.
  it.each(all.filter(({ owner }) => owner === 'producer'))(
    'are not emptied or deleted by an answer on $name',
    async (durable) => {
      const count = async () => (await admin.messages(durable.stream, 'assay.>')).length;
      const before = await count();
      expect(before).toBeGreaterThan(0);
      for (const verb of ['PURGE', 'DELETE'])
        for (const question of ['INFO', 'MSG.NEXT'])
          await as('producer').publish(
            `$JS.API.CONSUMER.${question}.${durable.stream}.${durable.name}`,
            {},
            `$JS.API.STREAM.${verb}.${durable.stream}`,
          );
      expect(await count()).toBe(before);
    },
  );

  it('tell of themselves to whom they must', async () => {
    await expectPublishers({
      '$JS.API.STREAM.LIST': ['gateway'],
      '$JS.API.STREAM.NAMES': [clientName],
      '$JS.API.INFO': [clientName],
      '$JS.API.ACCOUNT.PURGE.x': [],
      '$JS.API.SERVER.REMOVE': [],
      '$JS.API.META.LEADER.STEPDOWN': [],
    });
  });
});

describe('a durable of a service', () => {
  it.each(services.filter((service) => durablesOf(service).length > 0).map(({ name }) => name))(
    'of %s is read and acked by it alone, and made, changed and deleted by nobody',
    async (owner) => {
      const doors = all
        .filter((durable) => durable.owner === owner)
        .flatMap(({ stream, name, filter }): [string, string[]][] => {
          // The consumer makes durables for sinks; nothing tells one name from another but that it is not its own.
          const maker = owner === 'consumer' ? ['consumer'] : [];
          return [
            [`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, [owner]],
            [`$JS.ACK.${stream}.${name}.1.1.1.1.0`, [owner]],
            [`$JS.ACK.hub.account.${stream}.${name}.1.1.1.1.0`, [owner]],
            [`$JS.API.CONSUMER.INFO.${stream}.${name}`, [owner]],
            [`$JS.API.CONSUMER.CREATE.${stream}.${name}`, maker],
            [`$JS.API.CONSUMER.CREATE.${stream}.${name}.${filter.replace('>', 'x').replaceAll('*', 'x')}`, maker],
            [`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`, []],
            [`$JS.API.CONSUMER.PAUSE.${stream}.${name}`, []],
            ...(owner === 'consumer'
              ? []
              : ([[`$JS.API.CONSUMER.DELETE.${stream}.${name}`, []]] satisfies [string, string[]][])),
          ];
        });
      expect(doors.length).toBeGreaterThan(0);
      await expectPublishers(Object.fromEntries(doors));
    },
  );

  it('is still there after all that was tried', async () => {
    for (const { stream, name } of all)
      expect([name, (await admin.consumerState(stream, name)) !== undefined]).toEqual([name, true]);
  });
});

describe('the buckets', () => {
  it.each(Object.entries(buckets))('%s is read and written where that is declared', async (bucket, { read, write }) => {
    const stream = `KV_${bucket}`;
    await expectPublishers({
      [`$KV.${bucket}.some.key`]: write,
      [`$JS.API.STREAM.MSG.GET.${stream}`]: read,
      [`$JS.API.DIRECT.GET.${stream}.$KV.${bucket}.x`]: read,
      [`$JS.API.CONSUMER.CREATE.${stream}.x.$KV.${bucket}.x`]: read,
    });
  });

  it('of leases are written for oneself', async () => {
    const holders = buckets['leases']?.read ?? [];
    await expectPublishers(
      Object.fromEntries(
        everyone.map((name) => [`$KV.leases.${name}.lease.p00`, holders.includes(name) ? [name] : []]),
      ),
    );
  });

  it('of others do not exist for services', async () => {
    await expectPublishers({
      '$KV.other.x': [],
      '$O.assay.M.x': [],
      '$O.assay.C.x': [],
      '$JS.API.STREAM.INFO.KV_other': [],
    });
  });
});

describe('blobs on the bus', () => {
  it('are kept by every service in the bucket that the administrator made, and by none in another', async () => {
    const home = new Home(join(folder, 'home'));
    const blobsUrl = 'jetstream:blobs';
    const own = await startNats({ users: await busUsers(home, blobsUrl) });
    try {
      const shared = readSharedConfig({ ASSAY_BLOBS_URL: blobsUrl, ASSAY_NATS_BUDGET_BYTES: String(512 * 1024 ** 2) });
      await setUpBus(await own.connect({ credentialsFile: (await home.seed('admin')).file }), shared);
      for (const { name } of services) {
        const { file } = await home.seed(name);
        const inboxPrefix = inboxPrefixOf(name);
        const blobs = await openBlobs(blobsUrl, { bus: await own.connect({ credentialsFile: file, inboxPrefix }) });
        const { digest } = await blobs.put(Buffer.from(name));
        const chunks: Uint8Array[] = [];
        for await (const chunk of blobs.get(digest)) chunks.push(chunk);
        expect(Buffer.concat(chunks).toString()).toBe(name);
        expect(await blobs.delete(digest)).toBe(true);
        const knocker = await knock({ url: own.url, credentialsFile: file, inboxPrefix });
        const elsewhere = [
          '$O.other.M.x',
          '$O.other.C.x',
          '$JS.API.STREAM.INFO.OBJ_other',
          '$JS.API.STREAM.PURGE.OBJ_other',
        ];
        const making = ['CREATE', 'UPDATE', 'DELETE'].map((verb) => `$JS.API.STREAM.${verb}.OBJ_blobs`);
        const doors = [...elsewhere, ...making];
        expect([...(await knocker.refusedToPublish(doors))]).toEqual(doors);
        await knocker.close();
      }
    } finally {
      await own.stop();
    }
  });
});
