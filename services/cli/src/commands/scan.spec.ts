import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Assessment, type Draft, type RunAssessed, runAssessed } from '@assay/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against, problem } from '../testing/against.ts';
import { assessedRun, findingRecord } from '../testing/assessed.ts';
import { type Exchange, streamOf } from '../testing/scripted-gateway.ts';

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'assay-scan-')));
  await mkdir(join(folder, 'src'));
});

afterAll(() => rm(folder, { recursive: true }));

const requestedAt = '2026-03-01T12:00:00.000Z';
const found = [findingRecord(), findingRecord({ transition: 'recurred' }), findingRecord({ severity: 'low' })];
const findingsOf = 'GET /api/v1/findings?run=run-1&transition';

function assessed(changes: Draft<RunAssessed>): object {
  const data = runAssessed.message.toJson(assessedRun(changes));
  return { specversion: '1.0', type: 'dev.assay.run.assessed.v1', data };
}

/** What a scan asks of the gateway, up to the findings. */
function scanned(changes: Draft<RunAssessed>, limit: number): Exchange[] {
  const task = { specversion: '1.0', type: 'dev.assay.task.started.v1', data: { runId: 'run-1', task: 'eslint' } };
  return [
    { request: 'GET /api/v1/runs?limit=1', answer: { items: [] } },
    { request: 'POST /api/v1/runs', status: 202, answer: { runId: 'run-1' } },
    { request: 'GET /api/v1/runs/run-1', answer: { requested: { requestedAt } }, isRepeated: true },
    {
      request: `GET /api/v1/events?subject=assay.task.started.>&subject=assay.task.finished.>&subject=assay.run.>&since=${requestedAt}`,
      answer: streamOf(task, assessed(changes)),
    },
    { request: `${findingsOf}=opened,recurred,reopened,suppressed&limit=${limit}`, answer: { items: found } },
    { request: `${findingsOf}=fixed&limit=${limit}`, answer: { items: [findingRecord({ transition: 'fixed' })] } },
  ];
}

const atLeastHigh = `${findingsOf}=opened,recurred,reopened&state=open&severity=high,critical&limit=1`;

