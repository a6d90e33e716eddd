// Findings that several tools may witness: of each identity one for the target.
import { type Batch, Completeness, findingAt, recordAt, Severity, transitionNames } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchDraft, enriched, handle, type Input, parsed, Rig, report } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** A whole report of a tool whose findings are shared; its number is its hour. */
const scan = (
  number: number,
  tool: string,
  findings: string,
  more: Partial<BatchDraft> & { completeness?: Completeness } = {},
) => report({ report: `r${number}`, at: number, tool, findings, isShared: true, ...more });

/** "opened trivy a (osv, trivy)": what became of which findings, the tool they go by, and their witnesses. */
async function tell(replica = rig.replica(), ...inputs: Input[]): Promise<string[]> {
  const lines: string[] = [];
  for (const input of inputs) {
    for (const { topic, data } of await handle(replica, input)) {
      if (topic.name === 'run.assessed') continue;
      const batch = data as Batch;
      batch.findings.forEach((_, position) => {
        const { title, annotations } = recordAt(batch, position);
        const witnesses = annotations?.['witnesses'];
        const words = [transitionNames.of(batch.transition), batch.tool?.name, title];
        lines.push(`${words.join(' ')}${witnesses ? ` (${witnesses})` : ''}`);
      });
    }
  }
  return lines;
}

/** "open trivy a (osv, trivy)" of what is stored. */
async function stored(): Promise<string[]> {
  const { items } = await rig.store.findings.list({ limit: 1000 });
  return items
    .map(({ state, tool, title, annotations }) => {
      const witnesses = annotations?.['witnesses'];
      return `${state} ${tool} ${title}${witnesses ? ` (${witnesses})` : ''}`;
    })
    .sort();
}

async function entries(): Promise<number> {
  const { id } = await rig.store.ledger.history('shop');
  let kept = 0;
  for await (const entry of rig.store.ledger.entries(id, 0, true)) if (entry.kept) kept++;
  return kept;
}

