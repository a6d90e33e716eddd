import { type Batch, Completeness, findingAt, keyedId, Severity } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchDraft, enriched, handle, type Input, parsed, Rig, report, tell } from './testing/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const scan = (number: number, findings: string, more: Partial<BatchDraft> & { completeness?: Completeness } = {}) =>
  report({ report: `r${number}`, at: number, findings, ...more });

describe('a finding', () => {
  it('is opened, recurs, is fixed, reopened, accepted, and open again', async () => {
    const replica = rig.replica();
    const steps: [Input[], string[], string[]][] = [
      [scan(1, 'a b'), ['opened high a b', 'assessed complete'], ['open high a', 'open high b']],
      [scan(2, 'a b'), ['recurred high a b', 'assessed complete'], ['open high a', 'open high b']],
      [scan(3, 'b'), ['recurred high b', 'fixed high a', 'assessed complete'], ['fixed high a', 'open high b']],
      [scan(4, 'b'), ['recurred high b', 'assessed complete'], ['fixed high a', 'open high b']],
      [scan(5, 'a b'), ['reopened high a', 'recurred high b', 'assessed complete'], ['open high a', 'open high b']],
      [
        scan(6, 'a~ b'),
        ['suppressed high a', 'recurred high b', 'assessed complete'],
        ['open high b', 'suppressed high a'],
      ],
      [
        scan(7, 'a~ b'),
        ['suppressed high a', 'recurred high b', 'assessed complete'],
        ['open high b', 'suppressed high a'],
      ],
      [scan(8, 'a b'), ['reopened high a', 'recurred high b', 'assessed complete'], ['open high a', 'open high b']],
      [scan(9, ''), ['fixed high a b', 'assessed complete'], ['fixed high a', 'fixed high b']],
    ];
    for (const [inputs, said, stored] of steps) {
      expect(await tell(replica, ...inputs)).toEqual(said);
      expect(await rig.findings()).toEqual(stored);
    }
  });

  it('is known by when it was seen first and last', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a'), ...scan(2, 'a:9'), ...scan(3, 'a:9'), ...scan(4, ''));
    const at = (number: number) => `2026-01-01T0${number}:00:00.000Z`;
    const facts = { firstSeen: at(1), firstRun: 'r1', lastSeen: at(3), lastRun: 'r3', fixedAt: at(4), startLine: 9 };
    expect((await rig.store.findings.list({})).items).toMatchObject([facts]);
    await tell(replica, ...scan(5, 'a:3'));
    const back = { ...facts, lastSeen: at(5), lastRun: 'r5', startLine: 3, fixedAt: undefined, state: 'open' };
    expect((await rig.store.findings.list({})).items.map((item) => ({ fixedAt: undefined, ...item }))).toMatchObject([
      back,
    ]);
  });

  it('shows its newest content, severity and place', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a b'));
    expect(await tell(replica, ...scan(2, 'a:7 b', { severity: Severity.LOW }))).toEqual([
      'recurred low a b',
      'assessed complete',
    ]);
    expect(await rig.findings()).toEqual(['open low a', 'open low b']);
    const [a] = await rig.store.findings.get((await rig.store.findings.list({ path: 'main' })).items[0]?.id ?? '');
    expect(a).toMatchObject({ startLine: 7, severity: 'low', firstRun: 'r1', revision: 'revision of r2' });
    const entry = await rig.store.ledger.report('r2');
    expect(entry?.closed?.counts).toEqual({ findings: 2, transitions: { recurred: 2 }, severities: { low: 2 } });
  });

  it('writes no content for what recurs unchanged', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a b'), ...scan(2, 'a b:2'));
    const { id } = await rig.store.ledger.history('shop');
    const kept = await Promise.all([1, 2, 3, 4].map((seq) => rig.store.ledger.content(id, seq)));
    expect(kept.map((content) => content !== undefined)).toEqual([true, false, true, false]);
  });

  it('is accepted by an enrichment as well as by its source', async () => {
    const input = enriched({ findings: 'a b c' });
    const suppression = { kind: 'policy', justification: 'not reachable' };
    input.data.enrichments = [
      { step: 'vex', positions: [1], annotations: {}, owners: [], severity: 0, anyTool: false, suppression },
    ];
    expect(await tell(rig.replica(), input)).toEqual(['opened high a c', 'suppressed high b']);
    expect(await rig.findings()).toEqual(['open high a', 'open high c', 'suppressed high b']);
  });

  it('counts once for each time a report names it, and changes once', async () => {
    const replica = rig.replica();
    expect(await tell(replica, enriched({ findings: 'a a b' }), enriched({ findings: 'b', index: 1 }))).toEqual([
      'opened high a b',
      'recurred high a',
      'recurred high b',
    ]);
    expect(await tell(replica, parsed({ findings: 4 }))).toEqual(['assessed complete']);
    expect(await rig.findings()).toEqual(['open high a', 'open high b']);
    expect(await rig.findings('r1')).toHaveLength(4);
  });

  it('is published whole when it is fixed, with what enrichment added', async () => {
    const replica = rig.replica();
    const inputs = [enriched({ findings: 'a b c' }), parsed({ findings: 3 })] as const;
    inputs[0].data.enrichments = [
      { step: 'annotate', positions: [], annotations: { env: 'prod' }, owners: [], severity: 0, anyTool: false },
      { step: 'codeowners', positions: [0, 2], annotations: {}, owners: ['@acme/web'], severity: 0, anyTool: false },
    ];
    await tell(replica, ...inputs);
    const [, said] = [
      await tell(replica, ...scan(2, 'a').slice(0, 1)),
      await handle(replica, scan(2, 'a')[1] as Input),
    ];
    const [fixed] = said;
    const batch = fixed?.data as Batch;
    expect(batch).toMatchObject({
      reportId: 'r2',
      runId: 'r2',
      revision: 'revision of r2',
      tool: { name: 'gosec' },
      steps: [],
    });
    expect(batch.findings.map((_, position) => findingAt(batch, position))).toMatchObject([
      { title: 'b', enrichments: [{ annotations: { env: 'prod' } }] },
      { title: 'c', enrichments: [{ annotations: { env: 'prod' } }, { owners: ['@acme/web'] }] },
    ]);
  });

  it('is published in batches of at most 1024 when many are fixed', async () => {
    const replica = rig.replica();
    const names = Array.from({ length: 2400 }, (_, index) => `f${index}`);
    for (let index = 0; index < 3; index++) {
      await tell(replica, enriched({ index, findings: names.slice(index * 800, index * 800 + 800).join(' ') }));
    }
    await tell(replica, parsed({ findings: 2400 }));
    const said = await handle(replica, parsed({ report: 'r2', at: 2, findings: 0 }));
    const batches = said.slice(0, -1).map(({ data }) => data as Batch);
    expect(batches.map(({ findings }) => findings.length)).toEqual([1024, 1024, 352]);
    expect(new Set(said.map(({ topic, key = '' }) => keyedId(topic.name, key))).size).toBe(4);
    expect(
      batches.flatMap((batch) => batch.findings.map((_, position) => findingAt(batch, position).title)).sort(),
    ).toEqual(names.sort());
  });
});

