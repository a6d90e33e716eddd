import {
  assessmentNames,
  Completeness,
  type Draft,
  type Event,
  emit,
  keyedId,
  Outcome,
  type Outgoing,
  type RunAssessed,
  type RunFinished,
  runAssessed,
  runFinished,
  runRequested,
  runStarted,
  Severity,
  type TaskFinished,
  taskFinished,
} from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assessOverdue } from './assess-run.ts';
import type { LedgerContext } from './resources.ts';
import { enriched, event, handle, type Input, parsed, Rig } from './testing/rig.ts';
import { trackAssessed, trackFinished, trackRequested, trackStarted, trackTask } from './track-run.ts';

let rig: Rig;
let replica: LedgerContext;
beforeEach(async () => {
  rig = await Rig.open();
  replica = rig.replica();
});
afterEach(() => rig.close());

const gosec: Draft<TaskFinished> = { task: 'gosec', outcome: Outcome.SUCCEEDED, reportIds: ['r1'] };
const skipped: Draft<TaskFinished> = { task: 'bandit', outcome: Outcome.SKIPPED, reason: 'nothing to scan' };
const whole: Input[] = [
  enriched({ run: 'run', findings: 'a b' }),
  enriched({ run: 'run', index: 1, severity: Severity.LOW, findings: 'c' }),
  parsed({ run: 'run', findings: 3, more: { raw: 6, merged: { same: 2 }, filtered: { pass: 1 } } }),
];

function finished(tasks: Draft<TaskFinished>[], more: Draft<RunFinished> = {}): Event<RunFinished> {
  const { data } = emit(runFinished, {
    runId: 'run',
    pipeline: 'scan',
    outcome: Outcome.SUCCEEDED,
    tasks,
    target: { name: 'shop' },
    ...more,
  });
  return event(runFinished, 'finished', data);
}

async function collect(outputs: AsyncIterable<Outgoing>): Promise<RunAssessed[]> {
  const assessed: RunAssessed[] = [];
  for await (const { topic, data } of outputs) if (topic.name === runAssessed.name) assessed.push(data as RunAssessed);
  return assessed;
}

async function all(inputs: readonly Input[]): Promise<RunAssessed[]> {
  const assessed: RunAssessed[] = [];
  for (const input of inputs) {
    for (const { topic, data } of await handle(replica, input))
      if (topic.name === runAssessed.name) assessed.push(data as RunAssessed);
  }
  return assessed;
}

const end = (tasks: Draft<TaskFinished>[], more: Draft<RunFinished> = {}) =>
  collect(trackFinished(finished(tasks, more), replica));
const name = (assessed: RunAssessed | undefined) => assessmentNames.of(assessed?.assessment ?? 0);

/** What the schedule says, after as many seconds; it hears itself, as it does from the stream. */
async function overdue(seconds: number): Promise<RunAssessed[]> {
  rig.clock += seconds * 1000;
  const said = await collect(assessOverdue(replica));
  for (const each of said) await collect(trackAssessed(event(runAssessed, 'assessed', each, 2), replica));
  return said;
}

