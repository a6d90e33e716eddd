/** Whether a process of this machine runs. A pid may have been given anew: ask when it began where that matters. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
