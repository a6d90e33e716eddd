// The contract of what people read of findings.
import { InvalidInput, Severity, Transition } from '@assay/contracts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { FindingMark } from '../ledger-store.ts';
import type { FindingQuery, Store } from '../store.ts';
import { day, draftEntry, type EntryDraft, identityOf } from './entries.ts';

/** a and b opened by r1; c, of another tool, low, accepted; r2 saw a with other content, fixed b; d in another target. */
const story: EntryDraft[] = [
  {
    seq: 1,
    sightings: [
      { name: 'a', finding: { rule: 'R1', location: { path: 'src/a.go', startLine: 1 } } },
      { name: 'b', finding: { rule: 'R2', location: { path: 'web/b.js' } } },
    ],
  },
  {
    seq: 2,
    tool: 'eslint',
    severity: Severity.LOW,
    sightings: [{ name: 'c', transition: Transition.SUPPRESSED, finding: { location: { path: 'src/é.js' } } }],
  },
  {
    seq: 3,
    report: 'r2',
    at: day(2),
    severity: Severity.CRITICAL,
    sightings: [
      {
        name: 'a',
        transition: Transition.RECURRED,
        first: 1,
        finding: { location: { path: 'src/a.go', startLine: 7 } },
      },
    ],
    markings: [{ at: { seq: 1, position: 0 }, mark: FindingMark.MOVED, to: { seq: 3, position: 0 } }],
  },
  {
    seq: 4,
    report: 'r2',
    at: day(2),
    closing: true,
    sightings: [{ name: 'b', transition: Transition.FIXED, place: { seq: 1, position: 1 } }],
    markings: [{ at: { seq: 1, position: 1 }, mark: FindingMark.FIXED, to: { seq: 4, position: 0 } }],
  },
  { seq: 1, target: 'other', report: 'r7', severity: Severity.MEDIUM, sightings: [{ name: 'd' }, { name: 'e' }] },
];

