// The folder that sinks may read secrets from. Never the one that the platform keeps its own in: who may declare sinks
// would read the administrator's token by naming its file.
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InvalidInput } from '@assay/contracts';

/** The folder that is configured, or else $ASSAY_HOME/sink-secrets. Throws InvalidInput for one that overlaps the platform's. */
export async function secretsFolder(configured: string | undefined, home: string): Promise<string> {
  const folder = resolve(configured ?? join(home, 'sink-secrets'));
  const own = resolve(home, 'secrets');
  const [real, realOwn] = await Promise.all([realPathOf(folder), realPathOf(own)]);
  if (isWithin(real, realOwn) || isWithin(realOwn, real)) {
    throw new InvalidInput(
      `ASSAY_CONSUMER_SECRETS_DIR is ${folder}, which is, holds or lies in ${own}, where the platform keeps its own secrets: give sinks another folder`,
      { code: 'sink.secrets-dir' },
    );
  }
  // Where it cannot be made, sinks without secret files go on; the others say what is missing.
  if (configured === undefined) await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  return folder;
}

/** With every link followed, as far as the path is there. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), relative(parent, path));
  }
}

function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}
