// What a process holds, from outside: open handles and memory.
import { readdir, readFile } from 'node:fs/promises';
import { until } from './journal.suite.ts';
import type { Rig } from './rig.suite.ts';

export interface Held {
  handles: number;
  /** Resident memory. Bytes. */
  memory: number;
}

export async function heldBy(pid: number): Promise<Held> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  return { handles: (await readdir(`/proc/${pid}/fd`)).length, memory: kib * 1024 };
}

/** Of each service, as it is now. */
export async function heldByAll(rig: Rig): Promise<Map<string, Held>> {
  const held = new Map<string, Held>();
  for (const { name, process } of rig.members) held.set(name, await heldBy(process.pid));
  return held;
}

/** More than at first, but no leak: a connection that is just being closed, a file being read. */
const handlesAside = 4;
/** docs/benchmarks.md: what a service may take at most. Bytes. */
const mostMemory = 250 * 1024 * 1024;

/** Resolves when every service holds what it held before; throws with what does not come back. */
export async function expectBack(rig: Rig, before: ReadonlyMap<string, Held>): Promise<void> {
  for (const { name, process } of rig.members) {
    let held: Held | undefined;
    const most = (before.get(name)?.handles ?? 0) + handlesAside;
    await until(
      `${name} has at most ${most} handles and ${mostMemory} bytes`,
      async () => {
        held = await heldBy(process.pid);
        return held.handles <= most && held.memory <= mostMemory ? true : undefined;
      },
      { seconds: 30, state: () => held },
    );
  }
}
