// An npm package, as the dependency of a project of its own.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NpmInstall } from '../install-spec.ts';
import { required, run, type Workshop } from './workshop.ts';

// Flags win over every .npmrc and over the npm_config_… that npm itself sets for what it runs (this may be one): where
// packages come from is the user's business, where they go and what runs meanwhile is not.
const flags: readonly string[] = [
  '--ignore-scripts',
  '--global=false',
  '--location=project',
  '--workspaces=false',
  '--install-strategy=hoisted',
  '--omit=dev',
  '--package-lock=false',
  '--package-lock-only=false',
  '--dry-run=false',
  '--bin-links',
  '--legacy-peer-deps=false',
  '--audit=false',
  '--fund=false',
  '--update-notifier=false',
  '--loglevel=error',
];

export async function installFromNpm(install: NpmInstall, workshop: Workshop): Promise<void> {
  const { folder, command } = workshop;
  const npm = await required('npm', 'Node.js with npm (https://nodejs.org)', workshop);
  const project = { name: 'tool', private: true, dependencies: install.packages };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(project, null, 2)}\n`);
  await run([npm, 'install', `--prefix=${folder}`, ...flags], folder, {}, workshop);
  await mkdir(join(folder, 'bin'));
  await symlink(join('../node_modules/.bin', command), join(folder, 'bin', command));
}
