// What Assay needs of the machine: Node, its packages, a nats-server, a folder of its own, room and free ports.
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { explain } from '@assay/contracts/errors';
import { homeFolder, type Instance } from '../connection.ts';
import type { Env } from '../io.ts';
import { broken, type Diagnosis, ok, optional } from './check.ts';

const leastNode = 24;
const gib = 1024 ** 3;
/** How long a nats-server may take to answer. */
const timeoutMs = 2000;

export function checkNode(version: string): Diagnosis {
  return Number.parseInt(version, 10) >= leastNode
    ? ok('node', version)
    : broken(
        'node',
        `${version} is older than ${leastNode}`,
        'run `npm ci` in Assay’s folder and start it by `npx assay`: it brings its own Node',
      );
}

/** `names`: packages that must resolve from here. */
export function checkPackages(names: readonly string[], resolve: (name: string) => string): Diagnosis {
  const missing = names.filter((name) => {
    try {
      resolve(name);
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0
    ? ok('packages', `${names.length} found`)
    : broken('packages', `${missing.join(', ')} cannot be found`, 'run `npm ci` in Assay’s folder');
}

export async function checkNatsServer(env: Env): Promise<Diagnosis> {
  if (env['ASSAY_NATS_URL']) return connectTo(env['ASSAY_NATS_URL'], env['ASSAY_NATS_CREDENTIALS']);
  const { describeNatsServer, findNatsServer } = await import('@assay/bus/find-nats-server');
  try {
    return ok('nats-server', describeNatsServer(await findNatsServer({ env: { ...env }, install: false })));
  } catch (error) {
    return broken(
      'nats-server',
      explain(error),
      '`npm start` fetches one; or install 2.9 or newer and put it on the PATH or into ASSAY_NATS_SERVER',
    );
  }
}

async function connectTo(url: string, credentialsFile: string | undefined): Promise<Diagnosis> {
  const { connectBus } = await import('@assay/bus');
  try {
    const bus = await connectBus({
      url,
      name: 'assay/doctor',
      credentialsFile: credentialsFile || undefined,
      timeoutMs,
    });
    await bus.close({ atOnce: true });
    return ok('nats-server', `${bus.serverVersion} answers at ASSAY_NATS_URL`);
  } catch (error) {
    return broken(
      'nats-server',
      explain(error),
      'set ASSAY_NATS_URL and ASSAY_NATS_CREDENTIALS right, or unset them: `npm start` brings its own',
    );
  }
}

export async function checkHome(env: Env): Promise<Diagnosis> {
  const folder = homeFolder(env);
  const found = await stat(folder).catch(() => undefined);
  if (!found) {
    const parent = await nearestFolder(folder);
    return (await isWritable(parent))
      ? ok('home', `${folder} will be made on the first start`)
      : broken(
          'home',
          `${folder} is not there and ${parent} cannot be written`,
          'set ASSAY_HOME to a folder that you can write',
        );
  }
  if (!found.isDirectory() || !(await isWritable(folder)))
    return broken(
      'home',
      `${folder} cannot be written`,
      `chown -R "$USER" ${folder}, or set ASSAY_HOME to another folder`,
    );
  for (const part of ['secrets', 'run']) {
    const path = join(folder, part);
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
    if (mode & 0o077) return broken('home', `${path} can be read by others on this machine`, `chmod 700 ${path}`);
  }
  return ok('home', folder);
}

export async function checkDisk(env: Env): Promise<Diagnosis> {
  const folder = await nearestFolder(homeFolder(env));
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / gib;
  const detail = `${free.toFixed(1)} GiB free at ${folder}`;
  return free >= 1
    ? ok('disk', detail)
    : broken('disk', detail, 'make room: at least 1 GiB, or set ASSAY_HOME to a folder on another disk');
}

/** Free, or taken by the instance that runs from this home. */
export async function checkPort(
  name: string,
  variable: string,
  port: number,
  instance: Instance | undefined,
): Promise<Diagnosis> {
  const label = `port ${port}`;
  const ours = [instance?.url, instance?.natsUrl].some((url) => URL.parse(url ?? '')?.port === String(port));
  if (ours) return ok(label, `${name} of the platform that runs (process ${instance?.pid})`);
  const taken = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(undefined)));
  });
  if (!taken) return ok(label, `free for the ${name}`);
  if (taken.code === 'EADDRINUSE')
    return broken(
      label,
      `taken by another program; the ${name} wants it`,
      `end that program, or set ${variable} to another port`,
    );
  return broken(label, explain(taken), `set ${variable} to a port that you may use`);
}

export async function toolDiagnoses(env: Env): Promise<Diagnosis[]> {
  const { listTools, loadComponents, toolPlaces } = await import('@assay/executor');
  const tools = await listTools(await loadComponents(), toolPlaces(homeFolder(env)));
  return tools.map((tool) =>
    tool.isPresent
      ? ok(`tool ${tool.name}`, `${tool.version} at ${tool.path}`)
      : optional(`tool ${tool.name}`, 'missing: scans skip it and say so', tool.repair),
  );
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory() || dirname(folder) === folder) return folder;
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
