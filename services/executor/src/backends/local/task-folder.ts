// A task's temporary workspace, and the clearing away of those a killed executor left behind.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '@assay/runtime/is-alive';
import { killGroup } from '../../run-process.ts';

export interface TaskFolder {
  readonly root: string;
  /** First on the task's PATH: this Node and `assay`. */
  readonly bin: string;
  readonly home: string;
  readonly tmp: string;
  readonly output: string;
  readonly results: string;
  readonly scripts: string;
  readonly credentials: string;
  /** Remembers a process group, so that it can be ended after a crash of ours. */
  /** Runs work while the run's token is in `credentials`. */
  withToken<T>(work: () => Promise<T>): Promise<T>;
  remember(pid: number): Promise<void>;
  remove(): Promise<void>;
}

const base = (home: string): string => join(home, 'run/tasks');

/** `cli`: the file that `assay` runs. */
export async function makeTaskFolder(home: string, cli: string, token: string): Promise<TaskFolder> {
  await mkdir(base(home), { recursive: true, mode: 0o700 });
  const root = await mkdtemp(join(base(home), `${process.pid}-`));
  const names = ['bin', 'home', 'tmp', 'output', 'results', 'scripts', 'credentials'] as const;
  const [bin, taskHome, tmp, output, results, scripts, credentials] = names.map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  await Promise.all(names.map((name) => mkdir(join(root, name), { mode: 0o700 })));
  await symlink(process.execPath, join(bin, 'node'));
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const launcher = `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(cli)} "$@"\n`;
  await writeFile(join(bin, 'assay'), launcher, { mode: 0o700 });
  return {
    root,
    bin,
    home: taskHome,
    tmp,
    output,
    results,
    scripts,
    credentials,
    async withToken(work) {
      const file = join(credentials, 'token');
      await writeFile(file, token, { mode: 0o600 });
      try {
        return await work();
      } finally {
        await rm(file, { force: true });
      }
    },
    remember: (pid) => writeFile(join(root, 'group'), String(pid)),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Removes what executors that are gone left: their tasks' processes, then the folders. Says how many. */
export async function sweepTaskFolders(home: string): Promise<number> {
  const names = await readdir(base(home)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const left = names.filter((name) => {
    const pid = Number.parseInt(name, 10);
    return Number.isInteger(pid) && pid !== process.pid && !isAlive(pid);
  });
  for (const name of left) {
    const root = join(base(home), name);
    const group = Number(await readFile(join(root, 'group'), 'utf8').catch(absent));
    if (group > 1 && (await belongsTo(group, root))) killGroup(group, 'SIGKILL');
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
  return left.length;
}

// The number may have been given to somebody else since: ours has the task's folder in its environment. Where that
// cannot be read (no /proc), nothing is killed.
async function belongsTo(pid: number, root: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(absent);
  // A step may have a HOME of its own.
  return environment.split('\0').includes(`TMPDIR=${join(root, 'tmp')}`);
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES') return '';
  throw error;
}
