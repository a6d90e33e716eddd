// What the README shows is run as it stands there.
import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newHome, type PlatformProcess, root, type TestHome } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codeBlock, submitCritical } from './readme-block.suite.ts';

let home: TestHome;
let platform: PlatformProcess;
let environment: string;

beforeAll(async () => {
  home = await newHome();
  platform = await home.start('up');
  // The first block: what every other one needs.
  environment = 'eval "$(npx assay env)"';
  expect(await readFile(join(root, 'README.md'), 'utf8')).toContain(environment);
});
afterAll(async () => {
  await platform?.kill();
  await home?.remove();
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${platform.token}` } });
  return (await response.json()) as T;
}

async function untilAssessed(target: string): Promise<{ target: string; phase: string }> {
  for (;;) {
    const { items } = await get<{ items: { target: string; phase: string }[] }>(
      `/api/v1/runs?target=${encodeURIComponent(target)}`,
    );
    const run = items.find(({ phase }) => phase === 'assessed');
    if (run) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const count = async (target: string) =>
  (await get<{ items: unknown[] }>(`/api/v1/findings?limit=1000&target=${target}`)).items.length;

/** Runs a block in the repository's root as a file of its own, like a person who pasted it. */
async function runNode(name: string, onOutput?: (text: string) => boolean): Promise<string> {
  const file = join(root, `.readme-${name}.mjs`);
  await writeFile(file, await codeBlock(name));
  const { stdout } = await home.shell('npx assay env -o json');
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env: { ...home.env, ...(JSON.parse(stdout) as Record<string, string>) },
  });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    if (onOutput?.(output)) child.kill();
  });
  await ended;
  await rm(file, { force: true });
  return output;
}

describe('the README', () => {
  it.each([
    ['curl', 'govwa', 21],
    ['cloudevent-binary', 'hello', 0],
  ])('block %s brings a report in', async (name, target, findings) => {
    const ran = await home.shell(`${environment}\n${await codeBlock(name)}`);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    await untilAssessed(target);
    expect(await count(target)).toBe(findings);
  });

  it('block cloudevent-structured asks for a run', async () => {
    const ran = await home.shell(`${environment}\n${await codeBlock('cloudevent-structured')}`);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    await untilAssessed('shop');
    expect(await count('shop')).toBeGreaterThan(5);
  });

  it('block nats brings a report in by a message', async () => {
    const { items: before } = await get<{ items: unknown[] }>('/api/v1/runs?target=govwa');
    expect(await runNode('nats')).toBe('');
    for (;;) {
      const { items } = await get<{ items: { phase: string }[] }>('/api/v1/runs?target=govwa');
      if (items.length === before.length + 1 && items.every(({ phase }) => phase === 'assessed')) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await count('govwa')).toBe(21);
  });

  it('block subscriber-node tells of new critical findings', async () => {
    // Something critical, again and again under new names, until the subscriber is there to see it.
    let round = 0;
    const timer = setInterval(() => void submitCritical(platform, `critical-${round++}`), 300);
    const output = await runNode('subscriber-node', (text) => text.includes('\n'));
    clearInterval(timer);
    expect(output).toMatch(/^CVE-2021-44228 .*log4j/m);
  });
});
