// One writer a file: replicas share a sink's durable, but two of them in one file would tear each other's state. The
// second waits (its sink does not open) until the first has ended.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { explain, Transient } from '@assay/contracts';
import { beganOf, isAlive } from '@assay/runtime/is-alive';
import { isCode, readWithoutLink } from './confined-path.ts';

const refreshMs = 5000;
/** A lock that was not refreshed for so long belongs to nobody any more, e.g. to a machine that is gone. */
const staleMs = 30_000;

interface Holder {
  host: string;
  pid: number;
  /** When its process began: another one may have its pid by now. */
  began?: string | undefined;
  id: string;
}

export interface Lock {
  release(): Promise<void>;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Throws Transient "sink.file.locked" while another one holds it. */
export async function holdLock(path: string): Promise<Lock> {
  const holder: Holder = { host: hostname(), pid: process.pid, began: beganOf(process.pid), id: randomUUID() };
  if (!(await create(path, holder))) {
    const before = await holderOf(path);
    if (!(await isAbandoned(path, before))) throw locked(path);
    await takeAway(path, before, holder.id);
    if (!(await create(path, holder))) throw locked(path);
  }
  const refresh = setInterval(() => {
    const now = new Date();
    // A lock that somebody removed is missed by nobody before the next open.
    utimes(path, now, now).catch((error: unknown) => process.emitWarning(`${path}: ${explain(error)}`));
  }, refreshMs);
  refresh.unref();
  return {
    release: async () => {
      clearInterval(refresh);
      if ((await holderOf(path))?.id === holder.id) await rm(path, { force: true });
    },
  };
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    await file.writeFile(JSON.stringify(holder)).finally(() => file.close());
    return true;
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    throw new Transient(`${path} cannot be made`, { code: 'sink.file', cause });
  }
}

/** Removes an abandoned lock, unless somebody else was faster and it is theirs by now. */
async function takeAway(path: string, before: Holder | undefined, id: string): Promise<void> {
  const aside = `${path}.${id}`;
  await rename(path, aside).catch((error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error;
  });
  const taken = await holderOf(aside);
  if (taken?.id !== before?.id) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function isAbandoned(path: string, holder: Holder | undefined): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found || Date.now() - found.mtimeMs > staleMs) return true;
  // Just made and not written yet.
  if (!holder || holder.host !== hostname()) return false;
  return !isAlive(holder.pid, holder.began);
}

async function holderOf(path: string): Promise<Holder | undefined> {
  const text = (await readWithoutLink(path))?.toString();
  return text ? (JSON.parse(text) as Holder) : undefined;
}

function locked(path: string): Transient {
  return new Transient(`${path} is held by another consumer; this one waits until it has ended`, {
    code: 'sink.file.locked',
  });
}
