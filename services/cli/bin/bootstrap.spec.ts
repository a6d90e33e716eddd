import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const repository = join(import.meta.dirname, '../../..');
let root: string;

const put = (path: string, content: string, mode = 0o644) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
};
const lines = (path: string) =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').trim().split('\n') : [];

const wanted = {
  '': { name: 'assay' },
  'libs/bus': { version: '1.0.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'services/cli/node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
  'node_modules/for-another-system': { version: '3.0.0', optional: true },
};
const installed = {
  'node_modules/a': wanted['node_modules/a'],
  'services/cli/node_modules/b': wanted['services/cli/node_modules/b'],
  'node_modules/added-by-hand': { version: '9.9.9' },
};
const note = (packages: object) => JSON.stringify({ packages });

// A repository in which npm, the pinned Node, nats-server and the generator are scripts that write down how they were
// called; the pinned Node says so on standard output and ends with 7.
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  for (const path of ['services/cli/bin', 'libs/bus/server'])
    cpSync(join(repository, path), join(root, path), { recursive: true });
  put('proto/assay/v1/event.proto', '');
  put('package-lock.json', note(wanted));
  put('node_modules/.package-lock.json', note(installed));
  put('node_modules/node/bin/node', '#!/bin/sh\necho "$@"\nexit 7\n', 0o755);
  put('libs/contracts/scripts/generate.mjs', generator);
  put('libs/contracts/generated/messages.ts', '');
  put('bin/nats-server', '#!/bin/sh\necho "nats-server: v2.12.3"\n', 0o755);
  put('npm-cli.js', npm(0));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const generator = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('generated.log', 'generated\\n');
mkdirSync('libs/contracts/generated', { recursive: true });
writeFileSync('libs/contracts/generated/messages.ts', '');
`;
const npm = (code: number) => `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
console.log('npm says something');
mkdirSync('node_modules/node/bin', { recursive: true });
writeFileSync('node_modules/node/bin/node', '#!/bin/sh\\necho "$@"\\nexit 7\\n', { mode: 0o755 });
process.exitCode = ${code};
`;

function start(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [join(root, 'services/cli/bin/bootstrap.mjs'), ...args], {
    env: { HOME: root, PATH: `${join(root, 'bin')}:/usr/bin:/bin`, npm_execpath: join(root, 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = start(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout: stdout.trim(), stderr: stderr.trim() };
}

const ci = 'ci --include=dev --ignore-scripts=false --no-audit --no-fund';

describe('npm start', () => {
  it('goes on with the pinned Node, passes arguments on and ends as it ends', async () => {
    expect(await run(['start', '--once', 'a b', '$HOME'])).toEqual({
      code: 7,
      stdout: 'services/cli/src/main.ts start --once a b $HOME',
      stderr: `nats-server 2.12.3: found on PATH (${join(root, 'bin/nats-server')})`,
    });
    expect(lines('npm.log')).toEqual([]);
    expect(lines('generated.log')).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['nothing is installed', () => rmSync(join(root, 'node_modules'), { recursive: true })],
    ['an installation was broken off', () => rmSync(join(root, 'node_modules/.package-lock.json'))],
    [
      'a package is missing',
      () => put('node_modules/.package-lock.json', note({ 'node_modules/a': wanted['node_modules/a'] })),
    ],
    [
      'a version was changed',
      () =>
        put('package-lock.json', note({ ...wanted, 'node_modules/a': { version: '1.0.1', integrity: 'sha512-c' } })),
    ],
  ])('installs quietly when %s', async (_, change) => {
    change();
    const { code, stdout, stderr } = await run(['start']);
    expect(lines('npm.log')).toEqual([ci]);
    expect(code).toBe(7);
    expect(stdout).toBe('services/cli/src/main.ts start');
    expect(stderr).toContain('installing dependencies');
    expect(stderr).not.toContain('npm says');
  });

  it('shows what npm wrote when it fails, and goes no further', async () => {
    rmSync(join(root, 'node_modules'), { recursive: true });
    put('npm-cli.js', npm(1));
    const { code, stdout, stderr } = await run(['start']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('npm says something');
    expect(stderr).toContain('assay: npm ci failed: exit code 1');
  });

  it.each<[string, () => void]>([
    ['missing', () => rmSync(join(root, 'libs/contracts/generated'), { recursive: true })],
    ['older than a proto file', () => utimesSync(join(root, 'libs/contracts/generated/messages.ts'), 1, 1)],
  ])('generates the wire contract when it is %s', async (_, change) => {
    change();
    expect(await run(['start'])).toMatchObject({ code: 7 });
    expect(lines('generated.log')).toEqual(['generated']);
  });

  it('says what is wrong with nats-server and goes no further', async () => {
    const { code, stdout, stderr } = await run(['start'], { ASSAY_NATS_SERVER: '/nowhere/nats-server' });
    expect(stderr).toContain('assay: ASSAY_NATS_SERVER is /nowhere/nats-server, but there is no such file');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('needs no nats-server of its own where one is given', async () => {
    expect(
      (await run(['start'], { ASSAY_NATS_URL: 'nats://user:secret@host', ASSAY_NATS_SERVER: '/nowhere' })).stderr,
    ).toBe('nats-server: the one at ASSAY_NATS_URL');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('hands %s on and waits for the end', async (signal) => {
    put(
      'node_modules/node/bin/node',
      `#!/bin/sh\ntrap 'echo got it; exit 3' ${signal.slice(3)}\necho ready\nwhile :; do sleep 0.05 & wait $!; done\n`,
      0o755,
    );
    const child = start(['start']);
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      if (stdout === 'ready\n') child.kill(signal);
    });
    const [code] = await once(child, 'close');
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'ready\ngot it\n' });
  });
});

describe('the other commands', () => {
  it('dev restarts on change', async () => {
    expect((await run(['dev', '--once'])).stdout).toBe(
      '--watch --watch-preserve-output services/cli/src/main.ts start --once',
    );
  });

  it('test runs the unit suite, given paths before the option that takes all that follows', async () => {
    expect((await run(['test', 'libs/bus', '-t', 'a b'])).stdout).toBe(
      '--experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js libs/bus -t a b --selectProjects unit',
    );
  });

  it.each([[[]], [['build']], [['constructor']]])('%j is none', async (args) => {
    expect(await run(args)).toEqual({ code: 1, stdout: '', stderr: 'assay: bootstrap knows start, dev, test' });
  });
});

describe('package-lock.json', () => {
  it('locks every optional dependency, of other systems too: npm ci refuses it otherwise', () => {
    const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});
