// The one place that knows which drivers there are: a URL's scheme names the driver.
import { openMongodb } from './mongodb/mongodb.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import type { Store } from './store.ts';
import { unusable } from './store-url.ts';

export interface OpenStoreOptions {
  /** Creates nothing and changes nothing; every write fails. Default false. */
  readOnly?: boolean;
}

type Open = (rest: string, url: string, options: OpenStoreOptions) => Promise<Store>;

const drivers: Readonly<Record<string, Open>> = {
  sqlite: async (rest, url, options) => {
    const file = rest.replace(/^\/\/(?=\/)/, '');
    if (file === '' || file.startsWith('//') || file.includes('\0')) {
      throw unusable(url, 'name the file, e.g. sqlite:/var/lib/assay/assay.db');
    }
    return openSqlite(file, options);
  },
  mongodb: (_, url, options) => openMongodb(url, options),
  'mongodb+srv': (_, url, options) => openMongodb(url, options),
};

/**
 * Opens the store of a URL: `sqlite:FILE` or `mongodb://…/DATABASE`, and brings it to our schema. Throws InvalidInput
 * "store.*" for a URL, a file or a schema that will not do, Transient when it cannot be reached.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const [, scheme = '', rest = ''] = /^([a-z+]+):(.*)$/s.exec(url) ?? [];
  const open = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (!open) throw unusable(url, 'it must be sqlite:FILE or mongodb://…/DATABASE');
  return open(rest, url, options);
}
