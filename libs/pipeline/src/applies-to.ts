// Whether a target has anything for a tool: a walk over its file names that ends at the first match of each.
import { opendir } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';

/** Nobody wrote these files; scanners leave them out too. */
const skipped = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__']);
/** Past this many entries every tool is held to apply: it will find out itself. */
const maxEntries = 200_000;

/** For each list of globs, whether a file matches one of them. An empty list applies to everything that has a file. */
export async function appliesTo(source: string, wanted: readonly (readonly string[])[]): Promise<boolean[]> {
  const found = wanted.map(() => false);
  let left = maxEntries;
  const walk = async (folder: string): Promise<boolean> => {
    // "withFileTypes" follows no link, so the walk cannot leave the source or go in circles.
    for await (const entry of await opendir(join(source, folder))) {
      left -= 1;
      if (left < 0) return true;
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && (await walk(path))) return true;
      } else if (entry.isFile()) {
        for (const [index, globs] of wanted.entries()) {
          found[index] ||= globs.length === 0 || globs.some((glob) => matches(path, glob));
        }
        if (found.every(Boolean)) return true;
      }
    }
    return false;
  };
  await walk('');
  return left < 0 ? found.map(() => true) : found;
}

// Hidden files count like others: "*" would not match their dot.
function matches(path: string, glob: string): boolean {
  const [seen, wanted] = [path, glob].map((text) => text.replace(/(?<=^|\/)\./g, '_'));
  return matchesGlob(seen ?? '', wanted ?? '');
}
