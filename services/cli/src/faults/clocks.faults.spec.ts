// Clocks that go back, or differ from each other: nothing is lost or said twice, and nothing is closed by a scan that
// seems to be older than what is known. With the clocks right again, so are the findings.
import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { type Report, TargetModel } from './model.suite.ts';
import { quiet } from './quiet.suite.ts';
import { Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks, submit } from './scan.suite.ts';

const hour = 3_600_000;
const pool = Array.from({ length: 2000 }, (_, index) => index);

let rig: Rig;
let sinks: Sinks;
beforeAll(async () => {
  rig = await Rig.start();
  sinks = await startSinks(rig);
}, 120_000);
afterAll(async () => {
  await sinks?.receiver.away();
  await rig?.stop();
});
afterEach(() => expectNoDeadLetters(rig));

/** Hours by service. */
async function set(clocks: Record<string, number>): Promise<void> {
  for (const { name, setClock } of rig.members) await setClock((clocks[name] ?? 0) * hour);
  // A clock is looked at again after 20 ms.
  await new Promise((resolve) => setTimeout(resolve, 50));
}

async function scan(model: TargetModel, report: Report): Promise<void> {
  await expectWhole(rig, sinks, await submit(rig, model.name, report), report);
}

const some = (share: number) => pool.filter(() => rig.random.next() < share);

describe('while clocks are wrong', () => {
  it('a scan of the past changes nothing that a later one saw; the next one is right', async () => {
    await rig.page('all clocks go back two hours', async () => {
      const model = new TargetModel('past');
      await scan(model, model.report(pool, rig.random));
      await set({ producer: -2, enricher: -2, ledger: -2, consumer: -2, gateway: -2 });
      // Half of them are gone, as far as this scan can tell.
      const past = new TargetModel(model.name).report(some(0.5), rig.random);
      await scan(model, { ...past, transitions: new Map([...past.transitions.keys()].map((id) => [id, 'recurred'])) });
      await quiet(rig);
      await expectStored(rig, model);
      await set({});
      await scan(model, model.report(some(0.5), rig.random));
      await quiet(rig);
      await expectStored(rig, model);
    });
  });

  it.each([
    ['the ledger is a day ahead', { ledger: 24 }],
    [
      'the producer and the enricher are a day ahead, which the ledger does not believe',
      { producer: 24, enricher: 24 },
    ],
    ['the gateway and the consumer are a day behind', { gateway: -24, consumer: -24 }],
  ])('three scans come out right: %s', async (title, clocks) => {
    await rig.page(title, async () => {
      const model = new TargetModel(title);
      await set(clocks);
      for (let round = 0; round < 3; round++) await scan(model, model.report(some(0.8), rig.random));
      await set({});
      await quiet(rig);
      await expectStored(rig, model);
    });
  });
});
