// A folder on its way to a platform that cannot see it: packed while it is sent, the same folder always the same bytes.
import { InvalidInput } from '@assay/contracts/errors';
import { create } from 'tar';
import type { Client } from './client.ts';
import { leftOut } from './left-out.ts';
import { isLocal } from './platform-components.ts';
import type { RunRequest } from './request-run.ts';

/** What a run is told of a folder: where it is, or what was sent along, as platforms on other machines need it. */
export async function sourceOf(
  client: Client,
  folder: string,
  { upload, exclude }: { upload?: boolean; exclude?: readonly string[] },
): Promise<Pick<RunRequest, 'sourcePath' | 'sourceArchive'>> {
  if (!(upload ?? !isLocal(client.url))) return { sourcePath: folder };
  return { sourceArchive: await uploadSource(client, folder, exclude ? { exclude } : {}) };
}

/** Resolves with the digest to ask for a run with. `exclude`: names of files and folders, wherever they are. */
export async function uploadSource(
  client: Client,
  folder: string,
  { exclude = leftOut }: { exclude?: readonly string[] } = {},
): Promise<string> {
  const names = new Set(exclude);
  const isWanted = (path: string): boolean => !path.split('/').some((name) => names.has(name));
  // Links stay links; who unpacks refuses those that lead outside.
  const pack = () => create({ cwd: folder, gzip: true, portable: true, noMtime: true, filter: isWanted }, ['.']);
  const stored = await client.request<{ digest?: string }>('POST', '/api/v1/sources', {
    headers: { 'content-type': 'application/gzip' },
    body: () => pack(),
    isRepeatable: true,
    timeoutMs: 0,
  });
  if (stored.digest) return stored.digest;
  throw new InvalidInput(`${client.url} took the upload but said no digest; check ASSAY_URL`, {
    code: 'gateway.stranger',
  });
}
