// A lock file that one process holds: it appears whole, with who holds it, and a killed holder's is taken away. Only
// who holds the claim on a certain dead holder's lock may remove it, so that nobody ever removes a lock that lives.
import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { beganOf, isAlive } from '@assay/runtime/is-alive';

export interface Holder {
  pid: number;
  /** When its process began: one with the same pid may be another. */
  began?: string | undefined;
  id: string;
}

export type Taken = { release(): Promise<void> } | { heldBy: Holder };

const attempts = 500;
const pauseMs = 10;

export async function takeLock(path: string): Promise<Taken> {
  const own: Holder = { pid: process.pid, began: beganOf(process.pid), id: randomBytes(6).toString('hex') };
  const temporary = `${path}.${own.id}.new`;
  await writeFile(temporary, JSON.stringify(own), { mode: 0o600, flag: 'wx' });
  try {
    return await takeAs(path, own, temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function takeAs(path: string, own: Holder, temporary: string): Promise<Taken> {
  let last: Holder = own;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await isLinked(temporary, path)) return { release: () => giveBack(path, own) };
    const holder = await holderOf(path);
    // Given back meanwhile.
    if (!holder) continue;
    if (isAlive(holder.pid, holder.began)) return { heldBy: holder };
    last = holder;
    const claim = await takeLock(`${path}.${holder.id}`);
    if ('heldBy' in claim) {
      // Another one is removing it.
      await setTimeout(pauseMs);
      continue;
    }
    try {
      if ((await holderOf(path))?.id === holder.id) await rm(path, { force: true });
    } finally {
      await claim.release();
    }
  }
  return { heldBy: last };
}

async function giveBack(path: string, own: Holder): Promise<void> {
  if ((await holderOf(path))?.id === own.id) await rm(path, { force: true });
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when nobody holds it. */
async function holderOf(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseHolder(text);
}

// What does not say whose it is belongs to nobody that runs; a number alone is the pid of its holder.
function parseHolder(text: string): Holder {
  try {
    const given = JSON.parse(text) as Partial<Holder> | number | null;
    if (typeof given === 'number') return { pid: given, id: 'unnamed' };
    if (given && typeof given.pid === 'number' && /^[0-9a-f]{12}$/.test(given.id ?? ''))
      return { pid: given.pid, id: String(given.id), ...(given.began ? { began: String(given.began) } : {}) };
  } catch {}
  return { pid: 0, id: 'unnamed' };
}
