// The folder that a source goes into: a volume of the run's own.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';

/** What a fresh volume may have. */
const ofTheVolume = new Set(['lost+found']);

/**
 * Makes the folder, or empties one that is there when `replace` says so: a task that is run again finds what it left.
 * Throws InvalidInput "source.folder" when something is in it that nobody gave away.
 */
export async function makeReady(folder: string, { replace }: { replace: boolean }): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new InvalidInput(`${folder} cannot be a folder for the source; give one that can be written`, {
      code: 'source.folder',
      cause,
    });
  });
  const entries = (await readdir(folder)).filter((name) => !ofTheVolume.has(name));
  if (entries.length > 0 && !replace) {
    throw new InvalidInput(`${folder} is not empty; give an empty folder, or --replace to lose what is in it`, {
      code: 'source.folder',
    });
  }
  await empty(folder);
}

export async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!ofTheVolume.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
