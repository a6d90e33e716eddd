import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { type FindingRecord, InvalidInput, Transient } from '@assay/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Collection, MongoClient } from 'mongodb';
import type { DeliveryInfo, Log, Secrets, Sink, SinkContext, SinkItem } from '../../sink.ts';
import { mongodb } from './index.ts';

const url = process.env.ASSAY_TEST_MONGODB_URL ?? '';
const database = `assay_sink_${randomBytes(4).toString('hex')}`;
const info: DeliveryInfo = { id: 'd', attempt: 1, signal: new AbortController().signal };

let client: MongoClient;
let documents: Collection<{ _id: string }>;
let number = 0;
const sinks: Sink[] = [];

beforeAll(async () => {
  if (!url) throw new Error('ASSAY_TEST_MONGODB_URL must name a server that speaks the MongoDB protocol');
  client = await new MongoClient(url).connect();
});
afterAll(async () => {
  await client?.db(database).dropDatabase();
  await client?.close();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
});

async function open(
  config: Record<string, unknown> = {},
  hasFindings = true,
  secrets: Secrets = { url },
): Promise<Sink> {
  const collection = `c${++number}`;
  documents = client.db(database).collection(collection);
  const context: SinkContext = {
    name: 'spec',
    generation: 1,
    hasFindings,
    log: {} as Log,
    filesRoot: '/nowhere',
    stdout: new PassThrough(),
    allowsPrivateAddresses: true,
    now: () => new Date(0),
  };
  const sink = await mongodb.open({ database, collection, ...config }, secrets, context);
  sinks.push(sink);
  return sink;
}

function item(order: string, rule: string, change: Partial<FindingRecord> = {}): SinkItem {
  return {
    id: `e${order}:${rule}`,
    event: { id: `e${order}`, type: 't', subject: 's', time: 'now', order },
    position: 0,
    finding: { id: rule, target: 'shop', tool: 'gosec', rule, title: rule, severity: 'high', ...change },
  };
}

const severities = async () =>
  Object.fromEntries(
    (await documents.find().toArray()).map((found) => [found._id, (found as { severity?: string }).severity]),
  );

describe('a MongoDB collection', () => {
  it('holds the latest state of each finding', async () => {
    const sink = await open();
    await sink.deliver([item('1', 'a'), item('1', 'b'), item('2', 'a', { severity: 'low' })], info);
    await sink.deliver([item('3', 'b', { severity: 'info', transition: 'fixed' })], info);
    expect(await severities()).toEqual({ 'shop/gosec/a': 'low', 'shop/gosec/b': 'info' });
    expect(await documents.findOne({ _id: 'shop/gosec/b' })).toEqual({
      _id: 'shop/gosec/b',
      order: '3',
      event: { id: 'e3', type: 't', subject: 's', time: 'now' },
      identity: 'b',
      target: 'shop',
      tool: 'gosec',
      rule: 'b',
      title: 'b',
      severity: 'info',
      transition: 'fixed',
    });
  });

  it('is the same after a redelivery, and after an older event that comes late', async () => {
    const sink = await open();
    await sink.deliver([item('2', 'a', { severity: 'low' })], info);
    await sink.deliver([item('2', 'a', { severity: 'low' })], info);
    await sink.deliver([item('1', 'a'), item('1', 'c')], info);
    expect(await severities()).toEqual({ 'shop/gosec/a': 'low', 'shop/gosec/c': 'high' });
  });

  it('tells findings of other targets and tools apart', async () => {
    const sink = await open();
    await sink.deliver([item('1', 'a'), item('1', 'a', { target: 'x' }), item('1', 'a', { tool: 'y' })], info);
    expect(Object.keys(await severities()).sort()).toEqual(['shop/gosec/a', 'shop/y/a', 'x/gosec/a']);
  });

  it('holds every change once in mode log', async () => {
    const sink = await open({ mode: 'log' });
    await sink.deliver([item('1', 'a'), item('2', 'a', { severity: 'low' })], info);
    await sink.deliver([item('2', 'a', { severity: 'low' }), item('3', 'b')], info);
    expect(await severities()).toEqual({ 'e1:a': 'high', 'e2:a': 'low', 'e3:b': 'high' });
  });

  it('takes names of members that its queries could not ask for', async () => {
    const sink = await open();
    await sink.deliver([item('1', 'a', { properties: { 'a.b': '1', $set: '2', plain: '3' } })], info);
    expect(await documents.findOne({ _id: 'shop/gosec/a' })).toMatchObject({
      properties: { 'a．b': '1', '＄set': '2', plain: '3' },
    });
  });

  it('takes other events in mode log only', async () => {
    const event = { id: 'e1', type: 't', subject: 's', time: 'now', order: '1' };
    const sink = await open({ mode: 'log' }, false);
    await sink.deliver([{ id: 'e1', event, position: 0, data: { runId: 'r1' } }], info);
    expect(await documents.findOne({ _id: 'e1' })).toMatchObject({ data: { runId: 'r1' } });
    await expect(open({}, false)).rejects.toThrow(/mode latest is for findings/);
  });

  it('does not open while the server is away', async () => {
    const away = { url: 'mongodb://127.0.0.1:1/?directConnection=true' };
    await expect(open({ timeoutMs: 200 }, true, away)).rejects.toBeInstanceOf(Transient);
  });

  it.each([
    [{}, /needs config.url or credentials.url/],
    [{ url: 'mongodb://me:pw@127.0.0.1' }, /user name or password/],
    [{ url: 'http://127.0.0.1' }, /config of a mongodb sink is wrong/],
    [{ database: '../x' }, /config of a mongodb sink is wrong/],
  ])('refuses the config %j', async (config, reason) => {
    const work = open(config, true, {});
    await expect(work).rejects.toThrow(reason);
    await expect(work).rejects.toBeInstanceOf(InvalidInput);
  });
});
