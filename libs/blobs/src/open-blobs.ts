// The one place that knows which storage backends there are: a URL's scheme names the driver.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bus } from '@assay/bus';
import { InvalidInput } from '@assay/contracts';
import type { BlobStore } from './blob-store.ts';
import { openFolder } from './filesystem/filesystem.ts';
import { blobsIn } from './jetstream/jetstream.ts';

export interface OpenBlobsOptions {
  /** Needed by backends that live on the bus. */
  bus?: Pick<Bus, 'objects'>;
}

type Open = (rest: string, url: string, options: OpenBlobsOptions) => Promise<BlobStore>;

const drivers: Readonly<Record<string, Open>> = {
  file: async (rest, url) => {
    if (rest === '') throw unusable(url, 'name the folder, e.g. file:/var/lib/assay/blobs');
    return openFolder(rest.startsWith('//') ? fileURLToPath(url) : resolve(rest));
  },
  jetstream: async (rest, url, { bus }) => {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(rest))
      throw unusable(url, 'name the bucket with 1 to 64 letters, digits, "_" and "-", e.g. jetstream:blobs');
    if (!bus) throw unusable(url, 'it needs a connection to nats-server; use file:FOLDER where there is none');
    return blobsIn(await bus.objects(rest));
  },
};

/** Opens the storage backend of a URL: `file:FOLDER` or `jetstream:BUCKET`. Throws InvalidInput "blob.url" for others. */
export async function openBlobs(url: string, options: OpenBlobsOptions = {}): Promise<BlobStore> {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  const open = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (!open) throw unusable(url, `it must begin with ${Object.keys(drivers).join(': or ')}:`);
  return open(rest, url, options);
}

// Only the scheme is repeated: later backends have credentials in their URLs.
function unusable(url: string, repair: string): InvalidInput {
  const scheme = /^[a-z0-9+.-]{1,20}:/i.exec(url)?.[0] ?? '';
  return new InvalidInput(`ASSAY_BLOBS_URL ("${scheme}…") cannot be used: ${repair}`, { code: 'blob.url' });
}
