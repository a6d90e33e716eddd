// A Python tool, in a virtual environment of its own.
import { join } from 'node:path';
import type { PypiInstall } from '../install-spec.ts';
import { required, run, type Workshop } from './workshop.ts';

export async function installFromPypi(install: PypiInstall, workshop: Workshop): Promise<void> {
  const { folder } = workshop;
  const python = await required(
    'python3',
    'Python 3 (Debian: apt install python3 python3-venv; macOS: brew install python)',
    workshop,
  );
  await run([python, '-m', 'venv', folder], folder, {}, workshop);
  const pip = [join(folder, 'bin/python3'), '-m', 'pip', 'install', '--no-input', '--quiet'];
  await run([...pip, '--disable-pip-version-check', `${install.package}==${install.version}`], folder, {}, workshop);
}
