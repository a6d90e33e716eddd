// The README's subscriber in Python, as it stands there.
import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newHome, type PlatformProcess, preparePython, root, type TestHome } from '@assay/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { codeBlock, submitCritical } from './readme-block.suite.ts';

let home: TestHome;
let platform: PlatformProcess;
let python: string;
const file = join(root, '.readme-critical.py');

beforeAll(async () => {
  python = preparePython(join(root, 'examples/steps/age/requirements.txt'));
  home = await newHome();
  platform = await home.start('up');
  await writeFile(file, await codeBlock('subscriber-python'));
}, 300_000);
afterAll(async () => {
  await rm(file, { force: true });
  await platform?.kill();
  await home?.remove();
});

it('tells of new critical findings', async () => {
  const { stdout } = await home.assay('env', '-o', 'json');
  const child = spawn(python, [file], {
    cwd: root,
    env: { ...home.env, ...(JSON.parse(stdout) as Record<string, string>) },
  });
  // Something critical, again and again under new names, until the subscriber is there to see it.
  let round = 0;
  const timer = setInterval(() => void submitCritical(platform, `critical-${round++}`), 300);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const line = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('close', () => resolve(errors));
  });
  clearInterval(timer);
  child.kill();
  expect(line).toMatch(/^CVE-2021-44228 .*log4j/);
});
