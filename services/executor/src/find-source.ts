// What a run may scan: a folder below one of the roots, and what is known of it (its commit).
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { runProcess } from './run-process.ts';

/** The real path of a folder that may be scanned. Throws InvalidInput otherwise. */
export async function findSource(path: string, roots: readonly string[]): Promise<string> {
  if (!path) {
    throw new InvalidInput('The run names no folder to scan; set its source path.', { code: 'run.source' });
  }
  const folder = await realpath(path).catch((cause: unknown) => {
    throw new InvalidInput(`There is no folder ${path} on the executor's machine.`, { code: 'run.source', cause });
  });
  if (!(await stat(folder)).isDirectory()) {
    throw new InvalidInput(`${path} is a file; give the folder that is to be scanned.`, { code: 'run.source' });
  }
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real && (folder === real || folder.startsWith(real.endsWith(sep) ? real : real + sep))) return folder;
  }
  throw new InvalidInput(
    `${path} is outside the folders that may be scanned (${roots.join(', ') || 'none'}); add its root to ASSAY_EXECUTOR_ROOTS.`,
    { code: 'run.source' },
  );
}

/** The commit that is checked out; "" when the folder is in no git repository or git is not there. */
export async function findRevision(source: string, path: readonly string[]): Promise<string> {
  const { exitCode, output } = await runProcess({
    // A checkout of another user is fine: nothing of its configuration is run by rev-parse.
    argv: [
      '/usr/bin/env',
      'git',
      '-c',
      `safe.directory=${await gitRoot(source)}`,
      'rev-parse',
      '--verify',
      '--quiet',
      'HEAD',
    ],
    cwd: source,
    env: { PATH: path.join(':'), HOME: '/nonexistent', LANG: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1' },
    timeoutMs: 10_000,
  });
  const revision = output.trim();
  return exitCode === 0 && /^[0-9a-f]{40,64}$/.test(revision) ? revision : '';
}

// safe.directory wants the top of the checkout, which may be above the folder.
async function gitRoot(source: string): Promise<string> {
  const parts = source.split(sep);
  for (let length = parts.length; length > 0; length -= 1) {
    const folder = parts.slice(0, length).join(sep) || sep;
    if (await stat(join(folder, '.git')).catch(() => undefined)) return folder;
  }
  return source;
}
