// The platform as it is deployed on a real cluster, at KUBECONFIG: applied, reached through a port of its own, and asked
// by the command line as people ask it. What the manifests name must be there: the images of this version.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Ran, type RunOptions, runCli } from '../testing/run-cli.ts';

export const root = join(import.meta.dirname, '../../../..');
/** Most bytes that a program may print. */
const maxBuffer = 64 * 1024 * 1024;

export const services = ['consumer', 'enricher', 'executor', 'gateway', 'ledger', 'producer'] as const;

const kubectlPath = process.env['ASSAY_TEST_KUBECTL'] || 'kubectl';

/** Runs a program to its end; what it printed. Rejects with what it said. */
export async function program(name: string, args: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)(name, [...args], { cwd: root, maxBuffer });
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${name} ${args.join(' ')}: ${stderr || stdout || String(error)}`);
  }
}

export function kubectl(...args: string[]): Promise<string> {
  return program(kubectlPath, args);
}

export function apply(manifest: string): Promise<string> {
  return program(kubectlPath, ['apply', '-f', '-'], manifest);
}

/** In one line why there is nothing to try on. */
export async function needCluster(): Promise<void> {
  if (!process.env['KUBECONFIG']) throw new Error('KUBECONFIG is not set: these specs need a cluster with Tekton');
  await kubectl('get', '--raw', '/apis/tekton.dev/v1').catch((error: Error) => {
    throw new Error(`the cluster at KUBECONFIG has no Tekton, or cannot be reached: ${error.message.split('\n')[0]}`);
  });
}

/** The suite deploys to and removes the namespaces that the manifests name: never those of somebody's platform. */
export async function needRoom(): Promise<void> {
  const there = await kubectl('get', 'namespace', 'assay', 'assay-runs', '--ignore-not-found', '-o', 'name');
  if (there.trim() !== '' && process.env['ASSAY_TEST_REPLACE'] !== 'true')
    throw new Error(
      'the namespaces assay and assay-runs are there already, and these specs would remove them: use another cluster, or set ASSAY_TEST_REPLACE=true',
    );
  await removeEverything();
}

/** Waits until every service says that it is ready; tells what was wrong where that does not come. */
export async function untilReady(): Promise<void> {
  try {
    for (const name of services)
      await kubectl('-n', 'assay', 'rollout', 'status', `deployment/${name}`, '--timeout=300s');
  } catch (error) {
    const pods = await kubectl('-n', 'assay', 'get', 'pods', '-o', 'wide');
    const events = await kubectl('-n', 'assay', 'get', 'events', '--sort-by=.lastTimestamp');
    const log = await kubectl('-n', 'assay', 'logs', 'job/assay-setup', '--tail=20').catch(() => '');
    throw new Error(`${error}\n${pods}\n${events.split('\n').slice(-25).join('\n')}\n${log}`);
  }
}

/** Removes all that was deployed, what belongs to the whole cluster too, and waits until it is gone. */
export async function removeEverything(): Promise<void> {
  const gone = ['--ignore-not-found', '--wait', '--timeout=300s'];
  await kubectl('delete', 'namespace', 'assay', 'assay-runs', ...gone);
  await kubectl('delete', '-k', 'deploy/kustomize/overlays/small', ...gone);
}

/** A platform in reach: through `kubectl port-forward`, which lives as long as the gateway's pod. */
export class Deployed {
  readonly #folder: string;
  #forward: ChildProcess | undefined;
  #env: Record<string, string> = {};
  #isClosed = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async reach(): Promise<Deployed> {
    const deployed = new Deployed(await mkdtemp(join(tmpdir(), 'deployed-')));
    await deployed.#open();
    return deployed;
  }

  async #open(): Promise<void> {
    const secret = await kubectl('-n', 'assay', 'get', 'secret', 'assay-gateway', '-o', 'jsonpath={.data.token}');
    const tokenFile = join(this.#folder, 'token');
    await writeFile(tokenFile, Buffer.from(secret, 'base64'), { mode: 0o600 });
    const port = await this.#listen();
    this.#env = { ASSAY_URL: `http://127.0.0.1:${port}`, ASSAY_TOKEN_FILE: tokenFile };
  }

  async #listen(): Promise<string> {
    const child = spawn(kubectlPath, ['-n', 'assay', 'port-forward', 'service/gateway', ':7077'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#forward = child;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.once('exit', (code) => reject(new Error(`kubectl port-forward ended with ${code}`)));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port) resolve(port);
    });
    return promise;
  }

  /** The command line, asked as people ask it. */
  assay(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return runCli(args, { cwd: root, ...options, env: { ...this.#env, ...options.env } });
  }

  /** Its output as JSON; rejects where it did not end with 0. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    const { code, out, err } = await this.assay([...args, '-o', 'json'], options);
    if (code !== 0) throw new Error(`assay ${args.join(' ')} ended with ${code}: ${err}\n${out.slice(0, 4000)}`);
    return JSON.parse(out) as T;
  }

  async stop(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forward?.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Asks until the answer is one; the spec's own time limit is the bound. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(1000);
  }
}
