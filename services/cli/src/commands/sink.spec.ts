import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { against } from '../testing/against.ts';
import type { Exchange } from '../testing/scripted-gateway.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-run-'));
  await writeFile(join(folder, 'sinks.yaml'), 'name: a\ntype: stdout\n---\nname: b\ntype: file\n');
});

afterAll(() => rm(folder, { recursive: true }));

describe('assay sink', () => {
  it('adds every document of a file', async () => {
    const post: Exchange = { request: 'POST /api/v1/sinks', status: 201, answer: {} };
    const ran = await against([post, post], ['sink', 'add', join(folder, 'sinks.yaml')]);
    expect(ran).toMatchObject({ code: 0, out: 'sink a is there\nsink b is there\n' });
    expect(ran.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { name: 'a', type: 'stdout' },
      { name: 'b', type: 'file' },
    ]);
  });

  it.each([
    ['broken YAML', 'a: [', 'is no YAML'],
    ['no document', '# nothing\n', 'holds no sink'],
    ['a sink without a name', 'type: stdout', 'needs a name'],
    ['aliases that stand for too much', `a: &a [x]\nb: [${'*a,'.repeat(200)}]\nname: x`, ''],
  ])('refuses %s before anything is sent', async (_, stdin, sentence) => {
    const ran = await against([], ['sink', 'add', '-'], { stdin });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(sentence);
  });

  it('replays and removes', async () => {
    const replayed = await against(
      [{ request: 'POST /api/v1/sinks/a/replay', status: 202, answer: {} }],
      ['sink', 'replay', 'a', '--from', '12'],
    );
    expect(JSON.parse(replayed.received[0]?.body ?? '')).toEqual({ from: 12 });
    expect(await against([{ request: 'DELETE /api/v1/sinks/a', status: 204 }], ['sink', 'rm', 'a'])).toMatchObject({
      code: 0,
    });
  });

  it.each([
    ['took the sample in 7 ms', { outcome: 'delivered', tookMs: 7 }, [], 0],
    ['refused the sample: no\\x1b[2J way', { outcome: 'refused', reason: 'no\u001b[2J\nway', tookMs: 7 }, [], 2],
    ['would be tried again: busy', { outcome: 'failed', reason: 'busy', tookMs: 7 }, [], 3],
    ['would be given:\n{\n"a":1}', { outcome: 'dry', preview: '{\n"a":1}', tookMs: 7 }, ['--dry-run'], 0],
    [
      '{"outcome":"refused","reason":"no","tookMs":7}',
      { outcome: 'refused', reason: 'no', tookMs: 7 },
      ['-o', 'json'],
      2,
    ],
  ])('tells what became of a sample: %s', async (line, answer, options, code) => {
    const ran = await against([{ request: 'POST /api/v1/sinks/a/test', answer }], ['sink', 'test', 'a', ...options]);
    expect(ran.out).toContain(line);
    expect(ran.code).toBe(code);
    const dryRun = options.some((option) => option === '--dry-run');
    expect(JSON.parse(ran.received[0]?.body ?? '')).toEqual({ dryRun, fixed: false });
  });

  it('asks for a sample that is fixed', async () => {
    const exchange = { request: 'POST /api/v1/sinks/a/test', answer: { outcome: 'delivered', tookMs: 1 } };
    const ran = await against([exchange], ['sink', 'test', 'a', '--fixed']);
    expect(JSON.parse(ran.received[0]?.body ?? '')).toEqual({ dryRun: false, fixed: true });
  });
});
