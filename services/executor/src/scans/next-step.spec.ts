import type { ScanStatus } from '@assay/contracts/resources';
import { describe, expect, it } from '@jest/globals';
import { nextStep, type Step } from './next-step.ts';
import { conditionOf, placeOfRun, runIdOf, type Scan } from './scan.ts';

const once = { target: { name: 'shop' }, source: { url: 'https://github.com/acme/shop.git' } };
const nightly = { ...once, schedule: '0 3 * * *' };
const noon = new Date('2026-01-01T12:00:00Z');
const tomorrow = '2026-01-02T03:00:00.000Z';

function scan(spec: unknown, status: ScanStatus = {}, generation = 1): Scan {
  return { namespace: 'shop', name: 'all', uid: 'u1', generation, resourceVersion: '1', spec, status };
}

/** What becomes of a Scan when everything that is due is done: the runs asked for, and its last state. */
function settle(first: Scan, now: Date): { runs: string[]; scan: Scan; last: Step } {
  const runs: string[] = [];
  let state = first;
  for (;;) {
    const step = nextStep(state, now);
    if (step.kind === 'wait') return { runs, scan: state, last: step };
    if (step.kind === 'request') runs.push(step.runId);
    state = { ...state, status: step.status };
  }
}

describe('a Scan without a schedule', () => {
  it('runs once, and again for each new spec', () => {
    const first = settle(scan(once), noon);
    expect(first.runs).toEqual([runIdOf(scan(once), '1')]);
    expect(first.last).toEqual({ kind: 'wait' });
    expect(first.scan.status).toMatchObject({
      phase: 'Pending',
      lastRunTime: noon.toISOString(),
      observedGeneration: 1,
    });
    const second = settle({ ...first.scan, generation: 2 }, noon);
    expect(second.runs).toEqual([runIdOf(scan(once), '2')]);
    expect(second.scan.status.history).toEqual([
      { runId: first.runs[0], phase: 'Pending', startedAt: noon.toISOString() },
    ]);
  });

  it('that is suspended runs when it no longer is', () => {
    const suspended = settle(scan({ ...once, suspend: true }), noon);
    expect(suspended.runs).toEqual([]);
    expect(conditionOf(suspended.scan, 'Accepted')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(settle({ ...suspended.scan, spec: once, generation: 2 }, noon).runs).toHaveLength(1);
  });
});

describe('a Scan with a schedule', () => {
  it('waits for its time, runs, and waits for the next', () => {
    const made = settle(scan(nightly), noon);
    expect(made.runs).toEqual([]);
    expect(made.last).toEqual({ kind: 'wait', until: new Date(tomorrow) });
    const due = settle(made.scan, new Date(tomorrow));
    expect(due.runs).toEqual([runIdOf(made.scan, tomorrow)]);
    expect(due.last).toEqual({ kind: 'wait', until: new Date('2026-01-03T03:00:00.000Z') });
  });

  it('runs once for all the times that nobody was there', () => {
    const { scan: made } = settle(scan(nightly), noon);
    const late = settle(made, new Date('2026-02-01T12:00:00Z'));
    expect(late.runs).toEqual([runIdOf(made, tomorrow)]);
    expect(late.scan.status.nextRunTime).toBe('2026-02-02T03:00:00.000Z');
  });

  it('that is changed begins with its next time, not with one it would have had', () => {
    const { scan: made } = settle(scan({ ...nightly, schedule: '0 18 * * *' }), noon);
    const changed = settle({ ...made, spec: { ...nightly, schedule: '0 9 * * *' }, generation: 2 }, noon);
    expect(changed.runs).toEqual([]);
    expect(changed.scan.status.nextRunTime).toBe('2026-01-02T09:00:00.000Z');
  });

  it('that is suspended has no next time', () => {
    const { scan: made } = settle(scan(nightly), noon);
    const suspended = settle({ ...made, spec: { ...nightly, suspend: true }, generation: 2 }, new Date(tomorrow));
    expect(suspended.runs).toEqual([]);
    expect(suspended.scan.status).not.toHaveProperty('nextRunTime');
  });

  it('keeps as many runs as it says', () => {
    let state = settle(scan({ ...nightly, historyLimit: 2 }), noon).scan;
    for (let day = 2; day < 8; day++) state = settle(state, new Date(Date.UTC(2026, 0, day, 3))).scan;
    expect(state.status.history?.map(({ startedAt }) => startedAt.slice(0, 10))).toEqual(['2026-01-06', '2026-01-05']);
  });
});

describe('a run that was decided', () => {
  it('and not asked for, because whoever decided died, is asked for by the next under the same id', () => {
    const decided = nextStep(scan(once), noon);
    if (decided.kind !== 'write') throw new Error('it was to be decided first');
    const left = { ...scan(once), status: decided.status };
    expect(nextStep(left, noon)).toMatchObject({ kind: 'request', runId: decided.status.runId });
    expect(nextStep(left, noon)).toMatchObject({ kind: 'request', runId: decided.status.runId });
  });
});

describe('a Scan that is wrong', () => {
  it.each([
    ['a schedule', { ...once, schedule: 'nightly' }, /schedule "nightly" in time zone "UTC" says no times/],
    ['a time zone', { ...nightly, timeZone: 'Mars' }, /time zone "Mars"/],
    ['a member', { ...once, target: {} }, /^spec\.target\.name: /],
  ])('in %s says so, once, and runs nothing', (_, spec, message) => {
    const { runs, scan: refused, last } = settle(scan(spec), noon);
    expect(runs).toEqual([]);
    expect(last).toEqual({ kind: 'wait' });
    expect(conditionOf(refused, 'Accepted')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(message),
    });
    expect(settle({ ...refused, spec: once, generation: 2 }, noon).runs).toHaveLength(1);
  });
});

describe('a run id', () => {
  it('leads back to its Scan, and only ids of Scans do', () => {
    const longest = { ...scan(once), namespace: 'n'.repeat(63), name: `a.${'b'.repeat(38)}` };
    const runId = runIdOf(longest, '1');
    expect(runId.length).toBeLessThanOrEqual(128);
    expect(placeOfRun(runId)).toEqual({ namespace: longest.namespace, name: longest.name });
    for (const other of ['r1', 'scan.shop', 'scan.shop.all', crypto.randomUUID()])
      expect(placeOfRun(other)).toBeUndefined();
  });
});
