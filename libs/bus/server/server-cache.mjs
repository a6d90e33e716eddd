// Where fetched servers are kept: <cache>/<version>/nats-server, with a note of how it came and of what was pinned then.
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const unfinished = '.new-';

/** How long somebody else's fetching is waited for. Longer than all attempts together may take. */
const staleLockMs = 15 * 60_000;

/**
 * What is there, newest version first.
 * @param {string} cache
 * @returns {Promise<{ path: string, version: string, how: string, pinned: string }[]>}
 */
export async function cachedServers(cache) {
  const found = [];
  for (const version of await readdir(cache).catch(ifMissing([]))) {
    if (version.startsWith('.')) continue;
    const note = await readFile(join(cache, version, 'installed.json'), 'utf8').catch(ifMissing(undefined));
    if (note) found.push({ ...JSON.parse(note), path: join(cache, version, 'nats-server'), version });
  }
  return found.sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
}

/**
 * Lets `make` put a program into a fresh folder and moves it into the cache, whole or not at all.
 * @param {string} cache
 * @param {{ how: string, pinned: string }} note
 * @param {(folder: string) => Promise<string>} make makes <folder>/nats-server and says its version
 * @returns {Promise<{ path: string, version: string }>}
 */
export async function addToCache(cache, note, make) {
  const work = join(cache, `${unfinished}${randomUUID()}`);
  const made = join(work, 'made');
  await mkdir(made, { recursive: true });
  try {
    const version = await make(work);
    await rename(join(work, 'nats-server'), join(made, 'nats-server'));
    await chmod(join(made, 'nats-server'), 0o755);
    await writeFile(join(made, 'installed.json'), JSON.stringify(note));
    await rm(join(cache, version), { recursive: true, force: true });
    await rename(made, join(cache, version));
    return { path: join(cache, version, 'nats-server'), version };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Runs `work` while no other process does. Two at once would only do the same work twice: each adds atomically.
 * @template T
 * @param {string} cache
 * @param {() => void} onWait
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function oneAtATime(cache, onWait, work) {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const lock = join(cache, '.lock');
  for (let isFirst = true; !(await take(lock)); isFirst = false) {
    if (isFirst) onWait();
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    // What a killed process left behind.
    for (const name of await readdir(cache)) {
      if (name.startsWith(unfinished)) await rm(join(cache, name), { recursive: true, force: true });
    }
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock) {
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(lock) {
  const [text, { mtimeMs }] = await Promise.all([
    readFile(lock, 'utf8').catch(ifMissing('')),
    stat(lock).catch(ifMissing({ mtimeMs: Date.now() })),
  ]);
  if (Date.now() - mtimeMs > staleLockMs) return true;
  const pid = Number(text);
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function ifMissing(fallback) {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return fallback;
    throw error;
  };
}
