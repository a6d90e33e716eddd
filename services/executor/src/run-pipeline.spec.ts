import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@assay/blobs';
import {
  type Event,
  Outcome,
  type Outgoing,
  outcomeNames,
  type RunFinished,
  type RunRequested,
  runRequested,
  Transient,
} from '@assay/contracts';
import { type Context, verifyRunToken } from '@assay/runtime';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localBackend } from './backends/local/index.ts';
import { type ExecutorResources, runPipeline } from './run-pipeline.ts';
import { type TinyWorld, tinyWorld, until, untilGone } from './testing/tiny-tools.ts';

const runTokenKey = 'a key for specs, not for use';
let world: TinyWorld;
let stop: AbortController;
let blobs: Map<string, Uint8Array>;
beforeEach(async () => {
  world = await tinyWorld();
  stop = new AbortController();
  blobs = new Map();
  await world.tool('finder', 'echo report');
  await world.component('finder');
  await world.component('pythons', { annotations: "    assay.dev/applies-to: '**/*.py'" });
  await world.component('absent');
});
afterEach(async () => world[Symbol.asyncDispose]());

function context(settings: { concurrency?: number } = {}): Context<unknown, ExecutorResources> {
  const quiet = { info: () => {}, warn: () => {} };
  const store = {
    put: async (content: Uint8Array) => {
      blobs.set('sha256:owners', content);
      return { digest: 'sha256:owners', size: content.length, mediaType: 'text/plain' };
    },
  };
  const now = () => new Date('2026-01-01T00:00:00Z');
  return {
    config: {},
    resources: {
      backend: localBackend({
        ...world,
        plan: { ...world.plan, blobs: store as unknown as BlobStore },
        concurrency: 2,
        taskTimeoutMs: 20_000,
        now,
        ...settings,
      }),
      cancelled: { reasonOf: async () => undefined, add: async () => {}, follow: async () => {} },
      runTokenKey,
      tokenLifeMs: 60_000,
    },
    blobs: store as unknown as BlobStore,
    log: quiet as unknown as Context['log'],
    now,
    signal: stop.signal,
  };
}

const request = (data: Partial<RunRequested> = {}): Event<RunRequested> => ({
  id: 'event-1',
  topic: runRequested,
  source: 'spec',
  subject: 'assay.run.requested.own',
  time: '2026-01-01T00:00:00Z',
  attempt: 1,
  data: runRequested.message.create({
    runId: 'run-1',
    pipeline: 'own',
    target: { name: 'shop' },
    sourcePath: world.source,
    components: ['finder', 'pythons', 'absent'],
    ...data,
  }),
});

async function outputs(event: Event<RunRequested>, settings = {}): Promise<Outgoing[]> {
  const all: Outgoing[] = [];
  for await (const outgoing of runPipeline(event, context(settings))) all.push(outgoing);
  return all;
}

const finishedOf = (all: readonly Outgoing[]) => all.at(-1)?.data as RunFinished;
const idOf = ({ topic, key }: Outgoing) => `${topic.name} ${key}`;

