// Programs of anybody's as tasks of a run: the example components' steps, one after the other, against a platform that
// runs. The steps of Assay are this command line, those between them the programs that stand in the task.yaml.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FindingRecord, Outcome, runFinished } from '@assay/contracts';
import { loadComponent, planLocally } from '@assay/pipeline';
import { signRunToken } from '@assay/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gosec } from '../testing/gosec.ts';
import { LivePlatform } from './live-platform.suite.ts';

const components = join(import.meta.dirname, '../../../../examples/components');
/** Three batches. */
const count = 2100;

let live: LivePlatform;
let workspace: string;

beforeAll(async () => {
  live = await LivePlatform.start();
  workspace = join(live.home.home, 'workspace');
  const sink = await live.assay(['sink', 'add', join(components, '../sinks/file.yaml')]);
  expect(sink).toMatchObject({ code: 0 });
});
afterAll(() => live.stop());

async function tokenOf(runId: string): Promise<string> {
  const key = (await readFile(join(live.home.home, '.assay/secrets/run-token-key'), 'utf8')).trim();
  return signRunToken({ runId, pipeline: 'scan', target: 'shop', expires: Date.now() / 1000 + 600 }, key);
}

interface Ended {
  step: string;
  code: number;
  output: string;
}

/** The steps of a task in a workspace of its own, as Tekton runs them; `tamper` is done before the last one. */
async function runTask(
  name: string,
  run: string,
  options: { tamper?: () => Promise<unknown>; reports?: string[] } = {},
) {
  const credentials = join(workspace, 'credentials');
  const output = join(workspace, 'output');
  await rm(workspace, { recursive: true, force: true });
  for (const folder of [credentials, output, join(workspace, 'scripts')]) await mkdir(folder, { recursive: true });
  await writeFile(join(credentials, 'token'), await tokenOf(run));
  const component = await loadComponent(join(components, name, 'task.yaml'));
  const { steps } = planLocally(component, {
    params: { run, gateway: live.platform.url, reports: options.reports ?? [] },
    workspaces: { credentials, output },
    resultsFolder: workspace,
    scriptsFolder: join(workspace, 'scripts'),
    taskRunName: name,
  });
  const exitCodeFile = join(workspace, 'exit-code');
  const ended: Ended[] = [];
  for (const { name: step, argv, env, script, continues } of steps) {
    const words = argv.map((word) => word.replace('$(steps.step-tool.exitCode.path)', exitCodeFile));
    if (step === 'push') await options.tamper?.();
    if (words[0] === 'assay') {
      const { code, out, err } = await live.assay(words.slice(1), { env });
      ended.push({ step, code, output: out + err });
    } else {
      if (script) await writeFile(script.file, script.content, { mode: 0o700 });
      ended.push({ step, ...(await execute(words, { ...process.env, ...env })) });
    }
    const { code } = ended.at(-1) as Ended;
    if (step === 'tool') await writeFile(exitCodeFile, String(code));
    if (code !== 0 && !continues) break;
  }
  return ended;
}

