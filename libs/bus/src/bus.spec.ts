import { InvalidInput } from '@assay/contracts';
import { startNats, type TestNats } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findNatsServer } from '../server/find-nats-server.mjs';
import type { Bus, Delivery } from './bus.ts';
import { compareVersions, connectBus } from './connect.ts';
import { deadLetter, deadLetters, dropDeadLetter, redriveDeadLetter } from './dead-letters.ts';
import { startNatsServer } from './start-server.ts';
import { nouns } from './streams.ts';

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startNats();
  bus = await nats.connect();
  await bus.ensureStreams({ replicas: 1 });
});
afterAll(() => nats.stop());

const send = (subject: string, text: string, id: string) =>
  bus.publish({ subject, headers: { 'ce-id': id }, payload: Buffer.from(text) }, id);

/** Takes messages until `count` were handled; `handle` settles each. */
async function take(
  name: string,
  filter: string,
  count: number,
  handle: (delivery: Delivery) => Promise<void>,
  options = {},
): Promise<Delivery[]> {
  const spec = { stream: `assay-${filter.split('.')[1]}`, name, filter, ackWaitMs: 1000 };
  await bus.ensureConsumer(spec);
  const taken: Delivery[] = [];
  let done = () => {};
  const enough = new Promise<void>((resolve) => {
    done = resolve;
  });
  const subscription = await bus.subscribe(
    spec,
    async (delivery) => {
      await handle(delivery);
      taken.push(delivery);
      if (taken.length === count) done();
    },
    options,
  );
  await enough;
  await subscription.drain();
  return taken;
}

describe('streams', () => {
  it('are one a noun and can be ensured again', async () => {
    await bus.ensureStreams({ replicas: 1 });
    for (const noun of nouns) {
      const { stream } = await send(`assay.${noun}.tried.x`, 'x', `ensure-${noun}`);
      expect(stream).toBe(`assay-${noun}`);
    }
  });

  it('drop a second message of the same id', async () => {
    const first = await send('assay.run.tried.twice', 'a', 'twice');
    const second = await send('assay.run.tried.twice', 'a', 'twice');
    expect([first.isDuplicate, second.isDuplicate]).toEqual([false, true]);
    expect(second.sequence).toBe(first.sequence);
  });
});