describe('a run', () => {
  it('says what begins and how it ends, and of a skipped task why', async () => {
    const all = await outputs(request());
    expect(all.map(idOf).sort()).toEqual([
      'run.finished run-1',
      'run.started run-1',
      'task.finished run-1/absent',
      'task.finished run-1/finder',
      'task.finished run-1/pythons',
      'task.started run-1/finder',
    ]);
    expect(all[0]?.data).toMatchObject({ tasks: ['absent', 'finder', 'pythons'], backend: 'local', pipeline: 'own' });
    const { outcome, tasks } = finishedOf(all);
    expect(outcome).toBe(Outcome.SUCCEEDED);
    expect(tasks.map(({ task, outcome, reason }) => [task, outcomeNames.of(outcome), reason])).toEqual([
      ['absent', 'skipped', 'absent is not installed: npx assay tools install absent'],
      ['finder', 'succeeded', ''],
      ['pythons', 'skipped', 'nothing in the target for pythons: no file matches **/*.py'],
    ]);
    expect(tasks[1]?.reportIds).toEqual(['report-of-finder']);
  });

  it('gives each task a credential of this run only', async () => {
    await world.tool('finder', 'cat "$HOME/../credentials/token"');
    await outputs(request());
    const token = (await world.submitted())['finder']?.report ?? '';
    expect(verifyRunToken(token, runTokenKey, new Date('2026-01-01T00:00:30Z'))).toMatchObject({
      runId: 'run-1',
      pipeline: 'own',
      target: 'shop',
    });
    expect(verifyRunToken(token, runTokenKey, new Date('2026-01-01T00:02:00Z'))).toBeUndefined();
  });

  it('has the same ids when its request is delivered again', async () => {
    const first = (await outputs(request())).map(idOf).sort();
    await world.tool('finder', 'echo another report');
    const again = await outputs({ ...request(), attempt: 2 });
    expect(again.map(idOf).sort()).toEqual(first);
    // What was handed over is not handed over once more.
    expect(finishedOf(again).tasks[1]).toMatchObject({
      task: 'finder',
      outcome: Outcome.SUCCEEDED,
      reportIds: ['report-of-finder'],
    });
    expect((await world.submitted())['finder']?.report).toBe('report\n');
  });

  it('fails when a task does, after the others are done', async () => {
    await world.component('broken', { tool: 'finder', scan: 'echo "no such rules" >&2; exit 7' });
    const { outcome, tasks } = finishedOf(await outputs(request({ components: ['broken', 'finder'] })));
    expect(outcomeNames.of(outcome)).toBe('failed');
    expect(tasks.map(({ task, outcome }) => [task, outcomeNames.of(outcome)])).toEqual([
      ['broken', 'failed'],
      ['finder', 'succeeded'],
    ]);
    expect(tasks[0]).toMatchObject({
      exitCode: 7,
      logTail: 'no such rules',
      reason: 'step scan failed with exit code 7: no such rules',
    });
  });

  it('runs the pipeline of its name with its params', async () => {
    const folder = join(world.root, 'pipelines/own');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'kustomization.yaml'), 'components: [../../components/finder]\n');
    await writeFile(
      join(folder, 'pipelinerun.yaml'),
      'apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: { name: own }\nspec:\n  params: [{ name: depth, value: "7" }]\n  workspaces: [{ name: source }]\n',
    );
    await world.tool('finder', 'echo "depth $DEPTH"');
    await outputs(request({ components: [] }));
    expect((await world.submitted())['finder']?.report).toBe('depth 7\n');
    await outputs(request({ runId: 'run-2', components: [], params: { depth: '9' } }));
    expect((await world.submitted())['finder']?.report).toBe('depth 9\n');
  });

  it('stores the target’s CODEOWNERS for the step that needs it', async () => {
    await mkdir(join(world.source, '.github'));
    await writeFile(join(world.source, '.github/CODEOWNERS'), '* @acme/shop\n');
    await outputs(
      request({
        steps: [
          { name: 'annotate', params: { team: 'shop', stage: 'live' }, outside: false },
          { name: 'codeowners', params: {}, outside: false },
        ],
      }),
    );
    expect(Buffer.from(blobs.get('sha256:owners') ?? []).toString()).toBe('* @acme/shop\n');
    expect((await world.submitted())['finder']?.args).toEqual([
      '--task=finder',
      '--step=annotate:team=shop,stage=live',
      '--step=codeowners:blob=sha256:owners',
      'report',
    ]);
  });

  it.each([
    ['there is none', async () => {}],
    [
      'it lies outside the target',
      async () => {
        await writeFile(join(world.root, 'outside'), 'secret');
        await symlink('../outside', join(world.source, 'CODEOWNERS'));
      },
    ],
  ])('leaves the step out when %s', async (_, prepare) => {
    await prepare();
    await outputs(request({ steps: [{ name: 'codeowners', params: {}, outside: false }] }));
    expect((await world.submitted())['finder']?.args).toEqual(['--task=finder', 'report']);
    expect(blobs.size).toBe(0);
  });

  it.each([
    ['a folder outside the roots', { sourcePath: '/usr' }, 'ASSAY_EXECUTOR_ROOTS'],
    ['a link that leads outside the roots', { sourcePath: 'link' }, 'ASSAY_EXECUTOR_ROOTS'],
    ['a folder that is not there', { sourcePath: '/nonexistent' }, 'There is no folder /nonexistent'],
    ['a file', { sourcePath: 'source/index.js' }, 'is a file'],
    ['no folder at all', { sourcePath: '' }, 'names no folder'],
    ['no target', { target: { name: '', kind: '' } }, 'names no target'],
    ['an unknown pipeline', { pipeline: 'other', components: [] }, 'There is no pipeline "other"'],
    [
      'a pipeline with a path for a name',
      { pipeline: '../components', components: [] },
      'There is no pipeline "../components"',
    ],
    [
      'an unknown component',
      { components: ['finder', 'fnider'] },
      'There is no component fnider; known are absent, finder, pythons',
    ],
    ['an unknown param', { params: { deep: '1' } }, 'no component has a param "deep"; known are depth'],
    [
      'a param that is not the asker’s to set',
      { params: { target: 'other' } },
      'param "target" is set by the executor',
    ],
    ['a step that cannot be said', { steps: [{ name: 'annotate', params: { a: 'b,c=d' } }] }, 'has a comma'],
  ])('ends at once, with a sentence, for %s', async (_, data, reason) => {
    await symlink('/usr', join(world.root, 'link'));
    const path =
      'sourcePath' in data && data.sourcePath && !data.sourcePath.startsWith('/')
        ? { sourcePath: join(world.root, data.sourcePath) }
        : {};
    const all = await outputs(request({ ...data, ...path } as Partial<RunRequested>));
    expect(all.map(idOf)).toEqual(['task.finished run-1/plan', 'run.finished run-1']);
    expect(all[0]?.data).toMatchObject({ reason: expect.stringContaining(reason) });
    expect(finishedOf(all)).toMatchObject({
      outcome: Outcome.ERROR,
      tasks: [{ reason: expect.stringContaining(reason) }],
    });
  });

  it('is given back when the executor stops: its tools are ended and the request comes again', async () => {
    const started = join(world.root, 'started');
    await world.tool('finder', `echo $$ >${started}.part; mv ${started}.part ${started}; sleep 600`);
    const running = outputs(request({ components: ['finder'] }));
    await until(() => existsSync(started));
    stop.abort();
    await expect(running).rejects.toThrow(Transient);
    await untilGone(Number(await readFile(started, 'utf8')));
    expect(await world.leftovers()).toEqual([]);
  });

  it('ends its tools when nobody takes its events any more', async () => {
    const started = join(world.root, 'started');
    await world.tool('finder', `echo $$ >${started}.part; mv ${started}.part ${started}; sleep 600`);
    const events = runPipeline(request({ components: ['finder'] }), context());
    for await (const { topic } of events) {
      if (topic.name !== 'task.started') continue;
      await until(() => existsSync(started));
      break;
    }
    await untilGone(Number(await readFile(started, 'utf8')));
  });
});

