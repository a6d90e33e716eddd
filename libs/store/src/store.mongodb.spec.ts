import { randomUUID } from 'node:crypto';
import { Transient, Transition } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { draftEntry } from './contract/entries.ts';
import { storeContract } from './contract/store-contract.suite.ts';
import { FindingMark } from './ledger-store.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

const server = process.env['ASSAY_TEST_MONGODB_URL'];

function urlOf(database: string): string {
  if (!server)
    throw new Error('set ASSAY_TEST_MONGODB_URL to a MongoDB server to test against, e.g. mongodb://127.0.0.1:27017');
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

storeContract('MongoDB', async () => {
  const url = urlOf(`assay_test_${randomUUID().slice(0, 8)}`);
  const stores: Store[] = [];
  const again = async () => {
    const store = await openStore(url);
    stores.push(store);
    return store;
  };
  return {
    store: await again(),
    again,
    close: async () => {
      for (const store of stores) await store.close();
      await change(url, (client) => client.db().dropDatabase());
    },
  };
});

describe('a history in MongoDB', () => {
  it('gets the marks and the coverage that a crash left out, when it is read next', async () => {
    const url = urlOf(`assay_test_${randomUUID().slice(0, 8)}`);
    const store = await openStore(url);
    const { id } = await store.ledger.history('shop');
    await store.ledger.append(draftEntry({ seq: 1, sightings: [{ name: 'a' }] }));
    const before = await store.ledger.content(id, 1);
    await store.ledger.append(
      draftEntry({
        seq: 2,
        report: 'r2',
        closing: true,
        sightings: [{ name: 'a', transition: Transition.FIXED, place: { seq: 1, position: 0 } }],
        markings: [{ at: { seq: 1, position: 0 }, mark: FindingMark.FIXED, to: { seq: 2, position: 0 } }],
      }),
    );
    await change(url, async (client) => {
      const undone = { 'kept.marks': Buffer.of(FindingMark.OPEN), open: 1, fixed: 0 };
      await client.db().collection('entry').updateOne({ seq: 1 }, { $set: undone });
      await client
        .db()
        .collection('history')
        .updateOne({}, { $set: { coverage: '{}' } });
    });
    expect((await store.findings.list({})).items).toMatchObject([{ state: 'open' }]);
    for await (const _ of store.ledger.entries(id, 0, false));
    expect((await store.findings.list({})).items).toMatchObject([{ state: 'fixed' }]);
    expect((await store.ledger.history('shop')).coverage).toMatchObject({ 'gosec\n': { reportId: 'r2' } });
    expect(await store.ledger.content(id, 1)).toEqual(before);
    await store.close();
    await change(url, (client) => client.db().dropDatabase());
  });
});

describe('openStore of MongoDB', () => {
  it('says that nobody answers, without the password', async () => {
    const error = await openStore('mongodb://assay:secret@127.0.0.1:1/assay?serverSelectionTimeoutMS=300').catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Transient);
    expect(JSON.stringify([String(error), String((error as Transient).cause)])).not.toContain('secret');
  });

  it('raises an older schema, whose entries are not shared, so that who knows only that one refuses it', async () => {
    const url = urlOf(`assay_test_${randomUUID().slice(0, 8)}`);
    const old = await openStore(url);
    const { id } = await old.ledger.history('shop');
    await old.ledger.append(draftEntry({ seq: 1, sightings: [{ name: 'a' }] }));
    await old.close();
    const schema = async () => {
      let found: unknown;
      await change(url, async (client) => {
        found = (await client.db().collection('schema').findOne())?.['schema'];
      });
      return found;
    };
    await change(url, async (client) => {
      expect(
        await client
          .db()
          .collection('entry')
          .findOne({ isShared: { $exists: true } }),
      ).toBeNull();
      await client
        .db()
        .collection('schema')
        .updateOne({}, { $set: { schema: 1 } });
    });
    await (await openStore(url, { readOnly: true })).close();
    expect(await schema()).toBe(1);
    const store = await openStore(url);
    expect(await schema()).toBe(2);
    expect(await store.ledger.entriesOfReport(id, 'r1')).toMatchObject([{ seq: 1, isShared: false }]);
    await store.close();
    await change(url, (client) => client.db().dropDatabase());
  });

  it('refuses a newer schema', async () => {
    const url = urlOf(`assay_test_${randomUUID().slice(0, 8)}`);
    await (await openStore(url)).close();
    await change(url, (client) =>
      client
        .db()
        .collection('schema')
        .updateOne({}, { $set: { schema: 999 } }),
    );
    await expect(openStore(url)).rejects.toMatchObject({ name: 'InvalidInput', code: 'store.newer' });
    await change(url, (client) => client.db().dropDatabase());
  });
});

async function change(url: string, work: (client: MongoClient) => Promise<unknown>): Promise<void> {
  const client = new MongoClient(url);
  await work(client);
  await client.close();
}
