import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type FindingRecord, InvalidInput, Transient } from '@assay/contracts';
import { beganOf } from '@assay/runtime/is-alive';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeliveryInfo, Log, Sink, SinkContext, SinkItem } from '../../sink.ts';
import { file } from './index.ts';

let root = '';
const sinks: Sink[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'assay-file-sink-'));
});
afterEach(async () => {
  await closeAll();
  await rm(root, { recursive: true });
});

const info: DeliveryInfo = { id: 'd', attempt: 1, signal: new AbortController().signal };

function contextOf(changes: Partial<SinkContext> = {}): SinkContext {
  return {
    name: 'spec',
    generation: 1,
    hasFindings: true,
    log: {} as Log,
    filesRoot: root,
    stdout: new PassThrough(),
    allowsPrivateAddresses: true,
    now: () => new Date(0),
    ...changes,
  };
}

async function open(config: Record<string, unknown> = {}, changes: Partial<SinkContext> = {}): Promise<Sink> {
  const sink = await file.open({ path: 'out', ...config }, {}, contextOf(changes));
  sinks.push(sink);
  return sink;
}

async function closeAll(): Promise<void> {
  for (const sink of sinks.splice(0)) await sink.close();
}

/** Opens again as a new process would after a crash: the lock of the old one is gone with it. */
async function reopen(config: Record<string, unknown> = {}, changes: Partial<SinkContext> = {}): Promise<Sink> {
  await closeAll();
  return open(config, changes);
}

function itemsOf(event: string, rules: string[], change: Partial<FindingRecord> = {}, order = event): SinkItem[] {
  return rules.map((rule, position) => ({
    id: `${event}:${rule}`,
    event: { id: event, type: 't', subject: 's', time: 'now', order },
    position,
    finding: { id: `id-${rule}`, target: 'shop', tool: 'gosec', rule, title: rule, severity: 'high', ...change },
  }));
}

const text = (name = 'out') => readFile(join(root, name), 'utf8');
const rules = async (name = 'out') =>
  (await text(name))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as FindingRecord).rule);