describe('a run', () => {
  it.each([
    ['its reports', () => all(whole), () => end([gosec, skipped])],
    ['its end', () => end([gosec, skipped]), () => all(whole)],
  ])('is assessed once everything is there: first %s', async (_, first, second) => {
    expect(await first()).toEqual([]);
    const [assessed, ...others] = await second();
    expect(others).toEqual([]);
    expect(assessed).toMatchObject({
      runId: 'run',
      pipeline: 'scan',
      target: { name: 'shop' },
      problems: [],
      transitions: { opened: 3 },
      severities: { high: 2, low: 1 },
      stages: [
        { name: 'parse', in: 6, out: 3, removed: { 'merged:same': 2, 'filtered:pass': 1 } },
        { name: 'enrich', in: 3, out: 3, removed: {} },
        { name: 'ledger', in: 3, out: 3, removed: {} },
      ],
    });
    expect(name(assessed)).toBe('complete');
    expect(assessed?.tasks.map(({ task }) => task)).toEqual(['gosec', 'bandit']);
    expect(assessed?.reports.map(({ reportId }) => reportId)).toEqual(['r1']);
    expect(await rig.store.runs.get('run')).toMatchObject({ phase: 'assessed', assessed });
    expect(await overdue(600)).toEqual([]);
  });

  it('says the same under the same id when it is asked again', async () => {
    await all(whole);
    const once: Outgoing[] = [];
    for (let times = 0; times < 2; times++) {
      rig.clock += 1000;
      for await (const outgoing of trackFinished(finished([gosec]), replica)) once.push(outgoing);
    }
    const [first, second] = once;
    expect(second).toEqual(first);
    expect(keyedId('run.assessed', first?.key ?? '')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('counts what its reports fixed', async () => {
    await all([enriched({ report: 'r0', at: 0, findings: 'a z' }), parsed({ report: 'r0', at: 0, findings: 2 })]);
    await all(whole);
    const [assessed] = await end([gosec]);
    expect(assessed?.transitions).toEqual({ recurred: 1, opened: 2, fixed: 1 });
    expect(assessed?.stages.at(-1)).toMatchObject({ in: 3, out: 3 });
  });

  it.each<[string, Draft<TaskFinished>[], Draft<RunFinished>, string, RegExp]>([
    [
      'a task failed',
      [gosec, { task: 'semgrep', outcome: Outcome.FAILED, reason: 'exit 7' }],
      {},
      'partial',
      /^task semgrep ended as failed: exit 7$/,
    ],
    [
      'a task could not run',
      [gosec, { task: 'semgrep', outcome: Outcome.ERROR }],
      {},
      'partial',
      /^task semgrep ended as error$/,
    ],
    ['it was cancelled', [gosec], { outcome: Outcome.CANCELLED }, 'partial', /^the run ended as cancelled$/],
  ])('is partial when %s', async (_, tasks, more, expected, problem) => {
    await all(whole);
    const [assessed] = await end(tasks, more);
    expect(name(assessed)).toBe(expected);
    expect(assessed?.problems).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['partial', Completeness.PARTIAL, /^report r1 of gosec does not cover everything: main.go does not parse$/],
    ['failed', Completeness.FAILED, /^report r1 of gosec could not be read to its end: main.go does not parse$/],
  ])('is partial when a report is %s', async (_, completeness, problem) => {
    const [batch] = [enriched({ run: 'run', findings: 'a' })];
    await all([batch, parsed({ run: 'run', findings: 1, completeness, more: { notes: ['main.go does not parse'] } })]);
    const [assessed] = await end([gosec]);
    expect(name(assessed)).toBe('partial');
    expect(assessed?.problems).toEqual([expect.stringMatching(problem)]);
  });

  it('is incomplete when records are not accounted for', async () => {
    const [assessed] = await all([enriched({ findings: 'a' }), parsed({ findings: 1, more: { raw: 5 } })]);
    expect(name(assessed)).toBe('incomplete');
    expect(assessed?.problems).toEqual(['report r1 of gosec has 5 records, but 1 are accounted for']);
  });

  it('that nothing is missing of is not looked at by the schedule before it is over', async () => {
    await collect(
      trackRequested(
        event(runRequested, 'q', runRequested.message.create({ runId: 'run', pipeline: 'scan' })),
        replica,
      ),
    );
    await all(whole);
    expect(await overdue(600)).toEqual([]);
  });
});

describe('a run that something is missing of', () => {
  beforeEach(async () => {
    rig.clock = Date.UTC(2026, 0, 1, 1);
    const steps = [{ name: 'annotate' }, { name: 'owners' }];
    const data = runRequested.message.create({ runId: 'run', pipeline: 'scan', steps });
    await collect(trackRequested(event(runRequested, 'requested', data), replica));
  });

  it('is incomplete after the time for it, and complete when the rest comes', async () => {
    const [first, second, last] = whole as [Input, Input, Input];
    expect(await all([first, last])).toEqual([]);
    expect(await end([gosec])).toEqual([]);
    expect(await overdue(59)).toEqual([]);
    const [assessed] = await overdue(1);
    expect(name(assessed)).toBe('incomplete');
    expect(assessed?.problems).toEqual([
      'report r1 of gosec: 1 of 3 findings did not come through steps annotate, owners: see the dead letters of enricher and ledger',
    ]);
    expect(assessed?.stages).toMatchObject([
      { in: 6, out: 3 },
      { in: 3, out: 2 },
      { in: 2, out: 2 },
    ]);
    expect(await rig.store.runs.get('run')).toMatchObject({ phase: 'assessed', assessed });
    expect(await overdue(600)).toEqual([]);
    const [later] = await all([second]);
    expect(name(later)).toBe('complete');
    expect((await rig.store.runs.get('run'))?.assessed).toEqual(later);
    expect(await overdue(600)).toEqual([]);
  });

  it('is said once however often the schedule looks before the stream has it', async () => {
    await end([gosec]);
    rig.clock += 61_000;
    const keys: (string | undefined)[] = [];
    for (let times = 0; times < 3; times++) {
      rig.clock += 2000;
      for await (const { key } of assessOverdue(replica)) keys.push(key);
    }
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('names the report that was handed over and never parsed', async () => {
    await collect(
      trackTask(event(taskFinished, 't', taskFinished.message.create({ ...gosec, runId: 'run' })), replica),
    );
    await end([]);
    const [assessed] = await overdue(61);
    expect(name(assessed)).toBe('incomplete');
    expect(assessed?.problems).toEqual([
      'task gosec handed over report r1, which was never parsed: see the dead letters of producer',
    ]);
    expect(name((await all(whole))[0])).toBe('complete');
  });

  it('waits anew with everything that comes', async () => {
    const [first, second, last] = whole as [Input, Input, Input];
    await all([last]);
    await end([gosec]);
    rig.clock += 50_000;
    await all([first]);
    expect(await overdue(30)).toEqual([]);
    expect(name((await overdue(31))[0])).toBe('incomplete');
    expect(name((await all([second]))[0])).toBe('complete');
  });
});

describe('a report alone', () => {
  it('is a run of its own', async () => {
    expect(await all([enriched({ findings: 'a' })])).toEqual([]);
    const [assessed] = await all([parsed({ findings: 1 })]);
    expect(assessed).toMatchObject({
      runId: 'r1',
      pipeline: 'report',
      target: { name: 'shop' },
      revision: 'revision of r1',
      tasks: [],
    });
    expect(await rig.store.runs.get('r1')).toMatchObject({ phase: 'assessed', target: 'shop' });
  });

  it('that lacks findings is incomplete after the time for it', async () => {
    rig.clock = Date.UTC(2026, 0, 1, 1);
    await all([parsed({ findings: 1 })]);
    expect(await overdue(10)).toEqual([]);
    expect(name((await overdue(51))[0])).toBe('incomplete');
  });
});

describe("when a run's scan was", () => {
  it('is when its run began, however late its findings come', async () => {
    const data = runStarted.message.create({ runId: 'run', startedAt: '2026-01-01T01:00:00+01:00' });
    await collect(trackStarted(event(runStarted, 'started', data), replica));
    await all([enriched({ report: 'r2', at: 1, findings: 'n' }), parsed({ report: 'r2', at: 1, findings: 1 })]);
    await all([enriched({ run: 'run', at: 5, findings: 'a' }), parsed({ run: 'run', at: 5, findings: 1 })]);
    const { items } = await rig.store.findings.list({});
    expect(items.map(({ title, state, firstSeen }) => ({ title, state, firstSeen }))).toEqual([
      { title: 'n', state: 'open', firstSeen: '2026-01-01T01:00:00.000Z' },
      { title: 'a', state: 'fixed', firstSeen: '2026-01-01T00:00:00.000Z' },
    ]);
  });
});
