import type { BlobStore } from '@assay/blobs';
import {
  type Batch,
  batchType,
  digestOf,
  type Event,
  findingBatchType,
  findingReported,
  findingReturned,
  findingType,
  type Outgoing,
  recordsOf,
  Severity,
  type Step,
  type Topic,
} from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type EnricherContext, enrichReported, enrichReturned } from './enrich-findings.ts';
import { preparedSteps } from './prepared-steps.ts';

const { LOW, HIGH, CRITICAL } = Severity;

/** Findings with a path and a severity each. */
function batchOf(findings: [path: string, severity: number][], steps: Partial<Step>[] = []): Batch {
  return {
    ...batchType.create({}),
    reportId: 'report-1',
    target: { name: 'shop', kind: 'repository' },
    tool: { name: 'gosec', version: '2' },
    index: 7,
    findings: findings.map(([path, severity]) =>
      findingType.encode(findingType.fromJson({ severity, location: { path } })),
    ),
    identities: Buffer.concat(findings.map((_, position) => Buffer.alloc(16, position + 1))),
    severities: Uint8Array.from(findings, ([, severity]) => severity),
    steps: steps.map((step) => ({ name: '', params: {}, outside: false, ...step })),
  };
}

function eventOf(topic: Topic<Batch>, data: Batch, subject = topic.subject(data)): Event<Batch> {
  return { id: 'in', topic, source: 'test', subject, time: '2026-01-01T00:00:00Z', attempt: 1, data };
}

function contextWith(options: { outsideSteps?: string[]; blobs?: Record<string, string> } = {}) {
  const reads: string[] = [];
  const warnings: unknown[] = [];
  const context = {
    config: { outsideSteps: options.outsideSteps ?? [] },
    resources: { prepareStep: preparedSteps() },
    log: { warn: (...line: unknown[]) => warnings.push(line) },
    signal: new AbortController().signal,
    now: () => new Date(0),
    blobs: {
      async *get(digest: string) {
        reads.push(digest);
        yield Buffer.from(options.blobs?.[digest] ?? '');
      },
    } as Partial<BlobStore>,
  } as unknown as EnricherContext;
  return { context, reads, warnings };
}

async function all(outputs: AsyncIterable<Outgoing>): Promise<Outgoing<Batch>[]> {
  const list: Outgoing<Batch>[] = [];
  for await (const output of outputs) list.push(output as Outgoing<Batch>);
  return list;
}

const reported = (batch: Batch, context: EnricherContext = contextWith().context) =>
  all(enrichReported(eventOf(findingReported, batch), context));
const returned = (batch: Batch, step: string, context: EnricherContext) =>
  all(enrichReturned(eventOf(findingReturned, batch, `assay.finding.returned.${step}`), context));
const subjects = (outputs: Outgoing<Batch>[]) => outputs.map(({ topic, data }) => topic.subject(data));
const pathsOf = (batch: Batch) => recordsOf(batch).map(({ path }) => path);

describe('a batch without steps', () => {
  it('is split by severity, worst first, each finding once', async () => {
    const outputs = await reported(
      batchOf([
        ['a', LOW],
        ['b', CRITICAL],
        ['c', LOW],
        ['d', 0],
      ]),
    );
    expect(subjects(outputs)).toEqual([
      'assay.finding.enriched.critical.gosec.00',
      'assay.finding.enriched.low.gosec.00',
      'assay.finding.enriched.unspecified.gosec.00',
    ]);
    expect(outputs.map(({ data }) => pathsOf(data))).toEqual([['b'], ['a', 'c'], ['d']]);
    expect(outputs.map(({ data }) => data.index)).toEqual([7, 7, 7]);
  });

  it('goes on as it came when all have one severity: no finding is touched', async () => {
    const batch = batchOf([
      ['a', HIGH],
      ['b', HIGH],
    ]);
    const [output] = await reported(batch);
    expect(output?.data.findings).toBe(batch.findings);
  });

  it('gives the same ids for the same findings of a report, other ids for others', async () => {
    const keys = async (batch: Batch) => (await reported(batch)).map(({ key }) => key);
    const batch = batchOf([
      ['a', LOW],
      ['b', HIGH],
    ]);
    const [high, low] = await keys(batch);
    expect(high).not.toBe(low);
    expect(await keys(batch)).toEqual([high, low]);
    expect(await keys({ ...batch, reportId: 'report-2' })).not.toContain(high);
    expect(await keys({ ...batch, identities: Buffer.alloc(32, 9) })).not.toContain(high);
  });
});

