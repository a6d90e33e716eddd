import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Batch,
  batchType,
  type Draft,
  type FindingRecord,
  messageType,
  type RunFindings,
  type RunFindingsEnd,
  withLength,
} from '@assay/contracts';
import { types } from '@assay/producer/dracon';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';
import { runCli } from '../testing/run-cli.ts';
import type { Exchange } from '../testing/scripted-gateway.ts';

let folder: string;
let dir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-run-findings-'));
  dir = join(folder, 'findings');
});
afterEach(() => rm(folder, { recursive: true }));

const idOf = (title: string) => Buffer.alloc(16, title).toString('hex');
const uuidOf = (title: string) => idOf(title).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function batchOf(titles: string, changes: Partial<Batch> = {}): Batch {
  const findings = titles.split(' ');
  return {
    ...batchType.create({}),
    reportId: 'r1',
    runId: 'run',
    target: { name: 'shop', kind: 'repository' },
    tool: { name: 'gosec', version: '2' },
    findings: findings.map((title) =>
      messageType('Finding').encode({
        title,
        rule: 'G101',
        severity: 3,
        confidence: 2,
        cwes: [79, 1000],
        cves: ['CVE-2024-1'],
        location: { path: 'a b.go', startLine: 3, endLine: 4, snippet: 'x' },
      }),
    ),
    identities: Buffer.concat(findings.map((title) => Buffer.alloc(16, title))),
    severities: Uint8Array.from(findings, () => 3),
    ...changes,
  };
}

const piece = messageType('RunFindings');
const end = (more: Draft<RunFindingsEnd> = {}): Draft<RunFindings> => ({ end: { reports: [{}], ...more } });
const waiting = (sequence: number, batch: Batch): Draft<RunFindings> => ({ sequence, batch: batchType.encode(batch) });

