// The contract of runs, reports and tokens.
import {
  Assessment,
  Completeness,
  reportParsed,
  runAssessed,
  runFinished,
  runRequested,
  runStarted,
  taskFinished,
} from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { RunNews } from '../ledger-store.ts';
import type { Store } from '../store.ts';
import { day } from './entries.ts';

const requested = runRequested.message.create({
  runId: 'x',
  pipeline: 'scan',
  target: { name: 'shop' },
  params: { 'a.b$': 'c' },
});
const started = runStarted.message.create({ runId: 'x', pipeline: 'scan', revision: 'abc', target: { name: 'shop' } });
const task = taskFinished.message.create({ runId: 'x', task: 'a.b', reportIds: ['r1'] });
const finished = runFinished.message.create({
  runId: 'x',
  pipeline: 'scan',
  revision: 'abc',
  target: { name: 'shop' },
});
const assessed = runAssessed.message.create({
  runId: 'x',
  pipeline: 'scan',
  assessment: Assessment.COMPLETE,
  assessedAt: day(5),
});
const all: [RunNews, string][] = [
  [{ requested }, day(1)],
  [{ started }, day(2)],
  [{ task }, day(3)],
  [{ finished }, day(4)],
  [{ assessed }, day(5)],
];

const report = (id: string, more: object = {}) =>
  reportParsed.message.create({
    reportId: id,
    runId: 'x',
    completeness: Completeness.COMPLETE,
    findings: 2,
    merged: { 'same. as $1': 1 },
    ...more,
  });

