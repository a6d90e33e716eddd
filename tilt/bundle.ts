// What `tilt up` syncs into pods: node tilt/bundle.ts NAME brings the folder that an image is built from up to date, and
// touches only files that differ, so that Tilt sees what changed and nothing else. --list prints every image with what
// it is made from.
import { hash } from 'node:crypto';
import { cp, lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assets } from '../deploy/images/assets.ts';
import { imageNames, makeContext } from '../deploy/images/build.ts';
import { root } from '../deploy/images/bundle.ts';

const contexts = join(root, 'node_modules/.cache/tilt');

/** Brings `to` to what `from` holds; returns the paths that were written or removed. */
export async function mirror(from: string, to: string): Promise<string[]> {
  // With empty folders, which an image has too.
  await cp(from, to, { recursive: true, filter: async (path) => (await lstat(path)).isDirectory() });
  const [wanted, there] = [await filesOf(from), await filesOf(to)];
  const changed: string[] = [];
  for (const path of there) {
    if (wanted.includes(path)) continue;
    await rm(join(to, path));
    changed.push(path);
  }
  for (const path of wanted) {
    const [source, target] = [join(from, path), join(to, path)];
    if (there.includes(path) && (await isSame(source, target))) continue;
    await cp(source, target, { verbatimSymlinks: true });
    changed.push(path);
  }
  return changed;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [first, second] = [await lstat(one), await lstat(other)];
  if (first.mode !== second.mode || first.size !== second.size) return false;
  if (first.isSymbolicLink()) return (await readlink(one)) === (await readlink(other));
  return (await readFile(one)).equals(await readFile(other));
}

/** Files and folders of this repository whose change makes another image. */
export function sourcesOf(name: string, names: readonly string[]): string[] {
  // The command line has every service in it.
  const bundled = name === 'cli' ? names : [name];
  const copied = assets.filter(({ of = [name] }) => of.includes(name)).map(({ path }) => path);
  return [
    ...bundled.map((each) => `services/${each}/src`),
    'libs',
    'package-lock.json',
    ...copied.filter((path) => /^(services|examples)\//.test(path)),
  ];
}

/** Node starts again when its program changes; what the program reads beside itself must count too. */
async function sign(name: string, context: string): Promise<void> {
  const program = join(context, `app/services/${name}/src/main.mjs`);
  const digest: string[] = [];
  for (const path of await filesOf(context)) {
    const file = join(context, path);
    const isLink = (await lstat(file)).isSymbolicLink();
    digest.push(path, hash('sha256', isLink ? await readlink(file) : await readFile(file)));
  }
  await writeFile(program, `${await readFile(program, 'utf8')}\n// ${hash('sha256', digest.join('\n'))}\n`);
}

if (import.meta.main) {
  const [name = ''] = process.argv.slice(2);
  const names = await imageNames();
  if (name === '--list') {
    // Tilt watches them from the start.
    for (const each of names) await mkdir(join(contexts, each, 'app'), { recursive: true });
    console.log(JSON.stringify(Object.fromEntries(names.map((each) => [each, sourcesOf(each, names)]))));
  } else if (names.includes(name)) {
    const made = await makeContext(name);
    await sign(name, made);
    const changed = await mirror(made, join(contexts, name));
    console.log(`${name}: ${changed.length} files changed`);
  } else {
    console.error(`bundle: there is no "${name}"; there are ${names.join(', ')}`);
    process.exitCode = 1;
  }
}
