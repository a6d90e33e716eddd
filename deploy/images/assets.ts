// What code opens by its path, beside the bundle: the same files at the same paths as in this repository.
import { chmod, cp, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { root } from './bundle.ts';

interface Asset {
  /** A file or folder of this repository. */
  path: string;
  /** Whose images have it. Default: all. */
  of?: readonly string[];
}

const withComponents = ['executor', 'cli'];

export const assets: readonly Asset[] = [
  { path: 'LICENSE' },
  { path: 'libs/contracts/generated/descriptor.json' },
  { path: 'node_modules/@fastify/swagger-ui/static', of: ['gateway', 'cli'] },
  { path: 'services/producer/src/adapters', of: withComponents },
  { path: 'services/executor/components', of: withComponents },
  { path: 'examples/pipelines', of: withComponents },
  { path: 'examples/components', of: withComponents },
  { path: 'examples/shop', of: ['cli'] },
];

export async function copyAssets(service: string, folder: string): Promise<void> {
  for (const { path } of assets.filter(({ of = [service] }) => of.includes(service)))
    await cp(join(root, path), join(folder, path), { recursive: true, filter: isWanted });
  if (service === 'cli') await copyManifest(folder);
}

// Of a component's folder its files, not the code and the recorded reports that lie beside them.
function isWanted(path: string): boolean {
  const inside = relative(root, path);
  if (!/^services|^examples\/(pipelines|components)/.test(inside)) return true;
  return basename(path) !== 'fixtures' && !/\.ts$|^README/.test(basename(path));
}

// `assay version` and `assay doctor` read it. The packages are inside the bundle.
async function copyManifest(folder: string): Promise<void> {
  const path = 'services/cli/package.json';
  const { name, version } = JSON.parse(await readFile(join(root, path), 'utf8')) as { name: string; version: string };
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), JSON.stringify({ name, version, type: 'module', dependencies: {} }));
}

/** Gives every file and folder the mode that it has in an image, whatever the umask of who builds it. */
export async function settleModes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const isExecutable = entry.isDirectory() || ((await lstat(path)).mode & 0o100) !== 0;
    await chmod(path, isExecutable ? 0o755 : 0o644);
  }
}
