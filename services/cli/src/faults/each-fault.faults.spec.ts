// Under load, at random moments from a printed seed: each fault by itself, then several at random until the time is
// over. After each, everything adds up: see scan.suite.ts. `ASSAY_FAULTS_SECONDS=3600 npm run test:faults` for an hour,
// `ASSAY_FAULTS_SEED=…` for the same moments again, `ASSAY_FAULTS_OF='refuse|clock'` to mix only those.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type Fault, faults } from './faults.suite.ts';
import { TargetModel } from './model.suite.ts';
import { expectBack, type Held, heldByAll } from './open-handles.suite.ts';
import { givenFaults, givenSeconds, Rig } from './rig.suite.ts';
import { expectNoDeadLetters, expectStored, expectWhole, type Sinks, startSinks, submit } from './scan.suite.ts';

/** Findings that a target's reports choose from. */
const pool = 5000;
const targetsAtOnce = 2;

const beganAt = performance.now();
let rig: Rig;
let sinks: Sinks;
let before: Map<string, Held>;
let number = 0;

beforeAll(async () => {
  rig = await Rig.start();
  sinks = await startSinks(rig);
  // What is loaded on first use is loaded now.
  await rig.page('no harm at all', () => live([], []));
  before = await heldByAll(rig);
}, 180_000);
afterAll(async () => {
  await rig?.stop();
  await sinks?.receiver.away();
});

const scans = ['first', 'second', 'third'] as const;

/**
 * Three reports of each target, one after the other, each with about four fifths of a pool of findings: new ones, fixed
 * ones, and ones that come back. Harm is done during those that are `struck`.
 */
async function live(harm: readonly Fault[], struck: readonly string[]): Promise<void> {
  const { random, journal } = rig;
  const models = Array.from({ length: targetsAtOnce }, () => new TargetModel(`target-${++number}`));
  const all = Array.from({ length: pool }, (_, index) => index);
  for (const scan of scans) {
    journal.note(`${scan} report`);
    const inflicted = (struck.includes(scan) ? harm : []).map(async (fault) => {
      const own = random.fork();
      await wait(own.between(0, 700));
      await fault.inflict(rig, sinks, own);
    });
    const handedIn = models.map(async (model) => {
      const report = model.report(
        all.filter(() => random.next() < 0.8),
        random,
      );
      const runId = await submit(rig, model.name, report);
      journal.note(`${model.name} is run ${runId}`);
      return { runId, report };
    });
    for (const result of await Promise.allSettled(inflicted)) if (result.status === 'rejected') throw result.reason;
    for (const { runId, report } of await Promise.all(handedIn)) await expectWhole(rig, sinks, runId, report);
  }
  for (const model of models) await expectStored(rig, model);
  await expectNoDeadLetters(rig);
}

async function survives(title: string, harm: readonly Fault[], struck: readonly string[]): Promise<void> {
  await rig.page(title, async () => {
    await live(harm, struck);
    await expectBack(rig, before);
  });
}

describe('three reports of two targets reconcile, are stored and delivered once, when we', () => {
  it.each(faults)('$name', (fault) => survives(fault.name, [fault], [rig.random.pick(scans)]), 300_000);

  it(
    'do several of these at once, at random, until the time is over',
    async () => {
      while (performance.now() - beganAt < givenSeconds * 1000) {
        const order = rig.random.shuffled(faults.filter(({ name }) => name.match(givenFaults)));
        // One of each service, one of all that is no service's.
        const apart = [...new Map(order.map((fault) => [fault.service ?? 'around', fault])).values()];
        const some = apart.slice(0, rig.random.between(2, 3));
        await survives(some.map(({ name }) => name).join(' + '), some, scans);
      }
    },
    givenSeconds * 1000 + 300_000,
  );
});
