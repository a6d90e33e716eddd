// Python for the specs of examples: a venv with what a requirements file pins, kept for the next run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Resolves to the venv's python. */
export function preparePython(requirements: string): string {
  const version = execFileSync('python3', ['--version']);
  const key = createHash('sha256').update(readFileSync(requirements)).update(version).digest('hex').slice(0, 16);
  const venv = join(tmpdir(), `assay-python-${key}`);
  const python = join(venv, 'bin/python');
  if (existsSync(join(venv, 'complete'))) return python;
  rmSync(venv, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', venv]);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(join(venv, 'complete'), '');
  return python;
}
