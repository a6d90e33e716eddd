// Whoever keeps findings by target, tool and identity, and goes by what is published alone, must have what the ledger
// has: with findings that several tools witness, and while a target's findings become shared and are shared no more.
import { type Batch, Completeness, type Outgoing, recordsOf, transitionNames } from '@assay/contracts';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { LedgerContext } from './resources.ts';
import { randomOf } from './testing/random-of.ts';
import { handle, Rig, report } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const tools = ['trivy', 'osv', 'npm'];
const names = 'abcdef'.split('');
const stateAfter: Readonly<Record<string, string>> = {
  opened: 'open',
  recurred: 'open',
  reopened: 'open',
  fixed: 'fixed',
  suppressed: 'suppressed',
};

class Sink {
  readonly #findings = new Map<string, string>();

  take(outputs: readonly Outgoing[]): void {
    for (const { topic, data } of outputs) {
      if (topic.name !== 'finding.changed') continue;
      const batch = data as Batch;
      const state = stateAfter[transitionNames.of(batch.transition)] ?? 'nothing';
      for (const { tool, title } of recordsOf(batch)) this.#findings.set(`${tool} ${title}`, state);
    }
  }

  get findings(): string[] {
    return [...this.#findings].map(([key, state]) => `${key} ${state}`).sort();
  }
}

/** Of the same tool and identity there may be a finding of its own and a shared one for a while. */
async function stored(): Promise<string[]> {
  const { items } = await rig.store.findings.list({ limit: 1000 });
  const states = ['fixed', 'suppressed', 'open'];
  const found = new Map<string, string>();
  for (const { tool, title, state } of items) {
    const key = `${tool} ${title}`;
    if (states.indexOf(state) > states.indexOf(found.get(key) ?? '')) found.set(key, state);
  }
  return [...found].map(([key, state]) => `${key} ${state}`).sort();
}

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

it.each(seeds)('with accepted findings, seed %i', (seed) => live(seed, { accepts: 0.25, shares: () => true }));

it.each(seeds)('with findings that are shared now and then, seed %i', (seed) =>
  live(seed, { accepts: 0, shares: (random) => random() < 0.5 }),
);

it.each(seeds)('with findings that become shared, seed %i', (seed) =>
  live(seed, { accepts: 0, shares: (_, round) => round > 7 }),
);

async function live(
  seed: number,
  { accepts, shares }: { accepts: number; shares(random: () => number, round: number): boolean },
): Promise<void> {
  const random = randomOf(seed);
  const sink = new Sink();
  let replica: LedgerContext = rig.replica();
  const scan = async (round: number, tool: string, findings: string[], completeness: Completeness) => {
    const isShared = shares(random, round);
    const draft = { report: `r${round}`, at: round, tool, findings: findings.join(' '), isShared, completeness };
    for (const input of report(draft)) sink.take(await handle(replica, input));
    if (random() < 0.2) replica = rig.replica();
    expect(sink.findings).toEqual(await stored());
    expect((await rig.store.runs.get(`r${round}`))?.assessed?.stages.map((stage) => stage.in === stage.out)).toEqual([
      true,
      true,
      true,
    ]);
  };
  let round = 0;
  for (; round < 16; round++) {
    const some = names.filter(() => random() < 0.5).map((name) => (random() < accepts ? `${name}~` : name));
    const completeness = random() < 0.75 ? Completeness.COMPLETE : Completeness.PARTIAL;
    await scan(round, tools[Math.floor(random() * tools.length)] ?? '', some, completeness);
  }
  for (const tool of tools) await scan(round++, tool, [], Completeness.COMPLETE);
  expect(sink.findings.filter((line) => !line.endsWith(' fixed'))).toEqual([]);
}