describe('an executor that is killed in mid-run', () => {
  it('leaves nothing at work after its next start, and the run begins again', async () => {
    const started = join(world.root, 'started');
    await world.tool('finder', `echo $$ >${started}.part; mv ${started}.part ${started}; sleep 600`);
    const script = join(world.root, 'executor.mts');
    await writeFile(script, processOf(world, request({ components: ['finder'] }).data));
    const child = spawn(process.execPath, [script], { stdio: 'inherit', env: {} });
    await until(() => existsSync(started));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const tool = Number(await readFile(started, 'utf8'));
    expect(() => process.kill(tool, 0)).not.toThrow();
    expect(await world.leftovers()).toHaveLength(1);

    const { sweepTaskFolders } = await import('./backends/local/task-folder.ts');
    // The parent's number is free once it has been waited for, which `exit` above says.
    expect(await sweepTaskFolders(world.home)).toBe(1);
    await untilGone(tool);
    expect(await world.leftovers()).toEqual([]);

    await rename(started, `${started}.before`);
    await world.tool('finder', 'echo report');
    const all = await outputs({ ...request({ components: ['finder'] }), attempt: 2 });
    expect(finishedOf(all)).toMatchObject({ outcome: Outcome.SUCCEEDED, runId: 'run-1' });
    expect(Object.keys(await world.submitted())).toEqual(['finder']);
  });
});

/** The same backend in a process of its own. */
function processOf({ home, places, cli, components, source }: TinyWorld, data: RunRequested): string {
  const backend = join(import.meta.dirname, 'backends/local/index.ts');
  const loader = join(import.meta.dirname, 'load-components.ts');
  const run = {
    runId: data.runId,
    pipeline: data.pipeline,
    target: data.target,
    revision: '',
    source: { folder: source },
    params: { target: 'shop' },
    token: 'token',
  };
  return `
import { localBackend } from ${JSON.stringify(backend)};
import { loadComponents } from ${JSON.stringify(loader)};
const [component] = (await loadComponents(${JSON.stringify(components)})).filter(({ name }) => name === 'finder');
const backend = localBackend({ ...${JSON.stringify({ home, places, cli })}, concurrency: 1, taskTimeoutMs: 600000, now: () => new Date() });
await backend.start({ ...${JSON.stringify(run)}, tasks: [{ name: 'finder', component }] });
for await (const _ of backend.watch('run-1'));
`;
}
