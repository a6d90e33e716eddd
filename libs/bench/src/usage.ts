// What processes used of the machine: processor time and peak memory, as Linux counts them.
import { readFile } from 'node:fs/promises';
import type { Deployment } from '@assay/testing';

export interface Usage {
  /** Processor time since the process began, in user and system mode together. Seconds. */
  cpu: number;
  /** Peak resident memory since then. Bytes. */
  memory: number;
}

/** Clock ticks of a second; fixed for programs on Linux (man 5 proc). */
const ticks = 100;

/** Usage of each service and of nats-server, by name. */
export async function usageOf({ services, nats }: Deployment): Promise<Record<string, Usage>> {
  const processes = [...services, { name: 'nats-server', pid: nats.server.pid }];
  return Object.fromEntries(
    await Promise.all(processes.map(async ({ name, pid }) => [name, await usageOfProcess(pid)] as const)),
  );
}

/** Processor time that each used between two readings. Seconds. */
export function cpuBetween(before: Record<string, Usage>, after: Record<string, Usage>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, { cpu }]) => [name, cpu - (before[name]?.cpu ?? 0)]));
}

async function usageOfProcess(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  // The command's name, in brackets, may hold spaces; fields 14 and 15 are utime and stime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpu: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticks,
    memory: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
  };
}
