// git with nothing of this machine's: no configuration but what is said here, no hooks, no prompt, no helper, and only
// the transports that a run may use.
import { spawn } from 'node:child_process';
import { Fault } from '@assay/contracts/errors';

/** Most of what git says that is kept. Bytes. */
const keptBytes = 64 * 1024;
/** Below this many bytes a second for a minute, a transfer counts as dead. */
const slow = { bytes: '100', seconds: '60' };

export interface GitOptions {
  /** The repository. */
  readonly folder: string;
  /** Where git finds its programs, proxies and certificates. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Configuration besides ours; a value here is on no command line. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** The whole command that ssh is started by. */
  readonly sshCommand?: string;
  readonly signal: AbortSignal;
}

export interface GitEnd {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

const passed = [
  'PATH',
  'HTTPS_PROXY',
  'https_proxy',
  'http_proxy',
  'ALL_PROXY',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'TMPDIR',
];

const config: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['credential.helper', ''],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['http.lowSpeedLimit', slow.bytes],
  ['http.lowSpeedTime', slow.seconds],
  // The top of a volume is not ours, only what is in it; this is read from nowhere but such variables.
  ['safe.directory', '*'],
];

/** Runs one git command. How it ended is in the result; throws Fault when there is no git, and the signal's reason. */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitEnd> {
  options.signal.throwIfAborted();
  const child = spawn('git', args, {
    cwd: options.folder,
    env: environment(options),
    // A group of its own: git's transports are processes besides.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  options.signal.addEventListener('abort', stop, { once: true });
  const [out, err] = [keep(child.stdout), keep(child.stderr)];
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    options.signal.throwIfAborted();
    return { exitCode, out: out(), err: err() };
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new Fault('git could not be started; install it or use the image that has it', {
      code: 'source.no-git',
      cause,
    });
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

function keep(stream: NodeJS.ReadableStream): () => string {
  let text = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    text = Buffer.concat([text, chunk]).subarray(-keptBytes);
  });
  return () => text.toString().trim();
}

function environment({ env, folder, config: more = [], sshCommand }: GitOptions): Record<string, string> {
  const given = passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const entries = [...config, ...more];
  return {
    ...Object.fromEntries(given),
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...(sshCommand === undefined ? {} : { GIT_SSH_COMMAND: sshCommand, GIT_SSH_VARIANT: 'ssh' }),
  };
}
