// The store on a MongoDB server that goes away in the midst of work: runs where ASSAY_TEST_MONGODB_URL names a server.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startTcpProxy, type TcpProxy } from '@assay/testing';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { TargetModel } from './model.suite.ts';
import { quiet } from './quiet.suite.ts';
import { Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks, submit } from './scan.suite.ts';

const server = process.env['ASSAY_TEST_MONGODB_URL'];
const pool = Array.from({ length: 4000 }, (_, index) => index);

/** Begins the harm, and ends it. */
type Harm = [string, (proxy: TcpProxy) => void, (proxy: TcpProxy) => void];
const harms: Harm[] = [
  ['is gone and comes back', (proxy) => proxy.refuse(), (proxy) => proxy.accept()],
  ['breaks its connections', (proxy) => proxy.cut(), (proxy) => proxy.cut()],
  ['does not answer for a while', (proxy) => proxy.stall(), (proxy) => proxy.flow()],
  ['is slow', (proxy) => proxy.delay(20), (proxy) => proxy.delay(0)],
];

(server ? describe : describe.skip)('three reports reconcile, are stored and delivered once, when the store', () => {
  let rig: Rig;
  let sinks: Sinks;
  let proxy: TcpProxy;
  const url = new URL(server ?? 'mongodb://127.0.0.1');
  url.pathname = `/assay_faults_${randomUUID().slice(0, 8)}`;

  beforeAll(async () => {
    proxy = await startTcpProxy(Number(url.port || 27_017));
    const proxied = new URL(url);
    proxied.host = `127.0.0.1:${proxy.port}`;
    rig = await Rig.start({ env: { ASSAY_STORE_URL: proxied.href } });
    sinks = await startSinks(rig);
  }, 120_000);
  afterAll(async () => {
    await sinks?.receiver.away();
    await rig?.stop();
    await proxy?.close();
    const client = new MongoClient(url.href);
    await client.db().dropDatabase();
    await client.close();
  });

  it.each(harms)(
    '%s',
    async (title, begin, end) => {
      await rig.page(title, async () => {
        const model = new TargetModel(title);
        for (let round = 0; round < 3; round++) {
          const report = model.report(
            pool.filter(() => rig.random.next() < 0.8),
            rig.random,
          );
          const harm = async () => {
            await wait(rig.random.between(0, 500));
            rig.journal.note('harm begins');
            begin(proxy);
            await wait(rig.random.between(100, 3000));
            end(proxy);
            rig.journal.note('harm is over');
          };
          const [runId] = await Promise.all([submit(rig, model.name, report), harm()]);
          await expectWhole(rig, sinks, runId, report);
        }
        await quiet(rig);
        await expectStored(rig, model);
        await expectNoDeadLetters(rig);
      });
    },
    300_000,
  );
});