describe('a durable', () => {
  it.each([
    ['by bytes', {}],
    ['one by one', { onDemand: true }],
    ['with several hands', { concurrency: 4 }],
  ])('gives every message once, taken %s', async (way, options) => {
    const key = way.replaceAll(' ', '-');
    for (let n = 0; n < 10; n++) await send(`assay.task.counted.${key}`, String(n), `${key}-${n}`);
    const taken = await take(`count-${key}`, `assay.task.counted.${key}`, 10, (delivery) => delivery.ack(), options);
    expect(taken.map(({ payload }) => Number(Buffer.from(payload).toString())).sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(taken.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('gives again what was not acked, and counts the attempts', async () => {
    await send('assay.task.retried.x', 'x', 'retried');
    const taken = await take('retry', 'assay.task.retried.x', 3, async (delivery) => {
      if (delivery.attempt < 3) delivery.retry(10);
      else await delivery.ack();
    });
    expect(taken.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(taken.every(({ headers }) => headers['ce-id'] === 'retried')).toBe(true);
  });

  it('keeps alive what waits for a hand: nothing is handled twice because it had to wait', async () => {
    // Together they take four times the ack wait.
    for (let n = 0; n < 16; n++) await send('assay.task.waited.x', String(n), `waited-${n}`);
    const taken = await take('waiter', 'assay.task.waited.x', 16, async (delivery) => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await delivery.ack();
    });
    expect(taken.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 16 }, () => 1));
    expect(new Set(taken.map(({ sequence }) => sequence)).size).toBe(16);
  });

  it('gets again all that a subscription that ends had not handed out', async () => {
    for (let n = 0; n < 20; n++) await send('assay.task.given.x', String(n), `given-${n}`);
    const spec = { stream: 'assay-task', name: 'giver', filter: 'assay.task.given.x', ackWaitMs: 2000 };
    await bus.ensureConsumer(spec);
    const handled = new Set<number>();
    let change = () => {};
    const handle = async (delivery: Delivery) => {
      handled.add(delivery.sequence);
      await delivery.ack();
      change();
    };
    const first = new Promise<void>((resolve) => {
      change = resolve;
    });
    const ending = await bus.subscribe(spec, async (delivery) => {
      await handle(delivery);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await first;
    await ending.drain();
    expect(handled.size).toBeLessThan(10);
    const all = new Promise<void>((resolve) => {
      change = () => {
        if (handled.size === 20) resolve();
      };
    });
    const next = await bus.subscribe(spec, handle);
    await all;
    await next.drain();
  });

  it('refuses another filter under the same name', async () => {
    const spec = { stream: 'assay-task', name: 'fixed', filter: 'assay.task.a.*', ackWaitMs: 1000 };
    await bus.ensureConsumer(spec);
    await expect(bus.ensureConsumer({ ...spec, filter: 'assay.task.b.*' })).rejects.toMatchObject({
      code: 'bus.durable-differs',
    });
  });

  it('says how far it lags', async () => {
    await bus.ensureConsumer({ stream: 'assay-task', name: 'lagging', filter: 'assay.task.lagged.*', ackWaitMs: 1000 });
    await send('assay.task.lagged.x', 'x', 'lagged');
    expect(await bus.consumerState('assay-task', 'lagging')).toMatchObject({ pending: 1, unacked: 0 });
    expect(await bus.consumerState('assay-task', 'nobody')).toBeUndefined();
    expect(await bus.deleteConsumer('assay-task', 'lagging')).toBe(true);
  });

  it('goes on where it was after the server was killed and started again', async () => {
    for (let n = 0; n < 5; n++) await send('assay.delivery.survived.x', String(n), `survived-${n}`);
    let isRestarted = false;
    const taken = await take('survivor', 'assay.delivery.survived.x', 5, async (delivery) => {
      if (!isRestarted) {
        isRestarted = true;
        await nats.restart();
        while (await bus.ping().catch(() => 'away')) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await delivery.ack();
    });
    expect(new Set(taken.map(({ sequence }) => sequence)).size).toBe(5);
  });
});

describe('tail', () => {
  it('reads what is stored and what comes, in order, and takes nothing', async () => {
    await send('assay.artifact.tailed.a', '1', 'tail-1');
    const stopping = new AbortController();
    const seen: string[] = [];
    for await (const message of bus.tail(['assay.artifact.tailed.>'], { start: 'all', signal: stopping.signal })) {
      seen.push(Buffer.from(message.payload).toString());
      if (seen.length === 1) await send('assay.artifact.tailed.b', '2', 'tail-2');
      if (seen.length === 2) stopping.abort();
    }
    expect(seen).toEqual(['1', '2']);
  });
});

describe('replay', () => {
  const read = async (filter: string, start: 'all' | Date = 'all') => {
    const texts: string[] = [];
    for await (const { payload } of bus.replay(filter, { start, signal: new AbortController().signal }))
      texts.push(Buffer.from(payload).toString());
    return texts;
  };

  it('gives what a filter matches now, from a moment on, and ends', async () => {
    const filter = 'assay.artifact.kept.*';
    expect(await read(filter)).toEqual([]);
    await send('assay.artifact.kept.a', '1', 'kept-1');
    await send('assay.artifact.other.a', 'x', 'kept-x');
    const { stream, sequence } = await send('assay.artifact.kept.b', '2', 'kept-2');
    expect(await read(filter)).toEqual(['1', '2']);
    const second = await bus.messageAt(stream, sequence);
    expect(await read(filter, second?.storedAt)).toEqual(['2']);
    expect(await read(filter, new Date(Date.now() + 60_000))).toEqual([]);
  });

  it('gives more than is asked for at a time', async () => {
    const text = 'x'.repeat(500_000);
    for (let n = 0; n < 20; n++) await send('assay.artifact.large.a', text, `large-${n}`);
    expect((await read('assay.artifact.large.a')).map(({ length }) => length)).toEqual(Array(20).fill(text.length));
  });
});

describe('dead letters', () => {
  it('hold the event whole; redrive sends it again, drop removes it', async () => {
    await send('assay.report.submitted.gosec', 'payload', 'will-die');
    const [delivery] = await take('dier', 'assay.report.submitted.gosec', 1, async (taken) => {
      await deadLetter(
        bus,
        'producer',
        taken,
        new InvalidInput('no target: name one', { code: 'report.no-target' }),
        new Date(0),
      );
      await taken.ack();
    });
    const [entry] = await deadLetters(bus, { service: 'producer' });
    expect(entry?.letter).toMatchObject({
      service: 'producer',
      code: 'report.no-target',
      reason: 'no target: name one',
      subject: 'assay.report.submitted.gosec',
      attempts: 1,
      sequence: delivery?.sequence,
    });
    expect(Buffer.from(entry?.letter.payload ?? []).toString()).toBe('payload');

    await redriveDeadLetter(bus, entry?.sequence ?? 0);
    expect(await deadLetters(bus, { service: 'producer' })).toEqual([]);
    const [again] = await take('dier', 'assay.report.submitted.gosec', 1, (taken) => taken.ack());
    expect(again?.headers).toMatchObject({ 'ce-id': 'will-die', 'assay-redriven': String(entry?.sequence) });
    await expect(dropDeadLetter(bus, entry?.sequence ?? 0)).rejects.toMatchObject({ code: 'dead.missing' });
  });

  it('leave a payload that no letter could hold where it is, and send it again from there', async () => {
    const payload = new Uint8Array(1_048_000).fill(120);
    await bus.publish({ subject: 'assay.run.tried.large', headers: { 'ce-id': 'large' }, payload }, 'large');
    await take('large', 'assay.run.tried.large', 1, async (taken) => {
      await deadLetter(bus, 'large', taken, new Error('too much'), new Date(0));
      await taken.ack();
    });
    const [entry] = await deadLetters(bus, { service: 'large' });
    expect(entry?.letter.payload).toHaveLength(0);
    await redriveDeadLetter(bus, entry?.sequence ?? 0);
    const [again] = await take('large', 'assay.run.tried.large', 1, (taken) => taken.ack());
    expect(again?.payload).toHaveLength(payload.length);
    expect(again?.headers).not.toHaveProperty('assay-payload-left');
  });

  it('are listed though somebody else’s message lies among them', async () => {
    await bus.publish(
      { subject: 'assay.dead.stranger.x.y', headers: {}, payload: new Uint8Array([255, 255]) },
      'stranger',
    );
    const [entry] = await deadLetters(bus, { service: 'stranger' });
    expect(entry?.letter).toMatchObject({ code: 'dead.unreadable', subject: 'assay.dead.stranger.x.y' });
  });

  it.each<[string, (string | undefined)[], number]>([
    ['one service says it twice', [undefined, undefined], 1],
    ['one of its consumers says it twice', ['a', 'a'], 1],
    ['two of its consumers refuse the event', ['a', 'b'], 2],
    ['a consumer and the service itself refuse it', [undefined, 'a'], 2],
  ])('are as many as refused the event: %s', async (name, refusers, letters) => {
    const service = `refusing-${name.replaceAll(/\W/g, '-')}`;
    await send('assay.artifact.refused.x', name, name);
    const [delivery] = await take(service, 'assay.artifact.refused.x', 1, (taken) => taken.ack());
    if (!delivery) throw new Error('nothing came');
    for (const by of refusers)
      await deadLetter(bus, service, delivery, new InvalidInput('no', { code: 'spec.no' }), new Date(0), by);
    expect(await deadLetters(bus, { service })).toHaveLength(letters);
  });
});

describe('a bucket', () => {
  it('writes only over the revision it was told', async () => {
    const bucket = await bus.bucket('spec');
    const revision = await bucket.put('key', Buffer.from('1'), 0);
    expect(await bucket.put('key', Buffer.from('2'), 0)).toBeUndefined();
    expect(await bucket.put('key', Buffer.from('2'), revision)).toBeGreaterThan(revision ?? 0);
    expect(Buffer.from((await bucket.get('key'))?.value ?? []).toString()).toBe('2');
    await bucket.delete('key');
    expect([await bucket.get('key'), await bucket.keys()]).toEqual([undefined, []]);
  });

  it('is brought to the life it shall have', async () => {
    await bus.ensureBucket('lived', { ttlMs: 60_000 });
    await bus.ensureBucket('lived', { ttlMs: 1000 });
    const bucket = await bus.bucket('lived');
    await bucket.put('key', Buffer.from('1'));
    while ((await bucket.keys()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  it('deletes only the revision it was told', async () => {
    const bucket = await bus.bucket('spec');
    const revision = await bucket.put('other', Buffer.from('1'));
    await bucket.put('other', Buffer.from('2'));
    await expect(bucket.delete('other', revision)).rejects.toThrow();
    expect(await bucket.get('other')).toBeDefined();
  });

  it('tells of changes', async () => {
    const bucket = await bus.bucket('watched');
    await bucket.put('a', Buffer.from('1'));
    const stopping = new AbortController();
    const seen: [string, string | undefined][] = [];
    for await (const { key, value } of bucket.watch(stopping.signal)) {
      seen.push([key, value && Buffer.from(value).toString()]);
      if (seen.length === 1) await bucket.put('b', Buffer.from('2'));
      if (seen.length === 2) await bucket.delete('a');
      if (seen.length === 3) stopping.abort();
    }
    expect(seen).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', undefined],
    ]);
  });
});

describe('connecting', () => {
  it('says where nothing answers and what to do, without the password', async () => {
    const failure = connectBus({ url: 'nats://user:hunter2@127.0.0.1:1', name: 'spec', timeoutMs: 1000 });
    await expect(failure).rejects.toMatchObject({
      code: 'bus.unreachable',
      message: expect.stringContaining('nats://127.0.0.1:1: start one') as unknown,
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') as unknown });
  });

  it.each([
    ['2.9.0', '2.10.0', -1],
    ['2.15.2', '2.9.25', 1],
    ['2.10.0-beta.1', '2.10.0', 0],
  ])('compares %s with %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe('a server of our own', () => {
  it('takes the place of one that a killed process left behind', async () => {
    const orphan = await startNats();
    const { port } = new URL(orphan.url);
    // The same folder and port, as after kill -9 of the process that started it.
    const { path, version } = await findNatsServer();
    const next = await startNatsServer({
      binary: path,
      version,
      dir: orphan.dir,
      port: Number(port),
      maxStoreBytes: 1e9,
    });
    // Old servers end with 1 on SIGTERM.
    expect(await orphan.server.exited).toMatch(/^exit code [01]$/);
    expect(next.pid).not.toBe(orphan.server.pid);
    await next.stop();
    await orphan.stop();
  });
});

describe('pressure', () => {
  it('names the durable that a stream would soon leave behind, until it has caught up', async () => {
    const small = await startNats();
    const own = await small.connect();
    // The stream of artifacts gets a fiftieth of it: 160 KiB.
    await own.ensureStreams({ replicas: 1, budgetBytes: 8 * 1024 * 1024 });
    const spec = { stream: 'assay-artifact', name: 'behind', filter: 'assay.artifact.>', ackWaitMs: 10_000 };
    await own.ensureConsumer(spec);
    expect(await own.pressure()).toBeUndefined();
    for (let n = 0; n < 15; n++) {
      await own.publish(
        { subject: 'assay.artifact.filled.x', headers: {}, payload: new Uint8Array(10_000) },
        `fill-${n}`,
      );
    }
    expect(await own.pressure()).toMatchObject({ stream: 'assay-artifact', consumer: 'behind' });

    const subscription = await own.subscribe(spec, (delivery) => delivery.ack());
    while (await own.pressure()) await new Promise((resolve) => setTimeout(resolve, 20));
    await subscription.drain();
    await small.stop();
  });
});