async function execute([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** A report of a run whose findings pass these steps. */
async function submit(run: string, ...steps: string[]): Promise<string> {
  const query = new URLSearchParams([
    ...Object.entries({ format: 'gosec', target: 'shop', run, task: 'gosec', sourceRoot: '/src' }),
    ...steps.map((step) => ['step', step]),
  ] as [string, string][]);
  const answer = await live.http('POST', `/api/v1/reports?${query}`, gosec(count));
  expect(answer.status).toBe(202);
  return answer.json.reportId as string;
}

/** What the executor says at a run's end; then the ledger's last word. */
async function assessed(runId: string) {
  const data = { runId, pipeline: 'scan', target: { name: 'shop' }, outcome: Outcome.SUCCEEDED };
  await live.admin.publish(
    {
      subject: 'assay.run.finished.scan',
      headers: { 'content-type': 'application/protobuf', 'ce-id': `end-of-${runId}`, 'ce-source': 'assay/executor' },
      payload: runFinished.message.encode(data),
    },
    `end-of-${runId}`,
  );
  return await live.assessed(runId);
}

async function findingsOf(run: string): Promise<FindingRecord[]> {
  const found: FindingRecord[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = `run=${run}&limit=1000${after && `&after=${encodeURIComponent(after)}`}`;
    const { json } = await live.http('GET', `/api/v1/findings?${page}`);
    found.push(...(json.items as FindingRecord[]));
    after = json.next as string | undefined;
  }
  return found;
}

/** What the file sink has, once it is all there. */
async function delivered(): Promise<FindingRecord[]> {
  for (;;) {
    const text = await readFile(join(live.home.home, '.assay/sinks/changes.jsonl'), 'utf8').catch(() => '');
    const lines = text.split('\n').slice(0, -1);
    if (lines.length >= count) return lines.map((line) => JSON.parse(line) as FindingRecord);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const returnedOf = async (step: string) =>
  (await live.admin.messages('assay-finding', `assay.finding.returned.${step}`)).length;
const last = (ended: Ended[]) => ended.at(-1) as Ended;

describe('a run whose tasks are steps of its slip', () => {
  const run = 'run-of-programs';
  let report: string;
  beforeAll(async () => {
    report = await submit(run, 'task/third-party-enricher', 'annotate:team=web', 'task/dracon-enricher');
  });

  it('has its findings enriched by a program that reads JSON lines', async () => {
    const ended = await runTask('third-party-enricher', run);
    expect(ended.map(({ step, code }) => [step, code])).toEqual([
      ['pull', 0],
      ['tool', 0],
      ['push', 0],
    ]);
    expect(ended[0]?.output).toBe(`${count} findings (reports: 1)\n`);
    expect(last(ended).output).toBe(`${count} findings returned (batches: 3, changed: ${count})\n`);
  });

  it('is answered once, though its task is run again and its program says something else', async () => {
    const before = await returnedOf('third-party-enricher');
    const another = async () => {
      const file = join(workspace, 'output/enriched.jsonl');
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll('area.folder', 'another'));
    };
    const ended = await runTask('third-party-enricher', run, { tamper: another });
    expect(last(ended)).toMatchObject({
      code: 0,
      output: expect.stringContaining('batches that had come back before and stay as they are: 3'),
    });
    expect(await returnedOf('third-party-enricher')).toBe(before);
  });

  it('then by one that reads and writes Dracon’s protobuf, of the reports that it was told', async () => {
    const ended = await runTask('dracon-enricher', run, { reports: [`${report}\n`] });
    expect(ended[1]?.output).toBe(`wrote ${count} enriched issues to gosec.custom-annotation.enriched.pb\n`);
    expect(last(ended)).toMatchObject({ code: 0, output: expect.stringContaining(`changed: ${count}`) });
  });

  it('hands them to a program at its end', async () => {
    const ended = await runTask('third-party-consumer', run);
    expect(last(ended)).toEqual({ step: 'tool', code: 0, output: `high ${count}\n` });
    const [line = ''] = (await readFile(join(workspace, 'output/findings/findings.jsonl'), 'utf8')).split('\n', 1);
    expect(JSON.parse(line)).toMatchObject({ annotations: { 'area.folder': '.', team: 'web', reviewed: 'no' } });
  });

  it('adds up, and store and sink have every finding with what each step said', async () => {
    const { assessment, problems, stages } = await assessed(run);
    expect([assessment, problems]).toEqual([1, []]);
    expect(stages).toMatchObject([
      { name: 'parse', in: count, out: count },
      { name: 'enrich', in: count, out: count },
      { name: 'ledger', in: count, out: count },
    ]);
    for (const findings of [await findingsOf(run), await delivered()]) {
      expect(new Set(findings.map(({ id }) => id)).size).toBe(count);
      expect(findings).toHaveLength(count);
      for (const { annotations } of findings)
        expect(annotations).toEqual({ 'area.folder': '.', team: 'web', reviewed: 'no' });
    }
  });

  it('is nobody else’s: the token of another run opens nothing of it', async () => {
    const env = { ASSAY_URL: live.platform.url, ASSAY_TOKEN: await tokenOf('another-run') };
    for (const words of [
      ['pull', '--run', run, '--dir', join(workspace, 'stolen')],
      ['pull', '--run', run, '--step', 'dracon-enricher', '--dir', join(workspace, 'stolen')],
      ['push', '--run', run, '--step', 'dracon-enricher', '--dir', await pulledAs('dracon-enricher')],
    ]) {
      const ran = await live.assay(['run-findings', ...words], { env });
      expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('the token is for run another-run') });
    }
  });

  /** Findings that its own task pulled and nobody pushed. */
  async function pulledAs(step: string): Promise<string> {
    const dir = join(workspace, 'own');
    const env = { ASSAY_URL: live.platform.url, ASSAY_TOKEN: await tokenOf(run) };
    await live.assay(['run-findings', 'pull', '--run', run, '--step', step, '--dir', dir], { env });
    const mark = join(dir, '.assay/pulled.json');
    await writeFile(mark, JSON.stringify({ ...JSON.parse(await readFile(mark, 'utf8')), returned: [] }));
    return dir;
  }
});

it('a program that dies keeps no finding from going on', async () => {
  const run = 'run-of-a-failure';
  await submit(run, 'task/third-party-enricher');
  const broken = async () => {
    await writeFile(join(workspace, 'exit-code'), '137');
  };
  const ended = await runTask('third-party-enricher', run, { tamper: broken });
  expect(last(ended)).toMatchObject({ step: 'push', code: 4, output: expect.stringContaining('exit code 137') });
  const { assessment, stages } = await assessed(run);
  expect([assessment, stages.at(-1)]).toMatchObject([1, { in: count, out: count }]);
  expect((await findingsOf(run)).every(({ annotations }) => annotations?.['area.folder'] === undefined)).toBe(true);
});

it('findings that wait for tasks that were never begun go on at the end of the run', async () => {
  const run = 'run-that-broke-off';
  const steps = ['third-party-enricher', 'dracon-enricher'];
  await submit(run, ...steps.map((step) => `task/${step}`));
  const env = { ASSAY_URL: live.platform.url, ASSAY_TOKEN: await tokenOf(run) };
  for (const left of [3, 0]) {
    const ran = await live.assay(['run-findings', 'pass', '--run', run, ...steps], { env });
    const sentences = steps.map((step) => `step ${step}: batches that went on as they were: ${left}\n`);
    expect(ran).toMatchObject({ code: 0, err: sentences.join('') });
  }
  const { assessment, stages } = await assessed(run);
  expect([assessment, stages.at(-1)]).toMatchObject([1, { in: count, out: count }]);
});

it('findings that do not come are named, and the program is not begun', async () => {
  const run = 'run-of-nothing';
  const env = { ASSAY_URL: live.platform.url, ASSAY_TOKEN: await tokenOf(run) };
  const words = [
    'run-findings',
    'pull',
    '--run',
    run,
    '--dir',
    join(workspace, 'none'),
    '--timeout',
    '1',
    'lost-report',
  ];
  const ran = await live.assay(words, { env });
  expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('report lost-report was not read yet') });
});