describe('a file of JSON lines', () => {
  it('has a line a finding, readable by nobody else', async () => {
    const sink = await open({ path: 'a/b/out.jsonl' });
    await sink.deliver(itemsOf('e1', ['a', 'b']), info);
    await sink.deliver(itemsOf('e2', ['c']), info);
    expect(await rules('a/b/out.jsonl')).toEqual(['a', 'b', 'c']);
    expect((await stat(join(root, 'a/b/out.jsonl'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'a/b/out.jsonl.state'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('writes nothing twice when an event comes again, in other batches and after a restart', async () => {
    const sink = await open();
    const [one, two] = [itemsOf('e1', ['a', 'b', 'c']), itemsOf('e2', ['d'])];
    await sink.deliver(one.slice(0, 2), info);
    await sink.deliver([...one, ...two], info);
    const again = await reopen();
    await again.deliver([...one, ...two, ...itemsOf('e3', ['e'])], info);
    expect(await rules()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([
    ['half a line', '{"id":"x","ru'],
    ['whole lines that were never acked', '{"rule":"x"}\n{"rule":"y"}\n'],
  ])('cuts off %s that a crash left behind', async (_, left) => {
    const sink = await open();
    await sink.deliver(itemsOf('e1', ['a']), info);
    await closeAll();
    await appendFile(join(root, 'out'), left);
    const again = await open();
    expect(await rules()).toEqual(['a']);
    await again.deliver(itemsOf('e2', ['b']), info);
    expect(await rules()).toEqual(['a', 'b']);
  });

  it.each([
    ['', ''],
    ['{"rule":"x"}\n', '{"rule":"x"}\n'],
    ['{"rule":"x"}\n{"ru', '{"rule":"x"}\n'],
    ['{"ru', ''],
    [`{"rule":"x"}\n${'y'.repeat(200_000)}`, '{"rule":"x"}\n'],
  ])('keeps whole lines of a file that was there before (%#)', async (before, kept) => {
    await writeFile(join(root, 'out'), before);
    await open();
    expect(await text()).toBe(kept);
  });

  it('goes on in another file that was put in its place', async () => {
    const sink = await open();
    await sink.deliver(itemsOf('e1', ['a', 'b', 'c', 'd']), info);
    await closeAll();
    await rename(join(root, 'out'), join(root, 'moved'));
    await writeFile(join(root, 'out'), '{"rule":"z"}\n'.repeat(100));
    const again = await open();
    await again.deliver(itemsOf('e2', ['e']), info);
    expect(await rules('moved')).toEqual(['a', 'b', 'c', 'd']);
    expect((await rules()).slice(-2)).toEqual(['z', 'e']);
  });

  it('writes everything again in a new generation, and nothing twice within it', async () => {
    const sink = await open();
    await sink.deliver(itemsOf('e1', ['a']), info);
    const replayed = await reopen({}, { generation: 2 });
    await replayed.deliver(itemsOf('e1', ['a']), info);
    await replayed.deliver(itemsOf('e1', ['a']), info);
    expect(await rules()).toEqual(['a', 'a']);
  });

  it('begins a new file when one is full, and keeps as many as it is told', async () => {
    const sink = await open({ maxBytes: 4096, keep: 2 });
    const long = 'x'.repeat(3000);
    for (const event of ['e1', 'e2', 'e3', 'e4']) await sink.deliver(itemsOf(event, [`${event}${long}`]), info);
    const starts = await Promise.all(
      ['out', 'out.1', 'out.2'].map(async (name) => (await rules(name))[0]?.slice(0, 2)),
    );
    expect(starts).toEqual(['e4', 'e3', 'e2']);
    expect((await readdir(root)).filter((name) => name.startsWith('out')).sort()).toEqual([
      'out',
      'out.1',
      'out.2',
      'out.lock',
      'out.state',
    ]);
  });

  it('loses no old line and doubles no new one when it dies right after a rotation', async () => {
    const sink = await open({ maxBytes: 4096 });
    const long = 'x'.repeat(3000);
    await sink.deliver(itemsOf('e1', [`1${long}`]), info);
    await closeAll();
    // Renamed, the new file begun and written, but the state not yet: the state still speaks of the old file.
    await rename(join(root, 'out'), join(root, 'out.1'));
    await writeFile(join(root, 'out'), '');
    const again = await open({ maxBytes: 4096 });
    await again.deliver(itemsOf('e1', [`1${long}`]), info);
    await again.deliver(itemsOf('e2', [`2${long}`]), info);
    expect((await rules('out.1')).map((rule) => rule[0])).toEqual(['1']);
    expect((await rules()).map((rule) => rule[0])).toEqual(['2']);
  });

  it('is written by one consumer at a time', async () => {
    await open();
    await expect(open()).rejects.toThrow(/held by another consumer/);
    await expect(open()).rejects.toBeInstanceOf(Transient);
    await reopen();
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 - 1 }, true],
    ['an earlier process of the same id', { began: 'before' }, true],
    ['a stranger that has its id by now', { pid: process.ppid, began: 'before' }, true],
    ['another one that runs', { pid: process.ppid, began: beganOf(process.ppid) }, false],
    ['another machine', { host: 'elsewhere' }, false],
  ])('takes the lock of %s: %j → %s', async (_, change, isTaken) => {
    const holder = { host: hostname(), pid: process.pid, began: beganOf(process.pid), id: 'x', ...change };
    await writeFile(join(root, 'out.lock'), JSON.stringify(holder));
    if (isTaken) await open();
    else await expect(open()).rejects.toThrow(/held by another consumer/);
  });
});

describe('a SARIF file', () => {
  const format = { format: 'sarif' };
  const results = async () => {
    const { runs } = JSON.parse(await text()) as { runs: { results: { ruleId: string; level: string }[] }[] };
    return runs.flatMap((run) => run.results.map(({ ruleId, level }) => `${ruleId} ${level}`));
  };

  it('is there from the start, and holds the latest state of each finding that is not fixed', async () => {
    const sink = await open(format);
    expect(await results()).toEqual([]);
    await sink.deliver(itemsOf('e1', ['a', 'b', 'c']), info);
    await sink.deliver(itemsOf('e2', ['a'], { severity: 'low' }), info);
    await sink.deliver(itemsOf('e3', ['b'], { transition: 'fixed' }), info);
    expect((await results()).sort()).toEqual(['a note', 'c error']);
  });

  it('goes on after a restart, and begins anew with a replay', async () => {
    const sink = await open(format);
    await sink.deliver(itemsOf('e1', ['a']), info);
    const again = await reopen(format);
    await again.deliver(itemsOf('e2', ['b']), info);
    expect(await results()).toEqual(['a error', 'b error']);
    const replayed = await reopen(format, { generation: 2 });
    await replayed.deliver(itemsOf('e2', ['b']), info);
    expect(await results()).toEqual(['b error']);
  });

  it('does not open again what was fixed when an older event comes late', async () => {
    const sink = await open(format);
    await sink.deliver(itemsOf('e2', ['a'], { transition: 'fixed' }, '2'), info);
    const again = await reopen(format);
    await again.deliver(itemsOf('e1', ['a'], {}, '1'), info);
    expect(await results()).toEqual([]);
  });

  it('tells findings of other targets apart', async () => {
    const sink = await open(format);
    await sink.deliver(itemsOf('e1', ['a']), info);
    await sink.deliver(itemsOf('e2', ['a'], { target: 'other' }), info);
    expect(await results()).toHaveLength(2);
  });

  it('refuses more findings than it may hold, and stays as it was', async () => {
    const sink = await open({ ...format, maxFindings: 2 });
    await sink.deliver(itemsOf('e1', ['a', 'b']), info);
    const before = await text();
    await expect(sink.deliver(itemsOf('e2', ['c']), info)).rejects.toThrow(/more than 2 findings: raise maxFindings/);
    expect(await text()).toBe(before);
    await sink.deliver(itemsOf('e3', ['a'], { severity: 'low' }), info);
    expect((await results()).sort()).toEqual(['a note', 'b error']);
  });

  it('is refused for events that hold no findings', async () => {
    await expect(open(format, { hasFindings: false })).rejects.toThrow(/holds findings/);
  });
});

describe('the path of a file', () => {
  it.each(['/etc/passwd', '../out', 'a/../../out', 'a/./out', 'a//out', 'a/', '.', '..', 'a\0b', 'a\\..\\b'])(
    'is refused when it is %j',
    async (path) => {
      await expect(open({ path })).rejects.toBeInstanceOf(InvalidInput);
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('leads through no link', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'assay-outside-'));
    await writeFile(join(outside, 'file'), 'precious');
    await symlink(outside, join(root, 'folder'));
    await symlink(join(outside, 'file'), join(root, 'file'));
    await symlink(join(outside, 'new'), join(root, 'dangling'));
    for (const path of ['folder/out', 'file', 'dangling']) {
      await expect(open({ path })).rejects.toThrow(/link/);
    }
    await writeFile(join(root, 'sound'), '');
    await symlink(join(outside, 'file'), join(root, 'sound.state'));
    await expect(open({ path: 'sound' })).rejects.toThrow(/link/);
    expect(await readdir(outside)).toEqual(['file']);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('precious');
    await rm(outside, { recursive: true });
  });

  it('may lie in a root that is a link itself', async () => {
    await mkdir(join(root, 'real'));
    await symlink(join(root, 'real'), join(root, 'link'));
    const sink = await open({}, { filesRoot: join(root, 'link') });
    await sink.deliver(itemsOf('e1', ['a']), info);
    expect(await rules('real/out')).toEqual(['a']);
  });

  it('is told when it is a folder', async () => {
    await mkdir(join(root, 'out'));
    await expect(open()).rejects.toThrow(/out cannot be opened/);
  });
});
