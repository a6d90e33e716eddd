// Who owns what of a source: its CODEOWNERS file. In a file of its own: a task's submit step loads it and nothing else.
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** GitHub reads no CODEOWNERS file larger than this. Bytes. */
const maxOwnersBytes = 3 * 1024 * 1024;
/** In the order GitHub looks. */
const ownersPlaces = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

/** The CODEOWNERS file that counts; undefined when there is none. Never one that lies outside the source. */
export async function findOwners(source: string): Promise<Uint8Array | undefined> {
  for (const place of ownersPlaces) {
    const file = await realpath(join(source, place)).catch(() => undefined);
    if (!file?.startsWith(source + sep)) continue;
    const found = await stat(file);
    if (found.isFile() && found.size <= maxOwnersBytes) return readFile(file);
  }
  return undefined;
}
