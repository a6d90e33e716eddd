import { InvalidInput } from '@assay/contracts';

/** What is wrong with a store's URL. */
export function unusable(url: string, repair: string): InvalidInput {
  // Only the scheme is repeated: the rest may hold credentials.
  const scheme = /^[a-z0-9+.-]{1,20}:/i.exec(url)?.[0] ?? '';
  return new InvalidInput(`ASSAY_STORE_URL ("${scheme}…") cannot be used: ${repair}`, { code: 'store.url' });
}