describe('a scan', () => {
  const first = () => [...scan(1, 'a b'), ...report({ report: 'e1', tool: 'eslint', findings: 'c' })];

  it.each<[string, Input[]]>([
    ['that did not cover everything', scan(2, 'a', { completeness: Completeness.PARTIAL })],
    ['that failed', scan(2, '', { completeness: Completeness.FAILED })],
    ['that says nothing of it', scan(2, '', { completeness: Completeness.UNSPECIFIED })],
    ['of another scope', scan(2, 'a', { scope: 'web/' })],
    ['of another tool', scan(2, 'a', { tool: 'semgrep' })],
    ['of another target', scan(2, 'a', { target: 'other' })],
    [
      'whose findings have not all come',
      [enriched({ report: 'r2', at: 2, findings: 'a' }), parsed({ report: 'r2', at: 2, findings: 2 })],
    ],
    ['whose end has not come', [enriched({ report: 'r2', at: 2, findings: 'a' })]],
    [
      'with more findings than it should have',
      [enriched({ report: 'r2', at: 2, findings: 'a d' }), parsed({ report: 'r2', at: 2, findings: 1 })],
    ],
    ['that is older', [enriched({ report: 'r2', at: 0, findings: 'a' }), parsed({ report: 'r2', at: 0, findings: 1 })]],
  ])('%s closes nothing', async (_, inputs) => {
    const replica = rig.replica();
    await tell(replica, ...first());
    expect((await tell(replica, ...inputs)).filter((line) => line.startsWith('fixed'))).toEqual([]);
    expect((await rig.store.findings.list({ target: 'shop', tool: 'gosec', state: 'fixed' })).items).toEqual([]);
  });

  it('closes what its own tool and scope had, and nothing else', async () => {
    const replica = rig.replica();
    await tell(replica, ...first(), ...scan(1, 'd', { report: 'w1', scope: 'web/' }));
    expect(await tell(replica, ...scan(2, 'b'))).toEqual(['recurred high b', 'fixed high a', 'assessed complete']);
    expect(await rig.findings()).toEqual(['fixed high a', 'open high b', 'open high c', 'open high d']);
  });

  it('of several tools closes what each of them had', async () => {
    const replica = rig.replica();
    const both = (number: number, ones: string, others: string) => [
      enriched({ report: `r${number}`, at: number, findings: ones }),
      enriched({ report: `r${number}`, at: number, tool: 'eslint', index: 1, findings: others }),
      parsed({ report: `r${number}`, at: number, findings: `${ones} ${others}`.split(' ').length }),
    ];
    await tell(replica, ...both(1, 'a b', 'a c'));
    expect(await rig.findings()).toEqual(['open high a', 'open high a', 'open high b', 'open high c']);
    expect(await tell(replica, ...both(2, 'a', 'c'))).toEqual([
      'recurred high a',
      'recurred high c',
      'fixed high b',
      'fixed high a',
      'assessed complete',
    ]);
    expect((await rig.store.findings.list({ tool: 'eslint', state: 'fixed' })).items).toMatchObject([{ title: 'a' }]);
  });

  it('is closed by whichever comes last, its end or its findings', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a b'));
    const end = parsed({ report: 'r2', at: 2, findings: 2 });
    expect(await tell(replica, end)).toEqual([]);
    expect(await tell(replica, enriched({ report: 'r2', at: 2, findings: 'a' }))).toEqual(['recurred high a']);
    expect(await tell(replica, enriched({ report: 'r2', at: 2, index: 1, findings: 'c' }))).toEqual([
      'opened high c',
      'fixed high b',
      'assessed complete',
    ]);
    expect(await tell(replica, end)).toEqual([]);
  });

  it('that comes late fixes what only it saw, when a newer one did not see it', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a'), ...scan(3, 'a c'));
    expect(await tell(replica, ...scan(2, 'a:5 b'))).toEqual([
      'recurred high a',
      'opened high b',
      'fixed high b',
      'assessed complete',
    ]);
    expect(await rig.findings()).toEqual(['fixed high b', 'open high a', 'open high c']);
    expect((await rig.store.findings.list({ state: 'open' })).items.map(({ startLine }) => startLine)).toEqual([1, 1]);
  });

  it('that comes late is closed, however many newer ones are still open', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a b'));
    const open = Array.from({ length: 40 }, (_, n) => enriched({ report: `open${n}`, at: 3 + n / 100, findings: 'a' }));
    await tell(replica, ...open);
    expect(await tell(replica, ...scan(2, 'a'))).toContain('assessed complete');
  });

  it('that comes late does not bring back what a newer one closed', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a'), ...scan(3, ''));
    expect(await tell(replica, ...scan(2, 'a'))).toEqual(['recurred high a', 'assessed complete']);
    expect(await rig.findings()).toEqual(['fixed high a']);
  });

  it('that failed and is read again in whole closes what is gone', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a b c'));
    await tell(replica, ...report({ report: 'r2', at: 2, findings: 'a', completeness: Completeness.FAILED }));
    expect(await rig.findings()).toEqual(['open high a', 'open high b', 'open high c']);
    const again = [
      enriched({ report: 'r2', at: 2, findings: 'a' }),
      enriched({ report: 'r2', at: 2, index: 1, findings: 'b' }),
    ];
    const end = parsed({ report: 'r2', at: 2, findings: 2, more: { parsedAt: '2026-01-01T03:00:00Z' } });
    expect(await tell(replica, ...again, end)).toEqual([
      'recurred high a',
      'recurred high b',
      'fixed high c',
      'assessed complete',
    ]);
  });

  it('whose clock is ahead does not make the next ones look old', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1000, 'a b'));
    rig.clock += 3_600_000;
    expect(await tell(replica, ...scan(49, 'b'))).toEqual(['recurred high b', 'fixed high a', 'assessed complete']);
  });

  it('whose id was used before is refused by name', async () => {
    const replica = rig.replica();
    await tell(replica, ...scan(1, 'a'));
    await expect(tell(replica, enriched({ findings: 'b', index: 4 }))).rejects.toMatchObject({
      name: 'InvalidInput',
      code: 'report.closed',
    });
    await expect(tell(replica, parsed({ target: 'other', findings: 0 }))).rejects.toMatchObject({
      code: 'report.reused',
    });
    expect(await rig.findings()).toEqual(['open high a']);
  });

  it('is taken in by severity should a batch mix them', async () => {
    const input = enriched({ findings: 'a b c' });
    input.data.severities = Uint8Array.of(Severity.LOW, Severity.CRITICAL, Severity.LOW);
    expect(await tell(rig.replica(), input, parsed({ findings: 3 }))).toEqual([
      'opened critical b',
      'opened low a c',
      'assessed complete',
    ]);
    expect(await rig.findings('r1')).toEqual(['opened critical b', 'opened low a', 'opened low c']);
  });

  it.each<[string, (batch: Batch) => void]>([
    [
      'no report',
      (batch) => {
        batch.reportId = '';
      },
    ],
    [
      'no target',
      (batch) => {
        batch.target = undefined;
      },
    ],
    [
      'no tool',
      (batch) => {
        batch.tool = undefined;
      },
    ],
    [
      'too few identities',
      (batch) => {
        batch.identities = batch.identities.subarray(1);
      },
    ],
    [
      'too many severities',
      (batch) => {
        batch.severities = new Uint8Array(3);
      },
    ],
  ])('with a batch that has %s is bad input', async (_, spoil) => {
    const input = enriched({ findings: 'a b' });
    spoil(input.data);
    await expect(tell(rig.replica(), input)).rejects.toMatchObject({ name: 'InvalidInput', code: 'batch.invalid' });
  });
});
