import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from './home.ts';

interface Taker {
  child: ChildProcessByStdio<Writable, Readable, null>;
  lines: AsyncIterator<string>;
}

const takers: Taker[] = [];
let home: Home;

beforeAll(async () => {
  for (let count = 0; count < 8; count++) {
    const script = join(import.meta.dirname, '../testing/take-home.ts');
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    takers.push({ child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() });
  }
  await heard();
});

afterAll(() => Promise.all(takers.map(ended)));

beforeEach(async () => {
  home = new Home(await mkdtemp(join(tmpdir(), 'assay-lock-')));
  await home.prepare();
});

afterEach(() => rm(home.folder, { recursive: true }));

const heard = () => Promise.all(takers.map(async ({ lines }) => (await lines.next()).value as string));

const ended = ({ child }: Taker) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.stdin.end();
  });

function tell(line: string): Promise<string[]> {
  for (const { child } of takers) child.stdin.write(`${line}\n`);
  return heard();
}

const gone = spawnSync(process.execPath, ['--version']).pid;
const left = (holder: object) => JSON.stringify({ id: 'a'.repeat(12), ...holder });

describe('the lock of a home', () => {
  it.each([
    ['a fresh one', undefined],
    ['one whose holder was killed', left({ pid: gone })],
    ['one whose holder’s pid a stranger has', left({ pid: process.pid, began: 'another time' })],
    ['one that was left empty', ''],
    ['one that was left half written', '{"pid":1,'],
  ])('has one holder when eight take at once: %s', async (_, content) => {
    for (let round = 0; round < 5; round++) {
      if (content !== undefined) await writeFile(home.path('run/lock'), content);
      const answers = await tell(home.folder);
      expect(answers.sort()).toEqual(['held', ...Array<string>(7).fill('home.locked')].sort());
      await tell('release');
      expect(await readdir(home.path('run'))).toEqual([]);
    }
  });

  it('has one holder when eight of one process take at once', async () => {
    await writeFile(home.path('run/lock'), left({ pid: gone }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => home.lock()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over from one who was killed while removing another’s', async () => {
    await writeFile(home.path('run/lock'), left({ pid: gone }));
    await writeFile(home.path(`run/lock.${'a'.repeat(12)}`), left({ pid: gone, id: 'b'.repeat(12) }));
    const release = await home.lock();
    await expect(home.lock()).rejects.toThrow(`process ${process.pid}`);
    await release();
    expect(await readdir(home.path('run'))).toEqual([]);
  });

  it('is given back by its holder only', async () => {
    const release = await home.lock();
    const others = left({ pid: process.pid });
    await writeFile(home.path('run/lock'), others);
    await release();
    await expect(home.lock()).rejects.toMatchObject({ code: 'home.locked' });
  });
});