export function findingContract(store: () => Store): void {
  describe('findings', () => {
    beforeEach(async () => {
      for (const draft of story) {
        await store().ledger.history(draft.target ?? 'shop');
        expect(await store().ledger.append(draftEntry(draft))).toBe(true);
      }
    });

    it.each<[string, FindingQuery, string]>([
      ['all, worst first', {}, 'a b d e c'],
      ['of a target', { target: 'shop' }, 'a b c'],
      ['of a target that is not known', { target: 'nothing' }, ''],
      ['of a tool', { tool: 'eslint' }, 'c'],
      ['of a tool and a target', { tool: 'gosec', target: 'other' }, 'd e'],
      ['open', { state: 'open' }, 'a d e'],
      ['fixed', { state: 'fixed' }, 'b'],
      ['suppressed', { state: 'suppressed' }, 'c'],
      ['of severities', { severities: ['low', 'high'] }, 'b c'],
      ['of a rule', { rule: 'R2' }, 'b'],
      ['of the start of a rule, which is none', { rule: 'R' }, ''],
      ['under a path', { path: 'src/' }, 'a c'],
      ['under a path that is not ASCII', { path: 'src/é' }, 'c'],
      ['under a path behind all others', { path: 'zzz' }, ''],
      ['that a run saw, as it saw them', { run: 'run-r1' }, 'a b c'],
      ['that a run saw or fixed', { run: 'run-r2' }, 'a b'],
      ['that a run opened', { run: 'run-r1', transitions: ['opened'] }, 'a b'],
      ['that a run fixed', { run: 'run-r2', transitions: ['fixed'] }, 'b'],
      ['that a run saw and that are open now', { run: 'run-r1', state: 'open' }, 'a'],
      ['that a run saw, by rule', { run: 'run-r1', rule: 'R2' }, 'b'],
      ['of a run that is not known', { run: 'nothing' }, ''],
    ])('are listed: %s', async (_, query, expected) => {
      const whole = await store().findings.list(query);
      expect(whole.items.map(({ title }) => title).join(' ')).toBe(expected);
      expect(whole.next).toBeUndefined();
      expect(await pageByPage(store(), query)).toBe(expected);
    });

    it('show the newest content, and when they were seen', async () => {
      const { items } = await store().findings.list({ target: 'shop' });
      const [a, b, c] = items;
      expect(a).toMatchObject({
        id: identityOf('a'),
        target: 'shop',
        tool: 'gosec',
        severity: 'critical',
        startLine: 7,
        state: 'open',
        firstSeen: day(1),
        firstRun: 'run-r1',
        lastSeen: day(2),
        lastRun: 'run-r2',
        revision: 'rev-r2',
      });
      expect(a).not.toHaveProperty('fixedAt');
      expect(a).not.toHaveProperty('transition');
      expect(b).toMatchObject({
        state: 'fixed',
        firstSeen: day(1),
        lastSeen: day(1),
        lastRun: 'run-r1',
        fixedAt: day(2),
      });
      expect(c).toMatchObject({ state: 'suppressed', lastSeen: day(1), severity: 'low' });
    });

    it('show what a run made of them', async () => {
      const { items } = await store().findings.list({ run: 'run-r1' });
      expect(
        items.map(({ title, severity, transition, run, report, startLine }) => ({
          title,
          severity,
          transition,
          run,
          report,
          startLine,
        })),
      ).toEqual([
        { title: 'a', severity: 'high', transition: 'opened', run: 'run-r1', report: 'r1', startLine: 1 },
        { title: 'b', severity: 'high', transition: 'opened', run: 'run-r1', report: 'r1', startLine: undefined },
        { title: 'c', severity: 'low', transition: 'suppressed', run: 'run-r1', report: 'r1', startLine: undefined },
      ]);
      const fixed = await store().findings.list({ run: 'run-r2', transitions: ['fixed'] });
      expect(fixed.items).toMatchObject([{ title: 'b', transition: 'fixed', state: 'fixed', run: 'run-r2' }]);
    });

    it('that are shared go by the tool that reported them first, and are found by it', async () => {
      const shared = { target: 'other', isShared: true };
      const names = ['x', 'y'].map((name) => ({ name }));
      await store().ledger.append(draftEntry({ ...shared, seq: 2, tool: 'trivy', report: 'r8', sightings: names }));
      await store().ledger.append(
        draftEntry({
          ...shared,
          seq: 3,
          tool: 'osv',
          report: 'r9',
          sightings: [{ name: 'x', transition: Transition.RECURRED, first: 2 }, { name: 'z' }],
          markings: [{ at: { seq: 2, position: 0 }, mark: FindingMark.MOVED, to: { seq: 3, position: 0 } }],
        }),
      );
      await store().ledger.append(
        draftEntry({
          ...shared,
          seq: 4,
          tool: 'trivy',
          report: 'r10',
          closing: true,
          sightings: [{ name: 'x', transition: Transition.UNSPECIFIED, place: { seq: 3, position: 0 } }],
        }),
      );
      const { items } = await store().findings.list({ target: 'other', severities: ['high'] });
      expect(items.map(({ title, tool, toolVersion }) => [title, tool, toolVersion])).toEqual([
        ['y', 'trivy', '1'],
        ['x', 'trivy', undefined],
        ['z', 'osv', '1'],
      ]);
      for (const [tool, expected] of [
        ['trivy', 'y x'],
        ['osv', 'z'],
        ['gosec', 'd e'],
      ] as const) {
        expect(await pageByPage(store(), { target: 'other', tool })).toBe(expected);
      }
      expect(await pageByPage(store(), { run: 'run-r9', tool: 'osv' })).toBe('x z');
      expect(await pageByPage(store(), { run: 'run-r10' })).toBe('');
    });

    it('are found by id, or by its start', async () => {
      const id = identityOf('a');
      for (const name of [id, id.slice(0, 9), id.toUpperCase().slice(0, 8)]) {
        expect(await store().findings.get(name)).toMatchObject([{ id, startLine: 7, state: 'open' }]);
      }
      expect(await store().findings.get(identityOf('nothing'))).toEqual([]);
      await store().ledger.append(draftEntry({ seq: 2, target: 'other', sightings: [{ name: 'a' }] }));
      expect((await store().findings.get(id)).map(({ target }) => target).sort()).toEqual(['other', 'shop']);
    });

    it.each<[string, FindingQuery]>([
      ['query.limit', { limit: 0 }],
      ['query.limit', { limit: 1001 }],
      ['query.after', { after: 'x' }],
      ['query.severities', { severities: ['grave'] }],
      ['query.transitions', { transitions: ['opened'] }],
      ['query.transitions', { run: 'r', transitions: ['gone'] }],
      ['query.state', { state: 'closed' as never }],
    ])('refuse a wrong query as %s', async (code, query) => {
      await expect(store().findings.list(query)).rejects.toMatchObject({ code });
    });

    it('refuse an id that is none', async () => {
      await expect(store().findings.get('abc')).rejects.toBeInstanceOf(InvalidInput);
      await expect(store().findings.get(`${identityOf('a')}00`)).rejects.toBeInstanceOf(InvalidInput);
    });
  });
}

async function pageByPage(store: Store, query: FindingQuery): Promise<string> {
  const titles: string[] = [];
  let after: string | undefined;
  do {
    const page = await store.findings.list({ ...query, limit: 1, ...(after ? { after } : {}) });
    expect(page.items.length).toBeLessThanOrEqual(1);
    titles.push(...page.items.map(({ title }) => title));
    after = page.next;
  } while (after);
  return titles.join(' ');
}
