// Whether a process of this machine runs, and whether it is the one that was meant: a pid is given anew.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `began`: what beganOf told of the process that is meant; another one with its pid is not alive. */
export function isAlive(pid: number, began?: string): boolean {
  // 0 and less mean groups of processes.
  if (!Number.isInteger(pid) || pid < 1 || !isThere(pid)) return false;
  if (began === undefined) return true;
  const now = beganOf(pid);
  return now === undefined || now === began;
}

/** When a process began, in words only good for comparing; undefined when that cannot be told. */
export function beganOf(pid: number): string | undefined {
  if (process.platform === 'linux') return beganByProc(pid);
  if (process.platform === 'win32') return undefined;
  const { stdout } = spawnSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    timeout: 5000,
  });
  return stdout?.trim() || undefined;
}

function beganByProc(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; the start is the 22nd field, in ticks since the machine began.
    const ticks = status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