export function runContract(store: () => Store): void {
  describe('runs', () => {
    it.each([
      ['in order', all],
      ['backwards', [...all].reverse()],
      ['each twice', all.flatMap((each) => [each, each])],
    ])('are what events tell of them: %s', async (_, told) => {
      for (const [news, time] of told) await store().ledger.noteRun('x', news, time);
      expect(await store().runs.get('x')).toEqual({
        runId: 'x',
        pipeline: 'scan',
        target: 'shop',
        revision: 'abc',
        phase: 'assessed',
        requested,
        started,
        finished,
        assessed,
        tasks: [task],
        updatedAt: day(5),
      });
      expect(await store().runs.get('y')).toBeUndefined();
    });

    it('come as far as they have come', async () => {
      const phases: unknown[] = [];
      for (const [news, time] of all) {
        await store().ledger.noteRun('x', news, time);
        phases.push((await store().runs.get('x'))?.phase, await store().ledger.waitingRuns());
      }
      expect(phases).toEqual(['requested', [], 'started', [], 'started', [], 'finished', ['x'], 'assessed', []]);
    });

    it('wait again when a report of theirs goes on, and a newer assessment stays', async () => {
      for (const [news, time] of all) await store().ledger.noteRun('x', news, time);
      await store().ledger.noteRun('x', { report: 'r1' }, day(6));
      expect(await store().ledger.waitingRuns()).toEqual(['x']);
      const newer = { ...assessed, problems: ['newer'], assessedAt: day(7) };
      await store().ledger.noteRun('x', { assessed: newer }, day(7));
      await store().ledger.noteRun('x', { assessed }, day(8));
      expect((await store().runs.get('x'))?.assessed).toEqual(newer);
      expect(await store().ledger.waitingRuns()).toEqual([]);
    });

    it('can be a report alone', async () => {
      const alone = report('r9', { runId: '', standalone: true, target: { name: 'shop' }, revision: 'abc' });
      await store().ledger.noteRun('r9', { standalone: alone }, day(1));
      expect(await store().runs.get('r9')).toMatchObject({
        phase: 'finished',
        pipeline: 'report',
        target: 'shop',
        revision: 'abc',
      });
      expect(await store().ledger.waitingRuns()).toEqual(['r9']);
    });

    it('are written by several at once without loss', async () => {
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store().ledger.noteRun('x', { task: { ...task, task: `t${index}` } }, day(index + 1)),
        ),
      );
      expect((await store().runs.get('x'))?.tasks).toHaveLength(8);
      expect((await store().runs.get('x'))?.updatedAt).toBe(day(8));
    });

    it('are listed newest first, page by page', async () => {
      for (const [id, time] of [
        ['a', day(1)],
        ['b', day(3)],
        ['c', day(3)],
        ['d', day(2)],
      ] as const) {
        const target = id === 'd' ? 'other' : 'shop';
        await store().ledger.noteRun(
          id,
          { requested: { ...requested, runId: id, target: { name: target, kind: '' } } },
          time,
        );
      }
      await store().ledger.noteRun('a', { started: { ...started, runId: 'a' } }, day(4));
      expect(
        await ids(
          (after) => store().runs.list({ limit: 1, ...after }),
          ({ runId }) => runId,
        ),
      ).toEqual(['c', 'b', 'd', 'a']);
      expect((await store().runs.list({ target: 'other' })).items).toMatchObject([{ runId: 'd' }]);
      expect((await store().runs.list({ phase: 'started' })).items).toMatchObject([{ runId: 'a' }]);
      await expect(store().runs.list({ after: 'x' })).rejects.toMatchObject({ code: 'query.after' });
      await expect(store().runs.list({ limit: 0 })).rejects.toMatchObject({ code: 'query.limit' });
    });
  });

  describe('reports', () => {
    it('stay as they were parsed when they proved something', async () => {
      const { ledger, reports } = store();
      const first = await ledger.putReport(report('r1'), 'p1', day(1));
      expect(first).toEqual({ parsed: report('r1'), parse: 'p1', storedAt: day(1) });
      expect(await ledger.putReport(report('r1', { findings: 9 }), 'p2', day(2))).toEqual(first);
      expect(await ledger.report('r1')).toEqual(first);
      expect(await ledger.report('r2')).toBeUndefined();
      expect(await reports.get('r1')).toEqual({ ...report('r1'), ledgered: 0, closed: false });
    });

    it('are replaced by a better parse, and must be closed again', async () => {
      const { ledger } = store();
      const counts = { findings: 1, transitions: { opened: 1 }, severities: { low: 1 } };
      await ledger.putReport(report('r1', { completeness: Completeness.FAILED }), 'p1', day(1));
      await ledger.closeReport('r1', 'p1', { at: day(1), trigger: 'e', counts });
      expect(
        (await ledger.putReport(report('r1', { completeness: Completeness.FAILED }), 'p1', day(2))).closed,
      ).toBeDefined();
      const better = await ledger.putReport(report('r1'), 'p2', day(2));
      expect(better).toEqual({ parsed: report('r1'), parse: 'p2', storedAt: day(2) });
      await ledger.closeReport('r1', 'p1', { at: day(2), trigger: 'late', counts });
      expect((await ledger.report('r1'))?.closed).toBeUndefined();
    });

    it('are closed once', async () => {
      const { ledger, reports } = store();
      const counts = { findings: 2, transitions: { opened: 2 }, severities: { high: 2 } };
      await ledger.putReport(report('r1'), 'p1', day(1));
      await ledger.closeReport('r1', 'p1', { at: day(1), trigger: 'first', counts });
      await ledger.closeReport('r1', 'p1', { at: day(2), trigger: 'second', counts });
      expect((await ledger.report('r1'))?.closed).toEqual({ at: day(1), trigger: 'first', counts });
      expect(await reports.get('r1')).toMatchObject({ ledgered: 2, closed: true });
      expect(await ledger.reportsOfRun('x')).toHaveLength(1);
      expect(await ledger.reportsOfRun('y')).toEqual([]);
    });

    it('are listed newest first, page by page', async () => {
      for (const [id, time] of [
        ['a', day(1)],
        ['b', day(2)],
        ['c', day(2)],
      ] as const) {
        await store().ledger.putReport(report(id, { runId: id === 'b' ? '' : 'x' }), `p-${id}`, time);
      }
      const { reports } = store();
      expect(
        await ids(
          (after) => reports.list({ limit: 1, ...after }),
          ({ reportId }) => reportId,
        ),
      ).toEqual(['c', 'b', 'a']);
      expect((await reports.list({ run: 'b' })).items).toMatchObject([{ reportId: 'b' }]);
    });
  });

  describe('tokens', () => {
    it('are found by hash, listed by name and deleted', async () => {
      const { tokens } = store();
      const token = { hash: 'f'.repeat(64), name: 'ci', scopes: ['reports:write'], createdAt: day(1) };
      const brief = { ...token, hash: 'e'.repeat(64), name: 'brief', expiresAt: day(2) };
      await tokens.put(token);
      await tokens.put(brief);
      expect(await tokens.find(token.hash)).toEqual(token);
      expect(await tokens.find(brief.hash)).toEqual(brief);
      expect(await tokens.find('0')).toBeUndefined();
      expect(await tokens.list()).toEqual([brief, token]);
      await tokens.put({ ...token, hash: 'a'.repeat(64) });
      expect(await tokens.find(token.hash)).toBeUndefined();
      expect(await tokens.delete('ci')).toBe(true);
      expect(await tokens.delete('ci')).toBe(false);
    });
  });
}

async function ids<T>(
  list: (after: { after?: string }) => Promise<{ items: T[]; next?: string }>,
  idOf: (item: T) => string,
): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page = await list(after ? { after } : {});
    found.push(...page.items.map(idOf));
    after = page.next;
  } while (after);
  return found;
}
