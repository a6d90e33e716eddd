import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outcome, outcomeNames, Skip } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PlannedRun, PlannedTask, TaskEnd } from '../../backend.ts';
import { collect, endsOf, type TinyWorld, tinyWorld, until, untilGone } from '../../testing/tiny-tools.ts';
import { localBackend } from './index.ts';
import { sweepTaskFolders } from './task-folder.ts';

const token = 'assay-run.secret.signature';
let world: TinyWorld;
beforeEach(async () => {
  world = await tinyWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

const backend = (options: { concurrency?: number; taskTimeoutMs?: number } = {}) =>
  localBackend({ ...world, concurrency: 2, taskTimeoutMs: 20_000, now: () => new Date(0), ...options });

const runOf = (tasks: readonly PlannedTask[], params = {}): PlannedRun => ({
  runId: 'run-1',
  pipeline: 'scan',
  target: { name: 'shop', kind: 'repository' },
  revision: '',
  source: { folder: world.source },
  tasks,
  params: { target: 'shop', ...params },
  token,
});

async function endOf(
  name: string,
  options: Parameters<TinyWorld['component']>[1] = {},
  settings = {},
): Promise<TaskEnd> {
  const component = await world.component(name, options);
  const local = backend(settings);
  await local.start(runOf([{ name, component }]));
  const updates = await collect(local.watch('run-1'));
  expect(updates.map(({ kind, task }) => [kind, task])).toEqual([
    ['started', name],
    ['finished', name],
  ]);
  const [ended] = endsOf(updates);
  if (!ended) throw new Error('no end');
  return ended.end;
}

describe('a task on this machine', () => {
  it.each([
    ['skipped', '    assay.dev/skip-code: "69"', 'there is no such service'],
    ['failed', '', 'step scan failed with exit code 69: there is no such service'],
  ])('is %s where the tool cannot be used and the task says %j', async (outcome, annotations, reason) => {
    const end = await endOf('finder', { scan: 'echo "there is no such service" >&2; exit 69', annotations });
    expect([outcomeNames.of(end.outcome), end.reason]).toEqual([outcome, reason]);
    expect(await world.submitted()).toEqual({});
  });

  it('hands over the report, says its id and leaves nothing behind', async () => {
    await world.tool('finder', 'echo found-$(ls)');
    const end = await endOf('finder');
    expect(end).toMatchObject({
      outcome: Outcome.SUCCEEDED,
      reason: '',
      exitCode: 0,
      logTail: '',
      reportIds: ['report-of-finder'],
    });
    expect((await world.submitted())['finder']?.report).toBe('found-index.js\n');
    expect(await world.leftovers()).toEqual([]);
    expect(await readdir(world.source)).toEqual(['index.js']);
  });

  // `tool` is what the scanner does; `scan` how the task reads its exit code.
  const seven = 'finder >"$REPORT" || [ $? -eq 7 ]';
  it.each([
    ['findings, told by its exit code', 'echo 3; exit 7', seven, 'succeeded', '', 0],
    ['another exit code', 'echo 3; echo "no rules" >&2; exit 2', seven, 'failed', 'exit code 1: no rules', 1],
    [
      'a failure that looks clean',
      'exit 0',
      `${seven}\n[ -s "$REPORT" ] || { echo "wrote nothing" >&2; exit 70; }`,
      'failed',
      'exit code 70: wrote nothing',
      70,
    ],
    ['an empty report that nobody noticed', 'exit 0', seven, 'failed', 'step submit failed', 1],
    ['a tool that vanished', 'exit 0', 'vanished >"$REPORT"', 'failed', 'exit code 127', 127],
    ['a crash', 'kill -SEGV $$', 'exec finder', 'failed', 'exit code 139', 139],
  ])('ends as it should for %s', async (_, tool, scan, outcome, reason, exitCode) => {
    await world.tool('finder', tool);
    const end = await endOf('finder', { scan });
    expect(outcomeNames.of(end.outcome)).toBe(outcome);
    expect(end.reason).toContain(reason);
    expect(end.exitCode).toBe(exitCode);
    expect(await world.leftovers()).toEqual([]);
  });

  it('is ended with all it started once its time is up', async () => {
    const pidFile = join(world.root, 'pid');
    await world.tool('sleeper', `sleep 600 & echo $! >${pidFile}; trap '' TERM; sleep 600`);
    const end = await endOf('sleeper', {}, { taskTimeoutMs: 1000 });
    expect(end).toMatchObject({ outcome: Outcome.ERROR, reason: expect.stringContaining('time limit of 1 s') });
    const pid = Number(await readFile(pidFile, 'utf8'));
    await untilGone(pid);
  });

  it('does not wait for what a tool left running in the background', async () => {
    const pidFile = join(world.root, 'pid');
    await world.tool('forker', `sleep 600 & echo $! >${pidFile}; echo report`);
    expect((await endOf('forker')).outcome).toBe(Outcome.SUCCEEDED);
    const pid = Number(await readFile(pidFile, 'utf8'));
    await untilGone(pid);
  });

  it('keeps only the end of a huge output, without secrets', async () => {
    await world.tool(
      'chatty',
      'yes "noise noise noise" | head -c 30000000 >&2; echo; echo "token ghp_abcdefghijklmnopqrstuvwxyz0123456789" >&2; cat "$HOME/../credentials/token" >&2; echo >&2; echo "the end" >&2; exit 3',
    );
    const end = await endOf('chatty');
    expect(end.reason).toBe('step scan failed with exit code 3: the end');
    expect(Buffer.byteLength(end.logTail)).toBeLessThanOrEqual(4096);
    expect(end.logTail).toMatch(/token \[redacted\]\n\[redacted\]\nthe end$/);
    expect(end.logTail).not.toContain(token);
  });

  it('sees a clean environment and is given params by it, whatever is in them', async () => {
    process.env['ASSAY_RUN_TOKEN_KEY'] = 'not for tools';
    try {
      await world.tool('looker', 'env; pwd');
      const component = await world.component('looker', { scan: 'looker >"$REPORT"; printf %s "$DEPTH" >>"$REPORT"' });
      const local = backend();
      const depth = '1"; touch /tmp/owned; $(touch owned) `touch owned` \'';
      await local.start(runOf([{ name: 'looker', component }], { depth, steps: ['--step=a b', '--step=$(c)'] }));
      await collect(local.watch('run-1'));
      const { report, args } = (await world.submitted())['looker'] ?? { report: '', args: [] };
      const names = [...report.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name).sort();
      expect(names).toEqual(['DEPTH', 'HOME', 'LANG', 'PATH', 'PWD', 'REPORT', 'TMPDIR']);
      expect(report).toContain(`\n${world.source}\n`);
      expect(report.endsWith(depth)).toBe(true);
      expect(args).toEqual(['--task=looker', '--step=a b', '--step=$(c)', 'report']);
      expect(await readdir(world.source)).toEqual(['index.js']);
    } finally {
      delete process.env['ASSAY_RUN_TOKEN_KEY'];
    }
  });

  it('fails with a sentence when a param it needs is missing', async () => {
    const component = await world.component('finder');
    const local = backend();
    await local.start({ ...runOf([{ name: 'finder', component }]), params: {} });
    const [last] = endsOf(await collect(local.watch('run-1')));
    expect(last?.end).toMatchObject({
      outcome: Outcome.FAILED,
      reason: expect.stringContaining('param "target" has no value'),
    });
  });

  it('shows the run’s token to the step that lists the credentials, and to no other', async () => {
    const scan = 'ls "$(dirname "$REPORT")/../credentials" >"$REPORT"; echo end >>"$REPORT"';
    expect(await endOf('peeper', { scan, isIsolated: true })).toMatchObject({ outcome: Outcome.SUCCEEDED });
    const { peeper } = await world.submitted();
    expect([peeper?.report, peeper?.env['ASSAY_TOKEN_FILE']]).toEqual(['end\n', expect.stringMatching(/token$/)]);
  });

  it('may have no report to hand over', async () => {
    expect(await endOf('notifier', { scan: 'true', submit: false })).toMatchObject({
      outcome: Outcome.SUCCEEDED,
      reportIds: [],
    });
  });
});

describe('a run on this machine', () => {
  it('says that a skipped task is skipped, and why, and runs the others', async () => {
    await world.tool('finder', 'echo report');
    const component = await world.component('finder');
    const local = backend();
    await local.start(
      runOf([
        { name: 'missing', component, skip: { why: Skip.NOT_INSTALLED, reason: 'missing is not installed' } },
        { name: 'finder', component },
      ]),
    );
    const updates = await collect(local.watch('run-1'));
    const ends = endsOf(updates).map(({ task, end }) => [task, outcomeNames.of(end.outcome), end.reason]);
    expect(ends.sort()).toEqual([
      ['finder', 'succeeded', ''],
      ['missing', 'skipped', 'missing is not installed'],
    ]);
    expect(updates.filter(({ task }) => task === 'missing')).toHaveLength(1);
  });

  it('never has more tasks at work than it may', async () => {
    const busy = join(world.root, 'busy');
    await mkdir(busy);
    await world.tool('counter', `f=$(mktemp ${busy}/XXXXXX); ls ${busy} | wc -l; sleep 0.05; rm $f`);
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    const tasks = await Promise.all(
      names.map(async (name) => ({ name, component: await world.component(name, { scan: 'counter >"$REPORT"' }) })),
    );
    const local = backend({ concurrency: 2 });
    await local.start(runOf(tasks));
    await collect(local.watch('run-1'));
    const counts = Object.values(await world.submitted()).map(({ report }) => Number(report));
    expect(counts).toHaveLength(6);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  });

  it('is cancelled: what works is ended, what waits never begins', async () => {
    const started = join(world.root, 'started');
    await world.tool('sleeper', `touch ${started}; sleep 600`);
    const component = await world.component('sleeper');
    const local = backend({ concurrency: 1 });
    await local.start(
      runOf([
        { name: 'first', component },
        { name: 'second', component },
      ]),
    );
    const all = collect(local.watch('run-1'));
    await until(() => existsSync(started));
    await local.cancel('run-1', 'enough');
    const outcomes = endsOf(await all).map(({ task, end }) => [task, outcomeNames.of(end.outcome)]);
    expect(outcomes).toEqual([
      ['first', 'cancelled'],
      ['second', 'cancelled'],
    ]);
    expect(await world.leftovers()).toEqual([]);
  });
});

describe('what a killed executor left behind', () => {
  it('is cleared away on the next start, and nobody else’s', async () => {
    const folder = join(world.home, 'run/tasks');
    // No process has this number: it is above every system's limit.
    const gone = join(folder, '99999999-abc');
    const ours = join(folder, `${process.pid}-abc`);
    for (const path of [gone, ours]) {
      await mkdir(join(path, 'output'), { recursive: true });
      await writeFile(join(path, 'output/report'), 'secret');
    }
    // A process of somebody else that has the number now.
    await writeFile(join(gone, 'group'), String(process.pid));
    expect(await sweepTaskFolders(world.home)).toBe(1);
    expect(await readdir(folder)).toEqual([`${process.pid}-abc`]);
  });

  it('is nothing where no task ever ran', async () => {
    expect(await sweepTaskFolders(world.home)).toBe(0);
  });
});