describe('our steps', () => {
  const file = '*.go @gophers\n/docs/ @writers\n/docs/draft';

  it('are done in order in one pass', async () => {
    const outputs = await reported(
      batchOf(
        [
          ['main.go', HIGH],
          ['docs/a.md', HIGH],
          ['docs/draft', HIGH],
          ['x', HIGH],
          ['', HIGH],
        ],
        [
          { name: 'annotate', params: { team: 'shop' } },
          { name: 'codeowners', params: { content: file } },
          { name: 'annotate', params: { tier: '1' } },
        ],
      ),
    );
    expect(outputs).toHaveLength(1);
    const batch = outputs[0]?.data as Batch;
    expect(batch.steps).toEqual([]);
    expect(batch.enrichments.map(({ step }) => step)).toEqual(['annotate', 'codeowners', 'codeowners', 'annotate']);
    expect(recordsOf(batch).map(({ owners }) => owners)).toEqual([
      ['@gophers'],
      ['@writers'],
      undefined,
      undefined,
      undefined,
    ]);
    expect(recordsOf(batch).map(({ annotations }) => annotations)).toEqual(Array(5).fill({ team: 'shop', tier: '1' }));
  });

  it('see what the steps before them added, and when the batch was published', async () => {
    const content = JSON.stringify({
      rules: [
        { name: 'low', when: 'finding.severity == "low" && finding.annotations.team == "shop"', severity: 'high' },
        { name: 'old', when: 'true', suppress: { reason: 'r', expires: '2026-01-01T00:00:01Z' } },
      ],
    });
    const again = JSON.stringify({ rules: [{ name: 'raised', when: 'finding.severity == "high"', tags: ['x'] }] });
    const outputs = await reported(
      batchOf(
        [
          ['a', LOW],
          ['b', CRITICAL],
        ],
        [
          { name: 'annotate', params: { team: 'shop' } },
          { name: 'policy', params: { content } },
          { name: 'policy', params: { content: again } },
        ],
      ),
    );
    const records = outputs.flatMap(({ data }) => recordsOf(data));
    expect(
      records.map(({ path, severity, suppression, annotations }) => [path, severity, suppression, annotations]),
    ).toEqual([
      ['b', 'critical', { kind: 'policy', justification: 'r' }, { team: 'shop', 'policy.old': expect.any(String) }],
      [
        'a',
        'high',
        undefined,
        { team: 'shop', 'policy.low': 'severity high', 'tag.x': 'true', 'policy.raised': 'tags x' },
      ],
    ]);
  });

  it('keep what they made of their parameters: a blob is read once, and its skipped lines are told once', async () => {
    const digest = digestOf(Buffer.from(file));
    const { context, reads, warnings } = contextWith({ blobs: { [digest]: `${file}\n[x] @a` } });
    const batch = batchOf([['a.go', LOW]], [{ name: 'codeowners', params: { blob: digest } }]);
    const outputs = await Promise.all([reported(batch, context), reported(batch, context)]);
    await reported(batch, context);
    expect(outputs.flat().map(({ data }) => data.enrichments[0]?.owners)).toEqual([['@gophers'], ['@gophers']]);
    expect(reads).toEqual([digest]);
    expect(warnings).toEqual([[{ lines: [{ line: 4, reason: expect.any(String) }] }, 'CODEOWNERS lines skipped']]);
  });

  it('say all positions by none when everything has one owner', async () => {
    const [output] = await reported(
      batchOf(
        [
          ['a.go', LOW],
          ['b.go', LOW],
        ],
        [{ name: 'codeowners', params: { content: file } }],
      ),
    );
    expect(output?.data.enrichments).toEqual([expect.objectContaining({ owners: ['@gophers'], positions: [] })]);
  });

  it.each([
    ['annotate', {}, 'annotate'],
    ['annotate', { '': 'x' }, 'annotate'],
    ['codeowners', {}, 'needs either blob'],
    ['codeowners', { blob: 'sha256:12' }, 'must be the digest'],
    ['codeowners', { blob: `sha256:${'0'.repeat(64)}`, content: 'y' }, 'needs either blob'],
    ['codeowners', { content: '#'.repeat(16 * 1024 + 1) }, 'at most 16 KiB'],
    ['codeowners', { file: 'x' }, 'Unrecognized key: "file"'],
  ])('%s refuses the parameters %j', async (name, params, reason) => {
    await expect(reported(batchOf([['a', LOW]], [{ name, params }]))).rejects.toMatchObject({
      code: 'step.params',
      message: expect.stringContaining(reason),
    });
  });

  it('refuse a CODEOWNERS blob of 3 MB', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const { context } = contextWith({ blobs: { [digest]: '#'.repeat(3 * 1024 * 1024) } });
    const batch = batchOf([['a', LOW]], [{ name: 'codeowners', params: { blob: digest } }]);
    await expect(reported(batch, context)).rejects.toMatchObject({ code: 'codeowners.too-large' });
  });
});