describe('a finding that three tools report', () => {
  it('is opened once, fixed once, by the last of them, and reopened by any', async () => {
    const replica = rig.replica();
    const steps: [Input[], string[], string[]][] = [
      [scan(1, 'trivy', 'a'), ['opened trivy a (trivy)'], ['open trivy a (trivy)']],
      [scan(2, 'osv', 'a'), ['recurred trivy a (osv, trivy)'], ['open trivy a (osv, trivy)']],
      [scan(3, 'npm', 'a'), ['recurred trivy a (npm, osv, trivy)'], ['open trivy a (npm, osv, trivy)']],
      [scan(4, 'trivy', ''), [], ['open trivy a (npm, osv, trivy)']],
      // The next of those that are left puts the names right.
      [scan(5, 'osv', 'a'), ['recurred trivy a (npm, osv)'], ['open trivy a (npm, osv)']],
      [scan(6, 'osv', ''), [], ['open trivy a (npm, osv)']],
      [scan(7, 'npm', ''), ['fixed trivy a (npm, osv)'], ['fixed trivy a (npm, osv)']],
      [scan(8, 'osv', ''), [], ['fixed trivy a (npm, osv)']],
      [scan(9, 'osv', 'a'), ['reopened trivy a (osv)'], ['open trivy a (osv)']],
      [scan(10, 'trivy', 'a'), ['recurred trivy a (osv, trivy)'], ['open trivy a (osv, trivy)']],
    ];
    for (const [inputs, said, now] of steps) {
      expect(await tell(replica, ...inputs)).toEqual(said);
      expect(await stored()).toEqual(now);
      expect(await tell(rig.replica(), ...inputs)).toEqual(said);
    }
  });

  it('is counted by each report, and fixed is counted once', async () => {
    const replica = rig.replica();
    for (const input of [
      ...scan(1, 'trivy', 'a b'),
      ...scan(2, 'osv', 'a b'),
      ...scan(3, 'trivy', 'b'),
      ...scan(4, 'osv', 'b'),
    ])
      await handle(replica, input);
    const counts = async (id: string) => (await rig.store.ledger.report(id))?.closed?.counts;
    expect(await counts('r2')).toEqual({ findings: 2, transitions: { recurred: 2 }, severities: { high: 2 } });
    expect(await counts('r3')).toEqual({ findings: 1, transitions: { recurred: 1 }, severities: { high: 1 } });
    expect(await counts('r4')).toEqual({
      findings: 1,
      transitions: { recurred: 1, fixed: 1 },
      severities: { high: 1 },
    });
    expect(await rig.store.ledger.countsOfReport('r3')).toMatchObject({ findings: 1, transitions: { recurred: 1 } });
    expect((await rig.store.runs.get('r3'))?.assessed).toMatchObject({ problems: [], transitions: { recurred: 1 } });
    expect(await rig.findings('r3')).toEqual(['recurred high b']);
  });

  it('is written once for each tool, and not again while they repeat themselves', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a b'), ...scan(2, 'osv', 'a b:7'));
    expect(await entries()).toBe(2);
    for (let round = 3; round < 9; round += 2) {
      await tell(replica, ...scan(round, 'trivy', 'a b'), ...scan(round + 1, 'osv', 'a b:7'));
    }
    expect(await entries()).toBe(2);
    await tell(replica, ...scan(10, 'trivy', 'a:2 b'));
    expect(await entries()).toBe(3);
  });

  it('is as the newest words about it say', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a'), ...scan(2, 'osv', 'a:7', { severity: Severity.CRITICAL }));
    const [first] = (await rig.store.findings.list({})).items;
    expect(first).toMatchObject({ tool: 'trivy', severity: 'critical', startLine: 7, firstRun: 'r1', lastRun: 'r2' });
    expect(first).not.toHaveProperty('toolVersion');
    await tell(replica, ...scan(3, 'trivy', 'a'));
    expect((await rig.store.findings.list({})).items).toMatchObject([{ severity: 'critical', startLine: 7 }]);
    expect((await rig.store.findings.list({ tool: 'trivy' })).items).toHaveLength(1);
    expect((await rig.store.findings.list({ tool: 'osv' })).items).toEqual([]);
    expect(await rig.store.findings.get(first?.id ?? '')).toHaveLength(1);
  });

  it('does not keep apart two scopes of one tool', async () => {
    const replica = rig.replica();
    const said = await tell(
      replica,
      ...scan(1, 'trivy', 'a', { scope: 'web/' }),
      ...scan(2, 'trivy', 'a', { scope: 'api/' }),
      ...scan(3, 'trivy', '', { scope: 'web/' }),
    );
    expect(said).toEqual(['opened trivy a (trivy)', 'recurred trivy a (trivy)']);
    expect(await tell(replica, ...scan(4, 'trivy', '', { scope: 'api/' }))).toEqual(['fixed trivy a (trivy)']);
  });

  it('stays open while a scan that might have missed it is not complete', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a'), ...scan(2, 'osv', 'a'), ...scan(3, 'osv', ''));
    expect(await tell(replica, ...scan(4, 'trivy', '', { completeness: Completeness.PARTIAL }))).toEqual([]);
    expect(await tell(replica, ...scan(5, 'osv', ''))).toEqual([]);
    expect(await tell(replica, ...scan(6, 'trivy', ''))).toEqual(['fixed trivy a (osv, trivy)']);
  });

  it('is not brought back by an older scan of a tool that no longer sees it', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a'), ...scan(4, 'osv', ''));
    expect(await tell(replica, ...scan(3, 'osv', 'a'))).toEqual(['recurred trivy a (trivy)']);
    expect(await tell(replica, ...scan(5, 'trivy', ''))).toEqual(['fixed trivy a (trivy)']);
  });

  it('is not fixed or kept open by the times of other tools', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(9, 'trivy', 'a'));
    expect(await tell(replica, ...scan(2, 'osv', 'a:4'))).toEqual(['recurred trivy a (osv, trivy)']);
    expect(await tell(replica, ...scan(3, 'osv', ''))).toEqual([]);
    expect(await tell(replica, ...scan(10, 'trivy', ''))).toEqual(['fixed trivy a (osv, trivy)']);
  });
});