/** What the gateway streams; without an end it breaks off. */
const gives =
  (...pieces: Draft<RunFindings>[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf-delimited' });
    response.write(withLength(new Uint8Array()));
    for (const each of pieces) response.write(withLength(piece.encode(each)));
    if (pieces.at(-1)?.end) response.end();
    else response.write('', () => response.destroy());
  };

const pulling = (query: string, answer: Exchange['answer']): Exchange => ({
  request: `GET /api/v1/runs/run/findings?${query}`,
  answer,
});
const pushing: Exchange = { request: 'POST /api/v1/runs/run/findings/returned', status: 202, answer: { returned: 1 } };

const pull = (exchanges: Exchange[], ...more: string[]) =>
  against(exchanges, ['run-findings', 'pull', '--run=run', `--dir=${dir}`, '--timeout=600', ...more]);
const push = (exchanges: Exchange[], ...more: string[]) =>
  against(exchanges, ['run-findings', 'push', '--run=run', '--step=age', `--dir=${dir}`, ...more]);
const pulled = (format: string, ...pieces: Draft<RunFindings>[]) =>
  pull([pulling('step=age&wait=600', gives(...pieces))], '--step=age', `--format=${format}`);
const sentTo = ({ received }: { received: { body: string }[] }) =>
  received.flatMap(({ body }) => (JSON.parse(body) as { batches: unknown[] }).batches);

const lines = async () =>
  (await readFile(join(dir, 'findings.jsonl'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as FindingRecord);
const leave = (records: object[], file = 'findings.jsonl') =>
  writeFile(join(dir, file), records.map((record) => `${JSON.stringify(record)}\n`).join(''));

const two = [waiting(7, batchOf('a b')), waiting(9, batchOf('c', { index: 1, reportId: 'r2' })), end()];

describe('assay run-findings pull', () => {
  it('writes one finding a line, with its id and its report', async () => {
    const ran = await pulled('jsonl', ...two);
    expect(ran).toMatchObject({ code: 0, out: '', err: '3 findings (reports: 1)\n' });
    expect((await lines()).map(({ id, title, report }) => [id, title, report])).toEqual([
      [idOf('a'), 'a', 'r1'],
      [idOf('b'), 'b', 'r1'],
      [idOf('c'), 'c', 'r2'],
    ]);
  });

  it('asks for the reports that a task was told, as results have them', async () => {
    const query = 'report=r1&report=r2&report=r3&wait=600';
    const ran = await pull([pulling(query, gives(end()))], 'r1\nr2\n', 'r3', '');
    expect(ran).toMatchObject({ code: 0, err: '0 findings (reports: 1)\n' });
    expect(await lines()).toEqual([]);
  });

  it('writes what Dracon’s enrichers read: a file a tool', async () => {
    await pulled('dracon', ...two, waiting(11, batchOf('d', { tool: { name: 'Trivy', version: '' } })), end());
    expect((await readdir(dir)).sort()).toEqual(['.assay', 'gosec.tagged.pb']);
    const { toolName, scanInfo, issues } = types.response.toObject(
      types.response.decode(await readFile(join(dir, 'gosec.tagged.pb'))),
      { bytes: Array },
    );
    expect([toolName, scanInfo.uuid]).toEqual(['gosec', 'run']);
    expect(issues.map(({ uuid }: { uuid: string }) => uuid)).toEqual(['a', 'b', 'c'].map(uuidOf));
    expect(issues[0]).toMatchObject({
      target: 'file:///a%20b.go:3-4',
      type: 'G101',
      title: 'a',
      severity: 3,
      confidence: 3,
      cve: 'CVE-2024-1',
      cwe: [79, 0xe8, 7],
      contextSegment: 'x',
    });
  });

  it('writes what Dracon’s consumers read', async () => {
    const added = [
      {
        step: 'age',
        positions: [0],
        annotations: { days: '3' },
        owners: ['@a'],
        severity: 5,
        suppression: { kind: 'vex', justification: '' },
        anyTool: false,
      },
    ] as Batch['enrichments'];
    const batch = batchOf('a b', { enrichments: added, severities: Uint8Array.of(5, 3) });
    await pull([pulling('wait=600', gives(waiting(7, batch), end()))], '--format=dracon');
    const { originalResults, issues } = types.enrichedResponse.toObject(
      types.enrichedResponse.decode(await readFile(join(dir, 'gosec.enriched.aggregated.pb'))),
      { defaults: true },
    );
    expect(originalResults).toMatchObject({ toolName: 'gosec', scanInfo: { uuid: 'run' } });
    expect(issues).toMatchObject([
      { rawIssue: { title: 'a', severity: 5 }, falsePositive: true, annotations: { days: '3', 'Owner-0': '@a' } },
      { rawIssue: { title: 'b', severity: 3 }, falsePositive: false, annotations: {} },
    ]);
  });

  it('writes nothing when something is missing, and says what', async () => {
    const missing = ['report r9 was not read yet: see the dead letters of the producer', 'report r2: 3 of 5 \u001b[2J'];
    const ran = await pulled('jsonl', waiting(7, batchOf('a')), end({ missing }));
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(ran.err).toContain('report r9 was not read yet');
    expect(ran.err).toContain('not all findings of the run came within 600 s');
    expect(ran.err).not.toContain('\u001b');
    expect(await readdir(folder)).toEqual([]);
  });

  it('begins again when the answer breaks off', async () => {
    const again = pulling('step=age&wait=600', gives(...two));
    const ran = await pull([pulling('step=age&wait=600', gives(waiting(7, batchOf('a')))), again], '--step=age');
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/trying again\n3 findings \(reports: 1\)\n$/);
    expect(await lines()).toHaveLength(3);
  });

  it('may be run again, and touches no folder of somebody else', async () => {
    await pulled('jsonl', ...two);
    await pulled('jsonl', waiting(7, batchOf('a')), end());
    expect(await lines()).toHaveLength(1);
    await rm(join(dir, '.assay'), { recursive: true });
    const ran = await pull([]);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('name a folder of its own') });
    expect(await readdir(dir)).toEqual(['findings.jsonl']);
  });

  it.each([
    ['a token of another run', problem(403, 'the token is for run x'), 2, 'the token is for run x'],
    ['no such run', problem(404, 'there is no run "run" (yet)'), 2, 'there is no run'],
  ])('is refused with %s', async (_, answer, code, sentence) => {
    const ran = await pull([{ ...pulling('wait=600', ''), ...answer }]);
    expect(ran).toMatchObject({ code, err: expect.stringContaining(sentence) });
  });
});

