// Batches and ends of scans in any order, twice or more, to any of two replicas, one of which now and then dies. However
// they come, what is stored must follow from when the scans were. Seeds are fixed, so a failure can be repeated.
import { Completeness } from '@assay/contracts';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { LedgerContext } from './resources.ts';
import { randomOf } from './testing/random-of.ts';
import { enriched, handle, type Input, parsed, Rig } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

interface Scan {
  report: string;
  at: number;
  tool: string;
  names: string[];
  isComplete: boolean;
  /** All that is named up to "e" is the same whichever tool reports it. */
  isShared: boolean;
}

/** Those that found a fault once stay: a replica that caught up between asking for a batch and judging it. */
const seeds = [...Array.from({ length: 40 }, (_, index) => index + 1), 1017, 1465];

it.each(seeds)('in the order of seed %i', (seed) => tryOrder(seed, { scans: 6, isShared: false }));

it.each(seeds)('with shared findings, in the order of seed %i', (seed) =>
  tryOrder(seed, { scans: 10, isShared: true }),
);

async function tryOrder(seed: number, { scans: count, isShared }: { scans: number; isShared: boolean }): Promise<void> {
  const random = randomOf(seed);
  const scans = Array.from({ length: count }, (_, index): Scan => {
    const names = 'abcdefghij'.split('').filter(() => random() < 0.5);
    return {
      report: `r${index}`,
      at: index + 1,
      tool: isShared ? (['trivy', 'osv', 'npm'][Math.floor(random() * 3)] ?? '') : random() < 0.8 ? 'gosec' : 'eslint',
      names: names.map((name) => (random() < 0.15 ? `${name}~` : `${name}:${index}`)),
      isComplete: random() < 0.75,
      isShared,
    };
  });
  const inputs = scans.flatMap(inputsOf);
  const schedule = shuffled([...inputs, ...inputs.filter(() => random() < 0.5)], random);
  const replicas: LedgerContext[] = [rig.replica(), rig.replica()];
  for (const input of schedule) {
    const turn = random() < 0.5 ? 0 : 1;
    if (random() < 0.1) replicas[turn] = rig.replica();
    await handle(replicas[turn] as LedgerContext, input);
  }
  const { items } = await rig.store.findings.list({ limit: 1000 });
  const found = items.map(({ tool, title, state }) => `${isShared && isCommon(title) ? '' : tool} ${title} ${state}`);
  expect(found.sort()).toEqual(expectedOf(scans, isShared));
  for (const { report, names } of scans) {
    const { ledgered, closed } = (await rig.store.reports.get(report)) ?? {};
    expect({ report, ledgered, closed }).toEqual({ report, ledgered: names.length, closed: true });
    // What its end changed of findings that are not in it is there too.
    const lines = (await rig.findings(report)).filter((line) => !line.startsWith('fixed'));
    const seen = new Set(lines.map((line) => line.split(' ')[2] ?? ''));
    const titles = names.map((name) => name.slice(0, 1));
    expect(titles.filter((title) => !seen.has(title))).toEqual([]);
    if (!isShared) expect(lines).toHaveLength(names.length);
    const { problems } = (await rig.store.runs.get(report))?.assessed ?? {};
    expect((problems ?? ['not assessed']).filter((problem) => !problem.includes('does not cover everything'))).toEqual(
      [],
    );
  }
}

function isCommon(name: string): boolean {
  return name < 'f';
}

function expectedOf(scans: readonly Scan[], isShared: boolean): string[] {
  const own = [...new Set(scans.map(({ tool }) => tool))].flatMap((tool) => expected(scans, tool));
  if (!isShared) return own.sort();
  // Open while a tool that sees it does not accept it, accepted while one sees it at all.
  const shared = new Map<string, string>();
  for (const line of own) {
    const [, name = '', state = ''] = line.split(' ');
    const states = ['fixed', 'suppressed', 'open'];
    if (isCommon(name) && states.indexOf(state) > states.indexOf(shared.get(name) ?? '')) shared.set(name, state);
  }
  const rest = own.filter((line) => !isCommon(line.split(' ')[1] ?? ''));
  return [...rest, ...[...shared].map(([name, state]) => ` ${name} ${state}`)].sort();
}

function inputsOf({ report, at, tool, names, isComplete, isShared }: Scan): Input[] {
  const half = Math.ceil(names.length / 2);
  const batches = [names.slice(0, half), names.slice(half)].filter((some) => some.length > 0);
  const completeness = isComplete ? Completeness.COMPLETE : Completeness.PARTIAL;
  return [
    ...batches.map((some, index) => {
      const common = isShared ? some.filter(isCommon).join(' ') : '';
      return enriched({ report, at, tool, index, findings: some.join(' '), isShared: common || false });
    }),
    parsed({ report, at, tool, findings: names.length, completeness }),
  ];
}

/** A finding is as the newest scan that saw it said, unless a newer complete one did not see it. */
function expected(scans: readonly Scan[], tool: string): string[] {
  const mine = scans.filter((scan) => scan.tool === tool);
  const proof = mine.findLast(({ isComplete }) => isComplete)?.at ?? 0;
  const states = new Map<string, string>();
  for (const { names, at } of mine) {
    for (const name of names) {
      const state = at < proof ? 'fixed' : name.endsWith('~') ? 'suppressed' : 'open';
      states.set(name.slice(0, 1), state);
    }
  }
  return [...states].map(([name, state]) => `${tool} ${name} ${state}`);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
