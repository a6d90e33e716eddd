// The embedded platform as a person starts it: a process of its own, with a home of its own and any free ports.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '@assay/bus/find-nats-server';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface TestHome {
  home: string;
  /** Environment in which `assay` and `node` are the project's. */
  env: Record<string, string>;
  /** Runs `assay` with these words. */
  assay(...words: string[]): Promise<Ran>;
  /** Runs a shell script as it stands, in the repository's root. */
  shell(script: string, more?: Record<string, string>): Promise<Ran>;
  /** Starts `assay` with these words (default "up") and resolves when the platform serves. */
  start(...words: string[]): Promise<PlatformProcess>;
  remove(): Promise<void>;
}

export interface PlatformProcess {
  pid: number;
  url: string;
  token: string;
  output(): string;
  exited: Promise<number | string>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A home folder that nobody has used. */
export async function newHome(more: Record<string, string> = {}): Promise<TestHome> {
  const home = await mkdtemp(join(tmpdir(), 'assay-home-'));
  const env = {
    HOME: home,
    ASSAY_HOME: join(home, '.assay'),
    PATH: [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    ASSAY_NATS_SERVER: (await findNatsServer()).path,
    ASSAY_GATEWAY_PORT: '0',
    ASSAY_NATS_PORT: '0',
    NO_COLOR: '1',
    ...more,
  };
  const main = join(root, 'services/cli/src/main.ts');
  const started: PlatformProcess[] = [];
  return {
    home,
    env,
    assay: (...words) => run(process.execPath, [main, ...words], env),
    shell: (script, extra = {}) => run('bash', ['-euo', 'pipefail', '-c', script], { ...env, ...extra }),
    start: async (...words) => {
      const platform = await startProcess([main, ...(words.length ? words : ['up'])], env);
      started.push(platform);
      return platform;
    },
    remove: async () => {
      // A spec that failed has left its platform running.
      for (const platform of started) await platform.kill();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function run(command: string, args: readonly string[], env: Record<string, string>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ran = { code: 0, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      ran.stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      ran.stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ ...ran, code: code ?? (signal ? 128 : 1) }));
  });
}

async function startProcess(args: readonly string[], env: Record<string, string>): Promise<PlatformProcess> {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const exited = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code ?? 0)),
  );
  const serves = new Promise<void>((resolve) =>
    child.stdout.on('data', () => output.includes('Assay serves at') && resolve()),
  );
  const how = await Promise.race([serves, exited]);
  if (how !== undefined) throw new Error(`assay ${args.slice(1).join(' ')} ended (${how}): ${output}`);
  const home = env['ASSAY_HOME'] ?? '';
  const { url, tokenFile } = JSON.parse(await readFile(join(home, 'run/instance.json'), 'utf8')) as {
    url: string;
    tokenFile: string;
  };
  return {
    pid: child.pid ?? 0,
    url,
    token: (await readFile(tokenFile, 'utf8')).trim(),
    output: () => output,
    exited,
    kill: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}