describe('assay run-findings push', () => {
  const all = [{ sequence: 7 }, { sequence: 9 }];

  it('returns what is new, in whatever order, and the rest as it was', async () => {
    await pulled('jsonl', ...two);
    const [a, b, c] = (await lines()) as [FindingRecord, FindingRecord, FindingRecord];
    const { title, ...rest } = c;
    await leave([
      { ...rest, severity: 'critical', owners: ['@x'], suppression: { justification: 'test' } },
      { ...b, annotations: { 'age.days': '3' } },
      { ...a, title: 'another', severity: 'medium' },
    ]);
    const ran = await push([pushing]);
    expect(ran).toMatchObject({ code: 0, err: '3 findings returned (batches: 2, changed: 2)\n' });
    expect(sentTo(ran)).toEqual([
      { sequence: 7, enrichments: [{ positions: [1], annotations: { 'age.days': '3' } }] },
      {
        sequence: 9,
        enrichments: [
          {
            positions: [],
            severity: 'critical',
            owners: ['@x'],
            suppression: { kind: 'external', justification: 'test' },
          },
        ],
      },
    ]);
  });

  it('returns every batch when the program dropped, repeated and made up records', async () => {
    await pulled('jsonl', ...two);
    const [a] = (await lines()) as [FindingRecord];
    const marked = { ...a, annotations: { x: '1' } };
    await leave([marked, { ...a, annotations: { y: '2' } }, { id: 'f'.repeat(32) }, { ...marked, report: 'r9' }]);
    const ran = await push([pushing]);
    expect(sentTo(ran)).toEqual([
      { sequence: 7, enrichments: [{ positions: [0], annotations: { x: '1', y: '2' } }] },
      { sequence: 9 },
    ]);
    expect(ran.err).toBe(
      '3 findings returned (batches: 2, changed: 1); records left out, as they are about no finding that was pulled: 2\n',
    );
  });

  it('reads what the program wrote elsewhere, in a file or a folder', async () => {
    await pulled('jsonl', ...two);
    await mkdir(join(dir, 'out'));
    await leave([{ id: idOf('a'), annotations: { x: '1' } }], 'out/findings.jsonl');
    for (const path of ['out', 'out/findings.jsonl']) {
      const ran = await push([pushing], `--from=${join(dir, path)}`);
      expect(sentTo(ran)[0]).toEqual({ sequence: 7, enrichments: [{ positions: [0], annotations: { x: '1' } }] });
    }
  });

  it('leaves what came back before as it is', async () => {
    await pulled('jsonl', ...two.slice(0, 2), end({ returned: [7] }));
    const ran = await push([pushing]);
    expect(sentTo(ran)).toEqual([{ sequence: 9 }]);
    expect(ran.err).toContain('batches that had come back before and stay as they are: 1');
  });

  it('returns nothing of nothing', async () => {
    await pulled('jsonl', end());
    expect(await push([])).toMatchObject({ code: 0, err: '0 findings returned (batches: 0, changed: 0)\n' });
  });

  it('cuts what is longer than findings may have', async () => {
    await pulled('jsonl', waiting(7, batchOf('a')), end());
    const annotations = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, 'x'.repeat(5000)]));
    await leave([
      { id: idOf('a'), annotations: { ['k'.repeat(200)]: 'x', ...annotations }, owners: ['', 'a\nb', '@a'] },
    ]);
    const [{ enrichments }] = sentTo(await push([pushing])) as [{ enrichments: [Record<string, object>] }];
    const [{ annotations: sent = {}, owners }] = enrichments;
    expect([Object.keys(sent).length, Object.values(sent)[0].length, owners]).toEqual([64, 4096, ['@a']]);
  });

  it('adds nothing to a batch that would be too large then, and fails', async () => {
    const annotations = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`k${n}`, 'x'.repeat(4096)]));
    const b = Array.from({ length: 10 }, (_, n) => `b${n}`).join(' ');
    await pulled('jsonl', waiting(7, batchOf(b)), waiting(9, batchOf('c')), end());
    await leave((await lines()).map(({ id }, n) => ({ id, annotations: { n: String(n), ...annotations } })));
    const ran = await push([pushing]);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('; 1 went on as they were') });
    const [first, second] = sentTo(ran) as [object, { enrichments: object[] }];
    expect([first, second.enrichments.length]).toEqual([{ sequence: 7 }, 1]);
  });

  it('waits for a gateway that is too busy, and sends many batches in several requests', async () => {
    const many = Array.from({ length: 300 }, (_, index) => waiting(index + 1, batchOf('a', { index })));
    await pulled('jsonl', ...many, end());
    const busy = { ...problem(503, 'busy'), headers: { 'retry-after': '0' } };
    const ran = await push([{ ...pushing, ...busy }, pushing, pushing]);
    expect(ran.code).toBe(0);
    expect(ran.received.map(({ body }) => JSON.parse(body).batches.length)).toEqual([256, 256, 44]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['no JSON', () => writeFile(join(dir, 'findings.jsonl'), '\n{"id":'), 'findings.jsonl:2 is no JSON'],
    ['an id that is none', () => leave([{ id: 'x' }]), 'findings.jsonl:1, id: must be the id'],
    [
      'an annotation that is no text',
      () => leave([{ id: idOf('a'), annotations: { x: 1 } }]),
      'findings.jsonl:1, annotations.x:',
    ],
    [
      'a severity that nobody knows',
      () => leave([{ id: idOf('a'), severity: 'urgent' }]),
      'findings.jsonl:1, severity:',
    ],
    ['a line without end', () => writeFile(join(dir, 'findings.jsonl'), 'x'.repeat(1_100_000)), ':1 is longer than'],
    ['nothing at all', () => rm(join(dir, 'findings.jsonl')), 'cannot be read'],
  ])('returns all as they were when the program left %s, and fails', async (_, left, sentence) => {
    await pulled('jsonl', ...two);
    await left();
    const ran = await push([pushing]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(sentence);
    expect(ran.err).toContain('the findings went on as they were');
    expect(sentTo(ran)).toEqual(all);
  });

  it.each([
    ['137', 4, 'the program ended with exit code 137; the findings go on as they were'],
    ['', 2, 'holds no exit code'],
  ])('returns all as they were when the program died with "%s", and fails', async (code, exit, sentence) => {
    await pulled('jsonl', ...two);
    await leave([{ id: idOf('a'), annotations: { x: 'half' } }]);
    await writeFile(join(folder, 'code'), code);
    const ran = await push([pushing], `--exit-code-file=${join(folder, 'code')}`);
    expect(ran).toMatchObject({ code: exit, err: expect.stringContaining(sentence) });
    expect(sentTo(ran)).toEqual(all);
    await writeFile(join(folder, 'code'), '0\n');
    const well = await push([pushing], `--exit-code-file=${join(folder, 'code')}`);
    expect(well.code).toBe(0);
    expect(sentTo(well)[0]).toMatchObject({ enrichments: [{ annotations: { x: 'half' } }] });
  });

  it.each([
    ['was not pulled', async () => {}],
    ['was pulled by half', async () => rm(join(dir, '.assay/pulled.json'))],
    ['was pulled for another step', async () => rewrite({ step: 'other' })],
    ['was pulled of another run', async () => rewrite({ run: 'other' })],
  ])('refuses what %s', async (what, change) => {
    if (what !== 'was not pulled') await pulled('jsonl', ...two);
    await change();
    expect(await push([])).toMatchObject({ code: 2, err: expect.stringContaining('pull them first') });
  });

  it('says when what was pulled is not what is there', async () => {
    await pulled('jsonl', ...two);
    await rewrite({ findings: 4 });
    expect(await push([pushing])).toMatchObject({ code: 2, err: expect.stringContaining('its files were changed') });
  });

  async function rewrite(changes: object) {
    const file = join(dir, '.assay/pulled.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...changes }));
  }

  describe('of Dracon’s files', () => {
    const out = () => join(folder, 'enrichers');
    const enriched = async (issues: object[], name = 'gosec.age.enriched.pb') => {
      const message = { originalResults: { scanInfo: {}, toolName: 'gosec' }, issues };
      const bytes = types.enrichedResponse.encode(types.enrichedResponse.fromObject(message)).finish();
      await mkdir(join(out(), 'age'), { recursive: true });
      await writeFile(join(out(), 'age', name), bytes);
      return bytes;
    };
    const draconPush = (exchanges = [pushing]) => push(exchanges, `--from=${out()}`);
    beforeEach(() => pulled('dracon', ...two));

    it('takes annotations, severity, when it was first seen, how often, and false positives', async () => {
      await enriched([
        { rawIssue: { uuid: uuidOf('b').toUpperCase(), severity: 5 }, annotations: { Reachable: 'true' } },
        {
          rawIssue: { uuid: uuidOf('c'), severity: 3 },
          firstSeen: { seconds: 1767225600 },
          count: 4,
          falsePositive: true,
        },
        { rawIssue: { uuid: 'another' }, annotations: { x: 'y' } },
        { annotations: { x: 'y' } },
      ]);
      await writeFile(join(out(), 'gosec.raw.pb'), await readFile(join(dir, 'gosec.tagged.pb')));
      const ran = await draconPush();
      expect(ran.code).toBe(0);
      expect(sentTo(ran)).toEqual([
        { sequence: 7, enrichments: [{ positions: [1], severity: 'critical', annotations: { Reachable: 'true' } }] },
        {
          sequence: 9,
          enrichments: [
            {
              positions: [],
              annotations: { firstSeen: '2026-01-01T00:00:00.000Z', seen: '4' },
              suppression: { kind: 'external', justification: 'marked as a false positive by age' },
            },
          ],
        },
      ]);
      expect(ran.err).toContain('about no finding that was pulled: 2');
    });

    it('takes what several of its files say', async () => {
      await enriched([{ rawIssue: { uuid: uuidOf('a') }, annotations: { x: '1' } }]);
      await enriched([{ rawIssue: { uuid: uuidOf('a') }, annotations: { y: '2' } }], 'gosec.enriched.pb');
      await writeFile(join(out(), 'empty.pb'), '');
      expect(sentTo(await draconPush())[0]).toEqual({
        sequence: 7,
        enrichments: [{ positions: [0], annotations: { x: '1', y: '2' } }],
      });
    });

    it.each<[string, () => Promise<unknown>, string]>([
      ['something else', () => writeFile(join(out(), 'x.pb'), 'hello'), 'x.pb is not what Dracon'],
      [
        'half a file',
        async () =>
          writeFile(
            join(out(), 'x.pb'),
            (await enriched([{ rawIssue: { title: 'x'.repeat(70_000) } }])).subarray(0, -9),
          ),
        'x.pb, behind issue 0',
      ],
      [
        'an issue without end',
        async () => {
          const head = await enriched([]);
          // An issue of 4 GiB, whose title is as long.
          const sizes = Buffer.from('1280808080100a808080800f1a808080800e', 'hex');
          await writeFile(join(out(), 'x.pb'), Buffer.concat([head, sizes, Buffer.alloc(70_000, 'x')]));
        },
        'larger than 4194304 bytes',
      ],
      [
        'an issue that is none',
        async () => {
          const head = await enriched([{ rawIssue: { title: 'x'.repeat(70_000) } }]);
          await writeFile(join(out(), 'x.pb'), Buffer.concat([head, Buffer.from([0x12, 2, 0x0a, 9])]));
        },
        'issue 2, is not what Dracon',
      ],
      ['no folder', () => rm(out(), { recursive: true }), 'cannot be read'],
    ])('returns all as they were when there is %s, and fails', async (_, left, sentence) => {
      await mkdir(out());
      await left();
      const ran = await draconPush();
      expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
      expect(sentTo(ran)).toEqual(all);
    });
  });
});

describe('assay run-findings pass', () => {
  const pass = (exchanges: Exchange[], ...steps: string[]) =>
    against(exchanges, ['run-findings', 'pass', '--run=run', '--timeout=9', ...steps]);

  it('returns what waits still, step by step', async () => {
    const ran = await pass(
      [
        pulling('step=age&wait=9', gives(...two.slice(0, 2), end({ returned: [7] }))),
        pulling('step=other&wait=9', gives(...two)),
        pushing,
        pushing,
      ],
      'age',
      'other',
    );
    expect(ran).toMatchObject({ code: 0, out: '' });
    expect(ran.received.map(({ body }) => body && JSON.parse(body))).toEqual([
      '',
      { step: 'age', batches: [{ sequence: 9 }] },
      '',
      { step: 'other', batches: [{ sequence: 7 }, { sequence: 9 }] },
    ]);
    expect(ran.err).toBe(
      'step age: batches that went on as they were: 1\nstep other: batches that went on as they were: 2\n',
    );
  });

  it('lets go what is there, and says what is missing', async () => {
    const ended = gives(waiting(7, batchOf('a')), end({ missing: ['report r9 was not read yet'] }));
    const ran = await pass([pulling('step=age&wait=9', ended), pushing], 'age');
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('report r9 was not read yet') });
    expect(sentTo({ received: ran.received.slice(1) })).toEqual([{ sequence: 7 }]);
  });
});

it('a command without its run says so', async () => {
  expect(await runCli(['run-findings', 'push', '--dir=x'])).toMatchObject({ code: 2, out: '' });
});
