import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadComponents, toolOf } from '@assay/executor';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Ran, runCli } from '../testing/run-cli.ts';

let home: string;
const path = process.env['PATH'];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-tools-'));
  // A machine that has nothing of what tools are installed with.
  process.env['PATH'] = '/nonexistent';
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rm(home, { recursive: true });
});

function tools(argv: readonly string[], signal?: AbortSignal): Promise<Ran> {
  return runCli(['tools', ...argv], { env: { ASSAY_HOME: home }, ...(signal ? { signal } : {}) });
}

describe('assay tools install', () => {
  it('says what became of each, and counts them', async () => {
    const { code, out, err } = await tools(['install', 'eslint', 'bandit', 'npm-sbom', 'gitleaks']);
    expect(out.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'TOOL OUTCOME VERSION WHY WHERE',
      expect.stringMatching(/^eslint skipped comes with Assay \(npm eslint\) \/.*\/eslint$/),
      expect.stringMatching(/^bandit failed python3 is not on the PATH; install Python 3 /),
      'npm-sbom skipped npm is not installed: it comes with Node.js',
      'gitleaks failed go is not on the PATH; install Go (https://go.dev/dl) first.',
      '0 installed, 2 skipped, 2 failed',
      '',
    ]);
    expect(err).toContain('gitleaks: go is not on the PATH');
    expect(code).toBe(4);
  });

  it('takes "all" for every tool there is', async () => {
    const { code, out } = await tools(['install', 'all', '-o', 'json']);
    const ended = JSON.parse(out) as { name: string; outcome: string }[];
    const specs = (await loadComponents()).flatMap((component) => toolOf(component) ?? []);
    expect(ended.map(({ name, outcome }) => [name, outcome])).toEqual(
      specs.map(({ name, install }) => [name, 'version' in install ? 'failed' : 'skipped']),
    );
    expect(code).toBe(4);
  });

  it('is content where nothing is to be installed', async () => {
    expect(await tools(['install', 'eslint', 'secretlint'])).toMatchObject({ code: 0, err: '' });
  });

  it('knows its tools before it installs any', async () => {
    expect(await tools(['install', 'bandit', 'nope'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('There is no tool "nope"; known are bandit, '),
    });
  });

  it('ends as interrupted when it is', async () => {
    expect((await tools(['install', 'all'], AbortSignal.abort())).code).toBe(130);
  });
});
