// Starts a nats-server of our own: for the embedded platform and for tests.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidInput, Transient } from '@assay/contracts';
import { compareVersions } from './connect.ts';
import { type BusUser, quote, usersConfig } from './users-config.ts';

export interface NatsServerOptions {
  binary: string;
  /** Its version, e.g. "2.15.2". */
  version: string;
  /** Folder for data, configuration and log; made when missing. */
  dir: string;
  host?: string;
  /** 0: any free one. */
  port: number;
  users?: readonly BusUser[];
  /** Bytes that JetStream may take on disk. */
  maxStoreBytes: number;
  /** Sync every message to disk before its PubAck, where the server can (2.10 and newer). Default true. */
  syncAlways?: boolean;
}

export interface NatsServer {
  /** "nats://127.0.0.1:4222", without credentials. */
  url: string;
  pid: number;
  /** Ends with the exit code or signal when the server does. */
  exited: Promise<string>;
  /** Lets it write what it has and ends it. */
  stop(): Promise<void>;
}

export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const host = options.host ?? '127.0.0.1';
  const port = options.port === 0 ? await freePort(host) : options.port;
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const file = join(options.dir, 'nats-server.conf');
  await endLeftover(options.dir, file);
  await writeFile(file, serverConfig({ ...options, host, port }), { mode: 0o600 });
  const logFile = join(options.dir, 'nats-server.log');
  // Each start begins a new log; the last one is kept beside it.
  await rename(logFile, `${logFile}.1`).catch(() => {});
  const log = await open(logFile, 'w', 0o600);
  // A group of its own: Ctrl-C is for us, who still need it while we end.
  const child = spawn(options.binary, ['-c', file], {
    stdio: ['ignore', log.fd, log.fd],
    cwd: options.dir,
    detached: true,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  await log.close();
  await untilReady(host, port, exited, logFile);
  return { url: `nats://${host}:${port}`, pid: child.pid ?? 0, exited, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

function pidFileOf(dir: string): string {
  return join(dir, 'nats-server.pid');
}

// Whoever started it was killed and left it behind: two servers must not write to one folder.
async function endLeftover(dir: string, configFile: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFileOf(dir), 'utf8').catch(() => ''), 10);
  // The number may belong to any other process by now.
  const isOurs = async () => Number.isInteger(pid) && (await commandOf(pid)).includes(configFile);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let round = 0; round < 200 && (await isOurs()); round++) {
      if (round === 0) process.kill(pid, signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The command line of a process; "" when there is none. */
async function commandOf(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // No such process, or a system without /proc.
    const listed = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined);
    return listed?.stdout ?? '';
  }
}

function serverConfig(options: NatsServerOptions & { host: string; port: number }): string {
  const isSynced = (options.syncAlways ?? true) && compareVersions(options.version, '2.10.0') >= 0;
  return [
    `host: ${quote(options.host)}`,
    `port: ${options.port}`,
    `server_name: assay`,
    `pid_file: ${quote(pidFileOf(options.dir))}`,
    // A claim check moves larger payloads into blobs; the rest is headers.
    `max_payload: 1MB`,
    `jetstream {`,
    `  store_dir: ${quote(join(options.dir, 'jetstream'))}`,
    `  max_file_store: ${options.maxStoreBytes}`,
    `  max_memory_store: ${64 * 1024 * 1024}`,
    ...(isSynced ? ['  sync_interval: always'] : []),
    `}`,
    ...(options.users?.length ? [usersConfig(options.users)] : []),
    '',
  ].join('\n');
}

async function untilReady(host: string, port: number, exited: Promise<string>, logFile: string): Promise<void> {
  let ended: string | undefined;
  void exited.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (ended !== undefined) throw await failure(ended, host, port, logFile);
    const log = await readFile(logFile, 'utf8');
    if (log.includes('Server is ready')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Transient(`nats-server did not become ready within 30 s: see ${logFile}`, { code: 'bus.server-slow' });
}

async function failure(how: string, host: string, port: number, logFile: string): Promise<Error> {
  const log = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-3).join(' | ');
  if (/address already in use/i.test(log)) {
    return new InvalidInput(
      `port ${port} on ${host} is in use: stop what listens there or set another port (ASSAY_NATS_PORT)`,
      { code: 'port.in-use' },
    );
  }
  return new InvalidInput(`nats-server ended at once (${how}): ${log}`, { code: 'bus.server-failed' });
}

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
