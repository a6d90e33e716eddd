// Where a sink may send to, as far as the url says it.
import { isIP } from 'node:net';
import { InvalidInput } from '@assay/contracts';
import { isPublicAddress, notPublic } from './public-address.ts';

export interface Allowed {
  isPrivateAllowed: boolean;
  isHttpAllowed: boolean;
}

/**
 * Throws InvalidInput for a url that a sink may not ask for, never repeating it: it may be a credential. `member` names
 * the setting or the credential that holds it.
 */
export function checkedUrl(text: string, member: string, { isPrivateAllowed, isHttpAllowed }: Allowed): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalid(`${member} must be a whole url that begins https://`);
  if (url.username || url.password)
    throw invalid(`${member} holds a user name or password; give them as credentials of the sink`);
  if (url.protocol !== 'https:' && !isHttpAllowed)
    throw invalid(`${member} must be https://; "allowHttp": true takes http:// too`);
  // No name is resolved for an address that is written out, so it is checked here.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isPrivateAllowed && isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host);
  return url;
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.config' });
}
