// The packages that some programs need at run time, by package-lock.json: what npm installed, where it installed it,
// without what is for development or for other systems.
import { cp, lstat, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, posix, relative } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: names,
      optionalDependencies: names,
      peerDependencies: names,
      peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
      bin: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
export type Lock = z.output<typeof lockSchema>;

export async function readLock(root: string): Promise<Lock> {
  return lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
}

/** Paths in the lock ("node_modules/eslint") of the packages that `wanted`, asked for at the root, need. */
export function closureOf(lock: Lock, wanted: readonly string[]): string[] {
  const found = new Set<string>();
  const take = (name: string, from: string, isOptional: boolean) => {
    const path = resolve(lock, name, from);
    if (path === undefined) {
      if (isOptional) return;
      throw new InvalidInput(
        `${from || 'the project'} needs ${name}, which package-lock.json does not have: npm install`,
        {
          code: 'images.lock',
        },
      );
    }
    if (found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = packageAt(lock, path);
    for (const each of Object.keys(dependencies)) take(each, path, each in optionalDependencies);
    for (const each of Object.keys(peerDependencies))
      if (peerDependenciesMeta[each]?.optional !== true) take(each, path, false);
  };
  for (const name of wanted) take(name, '', false);
  return [...found].sort();
}

/** Copies them from `root` to `folder`, and links their programs where npm does. */
export async function copyModules(lock: Lock, paths: readonly string[], root: string, folder: string): Promise<void> {
  for (const path of paths) {
    const source = join(root, path);
    await cp(source, join(folder, path), {
      recursive: true,
      // Packages inside have lines of their own in the lock.
      filter: async (file) =>
        !(basename(file) === 'node_modules' && (await lstat(file)).isDirectory()) &&
        !relative(source, file).endsWith('.map'),
    });
  }
  const bin = join(folder, 'node_modules/.bin');
  await mkdir(bin, { recursive: true });
  for (const path of paths.filter((each) => each.lastIndexOf('node_modules/') === 0))
    for (const [name, file] of Object.entries(packageAt(lock, path).bin))
      await symlink(posix.join('..', path.slice('node_modules/'.length), file), join(bin, name));
}

// As Node does: beside who asks, then in each folder above.
function resolve(lock: Lock, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = parentOf(folder)) {
    const path = posix.join(folder, 'node_modules', name);
    if (lock.packages[path]) return path;
    if (folder === '') return undefined;
  }
}

function parentOf(folder: string): string {
  const parent = dirname(folder);
  return parent === '.' ? '' : parent;
}

function packageAt(lock: Lock, path: string): Lock['packages'][string] {
  const found = lock.packages[path];
  if (!found) throw new InvalidInput(`package-lock.json has no ${path}: npm install`, { code: 'images.lock' });
  return found;
}
