// Two replicas as processes on one nats-server and one store, killed in the midst of their work.
import { setTimeout as wait } from 'node:timers/promises';
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bus, streamOf } from '@assay/bus';
import { Assessment, findingAt, findingChanged, type Topic, transitionNames } from '@assay/contracts';
import { fromWire, toWire } from '@assay/runtime';
import { openStore, type Store } from '@assay/store';
import { type Deployment, deploy, type ServiceProcess } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enriched, type Input, parsed } from './testing/rig.ts';

const targets = ['shop', 'forge', 'mill', 'quay'];
const batches = 30;
const perBatch = 40;

let deployment: Deployment;
let bus: Bus;
let blobs: BlobStore;
let store: Store;
let replicas: ServiceProcess[];
beforeAll(async () => {
  deployment = await deploy({ services: ['ledger', 'ledger'] });
  replicas = [...deployment.services];
  bus = await deployment.nats.connect();
  blobs = await openBlobs(`file:${deployment.home}/blobs`);
  store = await openStore(`sqlite:${deployment.home}/data/assay.db`);
});
afterAll(async () => {
  await store.close();
  await blobs.close();
  await deployment.stop();
});

describe('kill -9 of the ledger', () => {
  it('in the midst of its work, one replica and then the other, loses nothing and says nothing twice', async () => {
    const names = (from: number) =>
      Array.from({ length: perBatch }, (_, index) => `f${from * perBatch + index}`).join(' ');
    const scan = (target: string, round: number, skipped: number) => {
      const report = `${target}-${round}`;
      const indexes = Array.from({ length: batches }, (_, index) => index).filter((index) => index >= skipped);
      const facts = { report, target, at: round };
      return [
        ...indexes.map((index) => enriched({ ...facts, index, findings: names(index) })),
        parsed({ ...facts, findings: indexes.length * perBatch }),
      ];
    };
    // All opened; then three batches are gone; then they are back.
    for (const [round, skipped] of [
      [1, 0],
      [2, 3],
      [3, 0],
    ] as const) {
      const inputs = targets.map((target) => scan(target, round, skipped));
      // Interleaved, so that every target is at work when the replica dies.
      for (let index = 0; index <= batches; index++) {
        for (const of of inputs) {
          const input = of[index];
          if (input) await publish(input);
        }
        if (index === 12) await replace(round % 2);
      }
      for (const target of targets) {
        const assessed = await assessment(`${target}-${round}`);
        expect(assessed).toMatchObject({ assessment: Assessment.COMPLETE, problems: [] });
        const gone = 3 * perBatch;
        const all = batches * perBatch;
        expect(assessed.transitions).toEqual(
          [{ opened: all }, { recurred: all - gone, fixed: gone }, { recurred: all - gone, reopened: gone }][round - 1],
        );
      }
    }
    const said = await everythingSaid();
    const expected = targets.flatMap((target) =>
      Array.from({ length: batches * perBatch }, (_, index) => {
        const isGone = index < 3 * perBatch;
        const lives = ['opened', isGone ? 'fixed' : 'recurred', isGone ? 'reopened' : 'recurred'];
        return `${target} f${index}: ${lives.sort().join(' ')}`;
      }),
    );
    expect(said).toEqual(expected.sort());
  });
});

/** Kills a replica and starts another one. */
async function replace(which: number): Promise<void> {
  const victim = replicas[which];
  if (!victim) throw new Error('there is no such replica');
  await victim.kill('SIGKILL');
  deployment.services.splice(deployment.services.indexOf(victim), 1);
  replicas[which] = await deployment.start('ledger');
}

async function publish(input: Input): Promise<void> {
  const { id, source, time } = input;
  const topic = input.topic as Topic;
  await bus.publish(await toWire(topic, input.data, { id, source, time }, blobs), id);
}

async function assessment(runId: string) {
  for (;;) {
    const assessed = (await store.runs.get(runId))?.assessed;
    if (assessed) return assessed;
    await wait(50);
  }
}

/** What was said of each finding of each target, from the stream itself. */
async function everythingSaid(): Promise<string[]> {
  const said = new Map<string, string[]>();
  for (const message of await bus.messages(streamOf('finding'), 'assay.finding.changed.>', { limit: 100_000 })) {
    const { data } = await fromWire(message, findingChanged, blobs);
    data.findings.forEach((_, position) => {
      const name = `${data.target?.name} ${findingAt(data, position).title}`;
      said.set(name, [...(said.get(name) ?? []), transitionNames.of(data.transition)]);
    });
  }
  return [...said].map(([name, transitions]) => `${name}: ${transitions.sort().join(' ')}`).sort();
}
