// Finds nats-server or fetches it: the path in ASSAY_NATS_SERVER, what was fetched before, PATH, the official release
// by its pinned checksum, `go install` of a pinned version, Debian's package. Plain JavaScript for Node 20, because
// `npm start` needs it before anything else is there. As a program it prints the path.
import { access, constants, copyFile, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { downloadRelease } from './download-release.mjs';
import { pins as defaultPins, oldestVersion } from './pins.mjs';
import { runCommand } from './run-command.mjs';
import { addToCache, cachedServers, oneAtATime } from './server-cache.mjs';

export class NatsServerMissing extends Error {
  constructor(attempts, platform) {
    const advice = platform === 'darwin' ? 'brew install nats-server' : 'sudo apt-get install nats-server';
    super(
      [
        'nats-server was not found and could not be fetched:',
        ...attempts.map(({ how, reason }) => `  ${how}: ${reason}`),
        `Install it (${advice}, or https://docs.nats.io/running-a-nats-service/introduction/installation) so that it is on PATH, or set ASSAY_NATS_SERVER to its path. ${oldestVersion} or newer will do.`,
      ].join('\n'),
    );
    this.name = 'NatsServerMissing';
    this.attempts = attempts;
  }
}

/** @type {typeof import('./find-nats-server.mjs').findNatsServer} */
export async function findNatsServer(options = {}) {
  const env = options.env ?? process.env;
  const home = env.ASSAY_HOME || join(env.HOME || homedir(), '.assay');
  const context = {
    env,
    cache: join(home, 'cache/nats-server'),
    pins: options.pins ?? defaultPins,
    target: `${options.platform ?? process.platform}-${{ x64: 'amd64' }[options.arch ?? process.arch] ?? options.arch ?? process.arch}`,
    limits: { connectMs: 5000, downloadMs: 180_000, goMs: 300_000, aptMs: 120_000, ...options.limits },
    log: options.log ?? (() => {}),
  };
  if (env.ASSAY_NATS_SERVER) return explicit(env.ASSAY_NATS_SERVER, context);
  const attempts = [];
  const found =
    (await attempt('cache', attempts, fromCache, context)) ?? (await attempt('PATH', attempts, fromPath, context));
  if (found) return { ...found, attempts };
  if (options.install !== false) {
    const fetched = await oneAtATime(
      context.cache,
      () => context.log('another process is fetching nats-server; waiting for it …'),
      () => fetchServer(context, attempts),
    );
    if (fetched) return { ...fetched, attempts };
  }
  throw new NatsServerMissing(attempts, options.platform ?? process.platform);
}

async function fetchServer(context, attempts) {
  const ways = {
    cache: fromCache,
    release: fromRelease,
    'go install': fromGo,
    apt: fromApt,
    'older cache': fromOlderCache,
  };
  for (const [how, way] of Object.entries(ways)) {
    // What another process fetched while this one waited was not there before.
    const found = await attempt(how, how === 'cache' ? [] : attempts, way, context);
    if (found) return found;
  }
  return undefined;
}

async function attempt(how, attempts, way, context) {
  try {
    const { path, version, how: installedBy } = await way(context);
    return { path, version, how: installedBy ?? how };
  } catch (error) {
    attempts.push({ how, reason: error.message });
    return undefined;
  }
}

/** What a person names is taken or refused, never replaced by something else. */
async function explicit(path, context) {
  try {
    return { path, version: await usableVersion(path, context), how: 'ASSAY_NATS_SERVER', attempts: [] };
  } catch (error) {
    throw new Error(`ASSAY_NATS_SERVER is ${path}, but ${error.message}. Correct it, or unset it to let one be found.`);
  }
}

async function fromCache(context) {
  const servers = await cachedServers(context.cache);
  // A server fetched under other pins gives way to what is pinned now.
  const current = servers.filter(({ pinned }) => pinned === pinnedNow(context));
  return firstUsable(
    current,
    context,
    servers.length ? 'holds only servers of an older pin' : 'nothing was fetched yet',
  );
}

async function fromOlderCache(context) {
  return firstUsable(await cachedServers(context.cache), context, 'is empty');
}

async function firstUsable(servers, context, none) {
  let reason = none;
  for (const { path } of servers) {
    try {
      return { path, version: await usableVersion(path, context) };
    } catch (error) {
      reason = `${path}: ${error.message}`;
    }
  }
  throw new Error(reason);
}

async function fromPath(context) {
  const reasons = [];
  for (const folder of (context.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, 'nats-server');
    try {
      await access(path, constants.X_OK);
    } catch {
      continue; // Most folders of PATH have none.
    }
    try {
      return { path, version: await usableVersion(path, context) };
    } catch (error) {
      reasons.push(`${path}: ${error.message}`);
    }
  }
  throw new Error(reasons.join('; ') || 'no nats-server on it');
}

function fromRelease(context) {
  const { release } = context.pins;
  return install(context, 'release', async (folder) => {
    const program = await downloadRelease(release, context.target, context.limits);
    await writeFile(join(folder, 'nats-server'), program, { mode: 0o755 });
  });
}

async function fromGo(context) {
  const version = context.pins.goVersion;
  const go = (args, env, timeoutMs) => runCommand('go', args, { env: { ...context.env, ...env }, timeoutMs });
  await go(['version'], {}, 10_000).catch((error) => {
    throw error.code === 'ENOENT' ? new Error('go is not installed') : error;
  });
  context.log(`building nats-server ${version} with go install (once, up to a few minutes) …`);
  return install(context, 'go install', (folder) =>
    // A -mod=vendor in somebody's GOFLAGS would forbid it.
    go(
      ['install', `github.com/nats-io/nats-server/v2@v${version}`],
      { GOBIN: folder, GOFLAGS: '-mod=mod' },
      context.limits.goMs,
    ),
  );
}

function fromApt(context) {
  const options = { env: context.env, timeoutMs: context.limits.aptMs };
  return install(context, 'apt', async (folder) => {
    const cwd = join(folder, 'package');
    await mkdir(cwd);
    await runCommand('apt-get', ['download', 'nats-server'], { ...options, cwd }).catch((error) => {
      if (error.code === 'ENOENT') throw new Error('this system has no apt-get');
      throw new Error(`${error.message} (an empty package list? sudo apt-get update)`);
    });
    const deb = (await readdir(cwd)).find((name) => name.endsWith('.deb'));
    if (!deb) throw new Error('apt-get download left no package');
    // Unpacked beside, not installed: it takes no root, and starts no system service.
    await runCommand('dpkg-deb', ['-x', join(cwd, deb), cwd], options);
    const [program] = await Promise.all(
      ['usr/sbin', 'usr/bin'].map((bin) => realpath(join(cwd, bin, 'nats-server')).catch(() => undefined)),
    ).then((paths) => paths.filter(Boolean));
    if (!program) throw new Error(`${deb} has no nats-server`);
    await copyFile(program, join(folder, 'nats-server'));
  });
}

async function install(context, how, make) {
  const added = await addToCache(context.cache, { how, pinned: pinnedNow(context) }, async (folder) => {
    await make(folder);
    return usableVersion(join(folder, 'nats-server'), context);
  });
  return { ...added, how };
}

function pinnedNow({ pins }) {
  return `${pins.release.version}/${pins.goVersion}`;
}

/** Its version; throws an Error when it is no nats-server that will do. */
async function usableVersion(path, { env }) {
  const output = await runCommand(path, ['--version'], { env, timeoutMs: 10_000 }).catch((error) => {
    throw new Error(error.code === 'ENOENT' ? 'there is no such file' : `it does not run: ${error.message}`);
  });
  const version = /nats-server: v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1];
  if (!version) throw new Error('it is no nats-server');
  if (version.localeCompare(oldestVersion, 'en', { numeric: true }) < 0) {
    throw new Error(`version ${version} is too old, ${oldestVersion} is needed`);
  }
  return version;
}

/** @type {typeof import('./find-nats-server.mjs').describeNatsServer} */
export function describeNatsServer({ path, version, how }) {
  const what = {
    cache: 'fetched earlier',
    'older cache': 'fetched earlier, for an older pin',
    release: 'downloaded the official release, checksum verified',
    'go install': 'built with go install',
    apt: 'unpacked the package of this system',
    PATH: 'found on PATH',
    ASSAY_NATS_SERVER: 'from ASSAY_NATS_SERVER',
  };
  return `nats-server ${version}: ${what[how] ?? how} (${path})`;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === (await realpath(process.argv[1]).catch(() => ''))) {
  try {
    const found = await findNatsServer({ log: (sentence) => console.error(sentence) });
    console.log(found.path);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
