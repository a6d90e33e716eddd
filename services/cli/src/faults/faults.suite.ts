// Everything that is done to the platform: each does its harm for a while and ends it, at moments that chance chooses.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random, TcpProxy } from '@assay/testing';
import type { Rig } from './rig.suite.ts';
import type { Sinks } from './scan.suite.ts';

export interface Fault {
  /** A sentence: "kill -9 the ledger". */
  name: string;
  /** The service that it befalls: two of these at once would befall one that is not there. */
  service?: string;
  /** Resolves when the harm is over. What it does goes into the journal. */
  inflict(rig: Rig, sinks: Sinks, random: Random): Promise<void>;
}

const workers = ['producer', 'enricher', 'ledger', 'consumer'] as const;
const services = [...workers, 'gateway'] as const;

/** How long harm lasts that has an end of its own. Milliseconds. */
const least = 100;
const most = 2500;

function each(names: readonly string[], what: string, inflict: (name: string) => Fault['inflict']): Fault[] {
  return names.map((name) => ({ name: what.replace('%s', name), service: name, inflict: inflict(name) }));
}

const killAndStart = (name: string) => async (rig: Rig, _: Sinks, random: Random) => {
  rig.journal.note(`kill -9 ${name}`);
  await rig.end(rig.member(name), 'SIGKILL');
  await wait(random.between(0, 1000));
  await rig.start(name);
  rig.journal.note(`${name} runs again`);
};

const killOneOfTwo = (name: string) => async (rig: Rig, _: Sinks, random: Random) => {
  const first = rig.member(name);
  await rig.start(name);
  rig.journal.note(`two of ${name}`);
  await wait(random.between(0, 1500));
  rig.journal.note(`kill -9 one of two: ${name}`);
  await rig.end(first, 'SIGKILL');
};

// As a rolling update does: the new one first, then the old one drains.
const replace = (name: string) => async (rig: Rig, _: Sinks, random: Random) => {
  const first = rig.member(name);
  await rig.start(name);
  await wait(random.between(0, 500));
  rig.journal.note(`SIGTERM the old ${name}`);
  await rig.end(first, 'SIGTERM');
};

// Longer than its leases and its acks live: when it goes on, others have its work.
const freeze = (name: string) => async (rig: Rig, _: Sinks, random: Random) => {
  const { pid } = rig.member(name).process;
  const ms = random.between(500, 4000);
  rig.journal.note(`stop ${name} for ${ms} ms, and let it go on`);
  process.kill(pid, 'SIGSTOP');
  await wait(ms);
  process.kill(pid, 'SIGCONT');
};

const jumpClock = (name: string) => async (rig: Rig, _: Sinks, random: Random) => {
  const ms = random.between(1, 48 * 60) * 60_000;
  rig.journal.note(`the clock of ${name} goes ${ms / 60_000} minutes ahead`);
  const member = rig.member(name);
  await member.setClock(ms);
  await wait(random.between(least, most));
  await member.setClock(0);
  rig.journal.note(`the clock of ${name} is right again`);
};

const harmConnections = (
  what: string,
  begin: (proxy: TcpProxy, random: Random) => void,
  end: (proxy: TcpProxy) => void,
) =>
  ({
    name: what,
    inflict: async (rig: Rig, _: Sinks, random: Random) => {
      const all = [...rig.members.map(({ name, proxy }) => ({ name, proxy })), { name: 'the door', proxy: rig.door }];
      const some = random.next() < 0.5 ? all : [random.pick(all)];
      const ms = random.between(least, most);
      rig.journal.note(`${what}: ${some.map(({ name }) => name).join(', ')}, for ${ms} ms`);
      for (const { proxy } of some) begin(proxy, random);
      await wait(ms);
      for (const { proxy } of some) end(proxy);
    },
  }) satisfies Fault;

const endServer = (signal: NodeJS.Signals) => async (rig: Rig, _: Sinks, random: Random) => {
  const { nats } = rig.deployment;
  rig.journal.note(`${signal} nats-server`);
  await nats.down(signal);
  await wait(random.between(0, most));
  await nats.up();
  rig.journal.note('nats-server runs again');
};

// SQLite has no server to stop: somebody else holds the file, longer than a write waits now and then.
async function holdStore(rig: Rig, _: Sinks, random: Random): Promise<void> {
  const db = new DatabaseSync(join(rig.deployment.home, 'data/assay.db'), { timeout: 10_000 });
  const ms = random.next() < 0.2 ? random.between(10_500, 12_000) : random.between(least, 4000);
  db.exec('BEGIN IMMEDIATE');
  rig.journal.note(`nobody can write to the store for ${ms} ms`);
  await wait(ms);
  db.exec('ROLLBACK');
  db.close();
}

async function webhookAway(rig: Rig, { receiver }: Sinks, random: Random): Promise<void> {
  const ms = random.between(least, most);
  rig.journal.note(`the webhook is away for ${ms} ms`);
  await receiver.away();
  await wait(ms);
  await receiver.listen();
}

const webhookMood =
  (mood: 'overloaded' | 'slow') =>
  async (rig: Rig, { receiver }: Sinks, random: Random) => {
    const ms = random.between(least, most);
    rig.journal.note(`the webhook is ${mood} for ${ms} ms`);
    receiver.mood = mood === 'slow' ? random.between(50, 500) : mood;
    await wait(ms);
    receiver.mood = 'well';
  };

export const faults: readonly Fault[] = [
  ...each(services, 'kill -9 the %s', killAndStart),
  ...each(workers, 'kill -9 one of two replicas of the %s', killOneOfTwo),
  ...each(services, 'replace the %s while it works', replace),
  ...each(workers, 'stop the %s and let it go on', freeze),
  { name: 'kill -9 nats-server', inflict: endServer('SIGKILL') },
  { name: 'restart nats-server', inflict: endServer('SIGTERM') },
  { name: 'keep everybody from writing to the store', inflict: holdStore },
  { name: 'take the webhook away', inflict: webhookAway },
  { name: 'overload the webhook', inflict: webhookMood('overloaded') },
  { name: 'slow the webhook', inflict: webhookMood('slow') },
  harmConnections(
    'cut connections',
    (proxy) => proxy.cut(),
    () => {},
  ),
  harmConnections(
    'refuse connections',
    (proxy) => proxy.refuse(),
    (proxy) => proxy.accept(),
  ),
  harmConnections(
    'stall connections',
    (proxy) => proxy.stall(),
    (proxy) => proxy.flow(),
  ),
  harmConnections(
    'delay connections',
    (proxy, random) => proxy.delay(random.between(5, 200)),
    (proxy) => proxy.delay(0),
  ),
  ...each(services, 'set the clock of the %s ahead', jumpClock),
];
