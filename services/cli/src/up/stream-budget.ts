// How much of the disk the streams may take: the usual, but on a small disk no more than half of what it has for us.
import type { Dirent } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bytes for all streams together. What they take already counts as theirs: else a budget that shrinks as the disk fills
 * would discard events at every start.
 */
export function streamBudget(wanted: number, freeBytes: number, takenBytes: number): number {
  return Math.min(wanted, Math.floor((freeBytes + takenBytes) / 2));
}

/** The budget on the disk of a folder, of which `taken` is a part. */
export async function streamBudgetOn(folder: string, taken: string, wanted: number): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return streamBudget(wanted, bavail * bsize, await sizeOf(taken));
}

async function sizeOf(folder: string): Promise<number> {
  const entries: Dirent[] = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((total, size) => total + size, 0);
}