describe('assay scan', () => {
  it('knows its tools before it asks for anything', async () => {
    const ran = await against([], ['scan', 'src', '--only', 'eslint,nosuch'], { cwd: folder });
    expect(ran).toMatchObject({ code: 2, out: '', received: [] });
    expect(ran.err).toMatch(/there is no tool nosuch; known are bandit, .*eslint/);
  });

  it('asks for a run of the absolute folder, follows it and shows it', async () => {
    const ran = await against(
      scanned({}, 200),
      ['scan', 'src', '--only', 'eslint,Bandit', '--step', 'annotate:team=web'],
      { cwd: folder },
    );
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.received[1]?.body ?? '')).toEqual({
      sourcePath: join(folder, 'src'),
      target: 'src',
      components: ['eslint', 'bandit'],
      steps: [{ name: 'annotate', params: { team: 'web' } }],
    });
    expect(ran.err).toBe('run run-1 of src\neslint: started\n');
    expect(ran.out).toContain('5 raw = 3 findings + 1 merged + 1 filtered: everything adds up\n');
  });

  it('names a repository for the run to fetch', async () => {
    const ran = await against(scanned({}, 200), ['scan', 'https://example.com/shop.git', '--revision', 'main']);
    const asked = JSON.parse(ran.received[1]?.body ?? '');
    expect(asked).toMatchObject({ sourceUrl: 'https://example.com/shop.git', revision: 'main' });
    expect(asked).not.toHaveProperty('target');
  });

  it('sends the folder along where that is asked for', async () => {
    const upload = { request: 'POST /api/v1/sources', status: 201, answer: { digest: 'sha256:archive' } };
    const ran = await against([upload, ...scanned({}, 200)], ['scan', 'src', '--upload'], { cwd: folder });
    const asked = JSON.parse(ran.received.find(({ request }) => request === 'POST /api/v1/runs')?.body ?? '');
    expect(asked).toMatchObject({ sourceArchive: 'sha256:archive', target: 'src' });
    expect(asked).not.toHaveProperty('sourcePath');
  });

  it('shows what the tools write, line by line, when it follows', async () => {
    const logged = (offset: number, text: string) => ({
      specversion: '1.0',
      type: 'dev.assay.task.logged.v1',
      data: { runId: 'run-1', task: 'eslint', step: 'scan', offset: String(offset), text },
    });
    const script = scanned({}, 200).map((exchange) =>
      exchange.request.startsWith('GET /api/v1/events')
        ? {
            request: `GET /api/v1/events?subject=assay.task.>&subject=assay.run.>&since=${requestedAt}`,
            // The first piece again, as after a restart of the executor.
            answer: streamOf(logged(0, 'one\ntwo\n'), logged(8, 'three\n'), logged(0, 'one\ntwo\n'), assessed({})),
          }
        : exchange,
    );
    const ran = await against(script, ['scan', 'src', '--follow'], { cwd: folder });
    expect(ran.err).toBe('run run-1 of src\neslint scan | one\neslint scan | two\neslint scan | three\n');
  });

  it('enriches by owners and makes one finding of several tools’ when nothing else is asked for', async () => {
    const ran = await against(scanned({}, 200), ['scan', 'src'], { cwd: folder });
    expect(JSON.parse(ran.received[1]?.body ?? '')).toMatchObject({
      steps: [
        { name: 'codeowners', params: {} },
        { name: 'deduplicate', params: {} },
      ],
    });
  });

  it.each<[string, Draft<RunAssessed>, unknown[] | undefined, number]>([
    ['0 without --fail-on, whatever was found', {}, undefined, 0],
    ['0 when nothing is bad enough', {}, [], 0],
    ['1 when something is', {}, [findingRecord()], 1],
    ['4 when a scan was partial', { assessment: Assessment.PARTIAL }, undefined, 4],
    ['4 when counts do not add up', { stages: [{ name: 'enrich', in: 2 }] }, [], 4],
    [
      '1 when something is bad enough, even where the rest is incomplete',
      { assessment: Assessment.PARTIAL },
      [findingRecord()],
      1,
    ],
  ])('ends with %s', async (_, changes, bad, code) => {
    const asked = bad ? [{ request: atLeastHigh, answer: { items: bad } }] : [];
    const ran = await against(
      [...scanned(changes, 200), ...asked],
      ['scan', folder, ...(bad ? ['--fail-on', 'high'] : [])],
    );
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(`run run-1 of ${basename(folder)}`);
  });

  it('prints one JSON value, problems on stderr too', async () => {
    const ran = await against(scanned({ problems: ['task gosec failed'] }, 1000), ['scan', folder, '-o', 'json']);
    const shown = JSON.parse(ran.out) as {
      run: { runId: string };
      addsUp: boolean;
      findings: unknown[];
      fixed: unknown[];
    };
    expect(shown).toMatchObject({ run: { runId: 'run-1' }, addsUp: true, problems: ['task gosec failed'] });
    expect([shown.findings.length, shown.fixed.length]).toEqual([3, 1]);
    expect(ran.err).toContain('problem: task gosec failed\n');
  });

  it('updates one line a task on a terminal, and none of it reaches stdout', async () => {
    const ran = await against(scanned({}, 200), ['scan', folder], { columns: 80 });
    expect(ran.err).toContain('eslint …\n');
    expect(ran.out).not.toContain('eslint …');
  });

  it('hands on what the gateway refuses', async () => {
    const script: Exchange[] = [
      { request: 'GET /api/v1/runs?limit=1', ...problem(403, 'the token lacks the scope "run:read"') },
    ];
    expect(await against(script, ['scan', folder])).toMatchObject({ code: 2, out: '' });
  });
});