describe('a finding that some of its witnesses accept', () => {
  it('is accepted when all of them do', async () => {
    const replica = rig.replica();
    const steps: [Input[], string[]][] = [
      [scan(1, 'trivy', 'a~'), ['suppressed trivy a (trivy)']],
      [scan(2, 'osv', 'a'), ['reopened trivy a (osv, trivy)']],
      // It repeats itself: nothing flaps.
      [scan(3, 'trivy', 'a~'), ['recurred trivy a (osv, trivy)']],
      [scan(4, 'osv', 'a'), ['recurred trivy a (osv, trivy)']],
      [scan(5, 'osv', 'a~'), ['suppressed trivy a (osv, trivy)']],
      [scan(6, 'trivy', 'a~'), ['suppressed trivy a (osv, trivy)']],
      [scan(7, 'trivy', 'a'), ['reopened trivy a (osv, trivy)']],
    ];
    for (const [inputs, said] of steps) {
      expect(await tell(replica, ...inputs)).toEqual(said);
      expect(await tell(rig.replica(), ...inputs)).toEqual(said);
    }
    expect(await stored()).toEqual(['open trivy a (osv, trivy)']);
  });

  it('is accepted when only those are left, and says so', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a~'), ...scan(2, 'osv', 'a'));
    expect(await tell(replica, ...scan(3, 'osv', ''))).toEqual(['suppressed trivy a (osv, trivy)']);
    expect(await stored()).toEqual(['suppressed trivy a (osv, trivy)']);
    expect((await rig.store.ledger.report('r3'))?.closed?.counts).toEqual({
      findings: 0,
      transitions: {},
      severities: {},
    });
    expect(await tell(rig.replica(), ...scan(4, 'trivy', 'a~'))).toEqual(['suppressed trivy a (trivy)']);
    expect(await tell(replica, ...scan(5, 'trivy', ''))).toEqual(['fixed trivy a (trivy)']);
  });
});

describe('a target whose findings become shared', () => {
  const own = (number: number, tool: string, findings: string) => scan(number, tool, findings, { isShared: false });

  it('opens nothing that was open and leaves one of each', async () => {
    const replica = rig.replica();
    await tell(replica, ...own(1, 'trivy', 'a b'), ...own(2, 'osv', 'a c~'));
    expect(await tell(replica, ...scan(3, 'trivy', 'a'))).toEqual(['recurred trivy a (trivy)', 'fixed trivy b']);
    expect(await stored()).toEqual(['fixed trivy b', 'open osv a', 'open trivy a (trivy)', 'suppressed osv c']);
    expect(await tell(replica, ...scan(4, 'osv', 'a c~'))).toEqual([
      'recurred trivy a (osv, trivy)',
      'suppressed osv c (osv)',
      // Whoever keeps findings by tool has one of each tool until now.
      'fixed osv a',
    ]);
    expect(await stored()).toEqual([
      'fixed osv a',
      'fixed trivy b',
      'open trivy a (osv, trivy)',
      'suppressed osv c (osv)',
    ]);
    const { items } = await rig.store.findings.list({ state: 'open' });
    expect(items).toMatchObject([{ title: 'a', firstRun: 'r1' }]);
  });

  it('and are shared no more has one of each tool again', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'trivy', 'a'), ...scan(2, 'osv', 'a b'));
    expect(await tell(replica, ...own(3, 'osv', 'a b'))).toEqual(['opened osv a', 'recurred osv b']);
    expect(await tell(replica, ...own(4, 'trivy', 'a'))).toEqual(['recurred trivy a']);
    expect(await stored()).toEqual(['open osv a', 'open osv b', 'open trivy a']);
    expect(await tell(replica, ...own(5, 'trivy', ''), ...own(6, 'osv', ''))).toEqual([
      'fixed trivy a',
      'fixed osv a',
      'fixed osv b',
    ]);
  });

  it('and are gone in the same scan are fixed', async () => {
    const replica = rig.replica();
    await tell(replica, ...own(1, 'trivy', 'a'), ...scan(2, 'trivy', 'a', { completeness: Completeness.PARTIAL }));
    expect(await tell(replica, ...scan(3, 'trivy', ''))).toEqual(['fixed trivy a (trivy)']);
    expect(await stored()).toEqual(['fixed trivy a (trivy)']);
  });

  it('has both kinds in one batch', async () => {
    const replica = rig.replica();
    const both = (number: number, tool: string) => [
      enriched({ report: `r${number}`, at: number, tool, findings: 'a b', isShared: 'b' }),
      parsed({ report: `r${number}`, at: number, tool, findings: 2 }),
    ];
    expect(await tell(replica, ...both(1, 'trivy'), ...both(2, 'osv'))).toEqual([
      'opened trivy b (trivy)',
      'opened trivy a',
      'recurred trivy b (osv, trivy)',
      'opened osv a',
    ]);
  });
});

it('names in what is published say what the content keeps, whatever came since', async () => {
  const replica = rig.replica();
  await tell(replica, ...scan(1, 'trivy', 'a'), ...scan(2, 'trivy', 'a'), ...scan(3, 'osv', 'a'));
  const [again] = await handle(rig.replica(), scan(2, 'trivy', 'a')[0] as Input);
  expect(findingAt(again?.data as Batch, 0).enrichments.at(-1)?.annotations).toEqual({ witnesses: 'trivy' });
});