describe('a step outside', () => {
  const slip = [{ name: 'annotate', params: { a: '1' } }, { name: 'age' }, { name: 'annotate', params: { b: '2' } }];

  it('gets the batch after the steps before it, with itself first on the slip', async () => {
    const { context } = contextWith({ outsideSteps: ['age'] });
    const outputs = await reported(
      batchOf(
        [
          ['a', LOW],
          ['b', HIGH],
        ],
        slip,
      ),
      context,
    );
    expect(subjects(outputs)).toEqual(['assay.finding.enriching.age']);
    expect(outputs[0]?.data.steps.map(({ name }) => name)).toEqual(['age', 'annotate']);
    expect(outputs[0]?.data.enrichments).toHaveLength(1);
    expect(outputs[0]?.data.findings).toHaveLength(2);
  });

  it.each(['mine', 'annotate'])('may be a task of the run that nobody configured, %s', async (name) => {
    const outputs = await reported(batchOf([['a', LOW]], [{ name, outside: true, params: { a: '1' } }]));
    expect(subjects(outputs)).toEqual([`assay.finding.enriching.${name}`]);
    expect(outputs[0]?.data.enrichments).toEqual([]);
    const answered = { ...(outputs[0]?.data as Batch), steps: [] };
    expect(subjects(await returned(answered, name, contextWith().context))).toEqual([
      'assay.finding.enriched.low.gosec.00',
    ]);
  });

  const sent = async () => {
    const { context } = contextWith({ outsideSteps: ['age'] });
    const [output] = await reported(
      batchOf(
        [
          ['a', LOW],
          ['b', HIGH],
        ],
        slip,
      ),
      context,
    );
    return { context, batch: output?.data as Batch };
  };
  const answer = {
    positions: [0],
    annotations: { 'age.days': '3' },
    owners: [],
    severity: CRITICAL,
    anyTool: false,
    step: 'age',
  };

  it.each<[string, (batch: Batch) => Batch]>([
    [
      'took itself off',
      (batch) => ({ ...batch, steps: batch.steps.slice(1), enrichments: [...batch.enrichments, answer] }),
    ],
    ['left itself on', (batch) => ({ ...batch, enrichments: [...batch.enrichments, answer] })],
    ['did not say its name', (batch) => ({ ...batch, enrichments: [...batch.enrichments, { ...answer, step: '' }] })],
    [
      'changed the severities too',
      (batch) => ({ ...batch, severities: Uint8Array.of(CRITICAL, HIGH), enrichments: [...batch.enrichments, answer] }),
    ],
    [
      'decoded the findings and wrote JSON',
      (batch) => {
        const json = findingBatchType.toJson(
          findingBatchType.decode(batchType.encode({ ...batch, enrichments: [...batch.enrichments, answer] })),
        );
        return batchType.decode(findingBatchType.encode(findingBatchType.fromJson(JSON.parse(JSON.stringify(json)))));
      },
    ],
  ])('goes on when it %s', async (_, reply) => {
    const { context, batch } = await sent();
    const outputs = await returned(reply(batch), 'age', context);
    expect(subjects(outputs)).toEqual([
      'assay.finding.enriched.critical.gosec.00',
      'assay.finding.enriched.high.gosec.00',
    ]);
    const records = outputs.flatMap(({ data }) => recordsOf(data));
    expect(records.map(({ path, severity, annotations }) => ({ path, severity, annotations }))).toEqual([
      { path: 'a', severity: 'critical', annotations: { a: '1', 'age.days': '3', b: '2' } },
      { path: 'b', severity: 'high', annotations: { a: '1', b: '2' } },
    ]);
  });

  it('does not undo what a later step said of the severity', async () => {
    const { context, batch } = await sent();
    const earlier = { ...answer, step: 'other', severity: LOW, positions: [] };
    const outputs = await returned({ ...batch, enrichments: [earlier, answer] }, 'age', context);
    expect(outputs.map(({ data }) => [...data.severities])).toEqual([[CRITICAL], [HIGH]]);
  });

  it('may answer in parts, and twice: parts are different events, repetitions are not', async () => {
    const { context, batch } = await sent();
    const part = {
      ...batch,
      findings: batch.findings.slice(0, 1),
      identities: batch.identities.slice(0, 16),
      severities: Uint8Array.of(LOW),
    };
    const rest = {
      ...batch,
      findings: batch.findings.slice(1),
      identities: batch.identities.slice(16),
      severities: Uint8Array.of(LOW),
    };
    const keys = (await Promise.all([part, rest, part].map((each) => returned(each, 'age', context))))
      .flat()
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
    expect(keys[2]).toBe(keys[0]);
  });

  it.each([
    [[{ name: 'annotate', params: { a: '1' } }, { name: 'nobody' }], 'step.unknown', 'no one serves the step "nobody"'],
    [[{ name: 'age' }, { name: 'age' }], 'step.twice', 'may stand only once'],
    [
      [
        { name: 'mine', outside: true },
        { name: 'mine', outside: true },
      ],
      'step.twice',
      'may stand only once',
    ],
    [[{ name: 'age', outside: true }], 'step.twice', 'rename the task'],
  ])('%j ends with %s before anything is done', async (steps, code, reason) => {
    const { context } = contextWith({ outsideSteps: ['age'] });
    await expect(reported(batchOf([['a', LOW]], steps), context)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(reason),
    });
  });
});

describe('a batch that others could not work with', () => {
  it.each<[string, Partial<Batch>]>([
    ['reportId is empty', { reportId: '' }],
    ['target.name is empty', { target: undefined }],
    ['need 32 bytes of identities', { identities: new Uint8Array(31) }],
    ['as many bytes of severities', { severities: new Uint8Array(3) }],
    ['a severity is above 5', { severities: Uint8Array.of(1, 6) }],
    [
      'behind the last finding',
      { enrichments: [{ step: 'x', positions: [2], annotations: {}, owners: [], severity: 0, anyTool: false }] },
    ],
  ])('is refused: %s', async (reason, wrong) => {
    const batch = {
      ...batchOf([
        ['a', LOW],
        ['b', LOW],
      ]),
      ...wrong,
    };
    await expect(reported(batch)).rejects.toMatchObject({
      code: 'batch.invalid',
      message: expect.stringContaining(reason),
    });
  });
});
