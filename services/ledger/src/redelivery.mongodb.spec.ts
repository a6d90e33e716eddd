// The same story over MongoDB: two replicas that take turns, each event twice, must say what one says over SQLite.
import { randomUUID } from 'node:crypto';
import { openStore } from '@assay/store';
import { describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { handle, Rig } from './testing/rig.ts';
import { said, sharedStory, stored, story } from './testing/story.ts';

describe('the ledger over MongoDB', () => {
  it.each([
    ['own', story],
    ['shared', sharedStory],
  ])('says and stores of %s findings what it does over SQLite', async (_, story) => {
    const server = process.env['ASSAY_TEST_MONGODB_URL'];
    if (!server)
      throw new Error('set ASSAY_TEST_MONGODB_URL to a MongoDB server to test against, e.g. mongodb://127.0.0.1:27017');
    const url = new URL(server);
    url.pathname = `/assay_test_${randomUUID().slice(0, 8)}`;
    const calm = await Rig.open();
    const rig = await Rig.open(url.href);
    const other = await openStore(url.href);
    const replicas = [rig.replica(), rig.replica({ store: other })] as const;
    for (const [index, input] of story.entries()) {
      const expected = said(await handle(calm.replica(), input));
      const [one, two] = index % 2 === 0 ? replicas : [replicas[1], replicas[0]];
      expect(said(await handle(one, input))).toEqual(expected);
      expect(said(await handle(two, input))).toEqual(expected);
    }
    expect(await stored(rig)).toEqual(await stored(calm));
    await other.close();
    await rig.close();
    await calm.close();
    const client = new MongoClient(url.href);
    await client.db().dropDatabase();
    await client.close();
  });
});
