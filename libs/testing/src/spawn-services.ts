// Services as processes of their own, on one nats-server and one store: what a cluster does, on one machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startNats, type TestNats } from './start-nats.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

// As in nx.json and the services' package.json. Compiled code with its types stripped is kept: a service starts in a third
// of the time and takes 25 MB less. Young objects get 8 MB: what is handled is garbage soon, and 16 (the default) only let
// the process grow; where most of it is buffers, which V8 frees with the young objects but does not count among them, less
// does for 30 to 80 MB less. One thread beside the main one: more only get in the way of other services. Buffers of
// 32 KB and more are mapped each by itself, and what is free goes back: among smaller ones, or in one arena a thread, they
// leave holes, 30 to 100 MB of them by the time a million findings went through.
const youngMb: Readonly<Record<string, number>> = { gateway: 1, consumer: 2 };
const flagsOf = (name: string) => ['--v8-pool-size=1', `--max-semi-space-size=${youngMb[name] ?? 8}`];
const tuning = {
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

export interface ServiceProcess {
  name: string;
  pid: number;
  /** Where /healthz, /readyz and /metrics are. */
  healthUrl: string;
  /** Every line it logged so far. */
  lines: string[];
  /** Ends with the exit code or signal. */
  exited: Promise<string>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a service and resolves when it is ready. Throws with its last lines when it ends before. */
export async function spawnService(name: string, env: Record<string, string>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...flagsOf(name), join(root, `services/${name}/src/main.ts`)], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...tuning, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const exited = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  const healthUrl = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const { msg, address } = parse(line);
        if (msg === 'health and metrics' && address) resolve(address);
      });
    }
    void exited.then((how) => reject(new Error(`${name} ended (${how}): ${lines.slice(-5).join('\n')}`)));
  });
  return { name, pid: child.pid ?? 0, healthUrl, lines, exited, kill: (signal) => end(child, signal, exited) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<string>): Promise<void> {
  child.kill(signal);
  await exited;
}

function parse(line: string): { msg?: string; address?: string } {
  try {
    return JSON.parse(line) as { msg?: string; address?: string };
  } catch {
    return {};
  }
}

export interface Deployment {
  nats: TestNats;
  home: string;
  /** The gateway's address and a token that may do everything. */
  url: string;
  token: string;
  /** Environment that every service was started with. */
  env: Record<string, string>;
  services: ServiceProcess[];
  start(name: string, more?: Record<string, string>): Promise<ServiceProcess>;
  stop(): Promise<void>;
}

const everything = ['ledger', 'consumer', 'enricher', 'producer', 'gateway'];

/** A nats-server and the named services (default: all but the executor), each a process, with a home of their own. */
export async function deploy(
  options: {
    services?: readonly string[];
    env?: Record<string, string>;
    syncAlways?: boolean;
    maxStoreBytes?: number;
  } = {},
): Promise<Deployment> {
  const home = await mkdtemp(join(tmpdir(), 'assay-deploy-'));
  const { maxStoreBytes } = options;
  const nats = await startNats({
    syncAlways: options.syncAlways ?? false,
    ...(maxStoreBytes ? { maxStoreBytes } : {}),
  });
  const token = randomBytes(24).toString('base64url');
  const tokenFile = join(home, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const env = {
    ASSAY_HOME: home,
    ASSAY_NATS_URL: nats.url,
    ASSAY_GATEWAY_PORT: '0',
    ASSAY_GATEWAY_TOKEN_FILE: tokenFile,
    ASSAY_RUN_TOKEN_KEY: randomBytes(24).toString('base64url'),
    ASSAY_ACK_WAIT_MS: '2000',
    ASSAY_LEASE_MS: '2000',
    ...options.env,
  };
  const deployment: Deployment = {
    nats,
    home,
    url: '',
    token,
    env,
    services: [],
    start: async (name, more = {}) => {
      const service = await spawnService(name, { ...env, ...more });
      deployment.services.push(service);
      return service;
    },
    stop: async () => {
      await Promise.all(deployment.services.map((service) => service.kill('SIGTERM')));
      await nats.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
  try {
    for (const name of options.services ?? everything) {
      const service = await deployment.start(name);
      if (name === 'gateway')
        deployment.url = service.lines.map((line) => parse(line) as { url?: string }).find(({ url }) => url)?.url ?? '';
    }
  } catch (error) {
    await deployment.stop();
    throw error;
  }
  return deployment;
}
