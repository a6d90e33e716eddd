// An archive of the web. Redirects are followed, as code hosts answer with one, but never from https to http.
import { AssayError, InvalidInput, Transient } from '@assay/contracts/errors';

const maxRedirects = 5;
/** Longest silence, before the answer and within it. Milliseconds. */
const silenceMs = 60_000;

/** Throws InvalidInput "archive.address" for what is no address of an archive. */
export function parseArchiveUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new InvalidInput(`"${text}" is no address of an archive; write https://HOST/PATH.tar.gz`, {
      code: 'archive.address',
    });
  }
  if (url.username || url.password) {
    throw new InvalidInput(`the address of ${url.host}${url.pathname} holds a name or password; leave them out`, {
      code: 'archive.address',
    });
  }
  return url;
}

/** The archive's bytes as they come. Throws InvalidInput or Transient "archive.*". */
export async function* downloadArchive(url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // Ends the connection however this ends: refused, too large, silent for too long.
  const connection = new AbortController();
  const silence = setTimeout(() => connection.abort(), silenceMs);
  let at = url;
  try {
    const get = (address: URL): Promise<Response> => {
      at = address;
      return fetch(address, { redirect: 'manual', signal: AbortSignal.any([signal, connection.signal]) });
    };
    const response = await follow(url, get);
    for await (const chunk of bodyOf(response, at)) {
      silence.refresh();
      yield chunk;
    }
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof AssayError) throw cause;
    throw new Transient(`${at} cannot be reached, or broke off; check the address or try again`, {
      code: 'archive.lost',
      cause,
    });
  } finally {
    clearTimeout(silence);
    connection.abort();
  }
}

async function follow(url: URL, get: (url: URL) => Promise<Response>): Promise<Response> {
  let at = url;
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await get(at);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location) return response;
    await response.body?.cancel();
    const next = parseArchiveUrl(URL.parse(location, at.href)?.href ?? location);
    if (at.protocol === 'https:' && next.protocol === 'http:') {
      throw new InvalidInput(`${at} sends on to ${next}, which is not encrypted; give that address if it is to be`, {
        code: 'archive.address',
      });
    }
    at = next;
  }
  throw new InvalidInput(`${url} sends on more than ${maxRedirects} times; give the address of the archive itself`, {
    code: 'archive.address',
  });
}

function bodyOf({ status, body }: Response, url: URL): AsyncIterable<Uint8Array> {
  if (status === 200 && body) return body;
  const details = { code: 'archive.refused' };
  if (status === 429 || status >= 500) throw new Transient(`${url} failed with HTTP ${status}; try again`, details);
  if (status === 404 || status === 410) {
    throw new InvalidInput(`there is no archive at ${url} (HTTP ${status}); check the address`, details);
  }
  if (status === 401 || status === 403) {
    throw new InvalidInput(`${url} lets nobody in (HTTP ${status}); give an address that needs no password`, details);
  }
  throw new InvalidInput(`${url} gave no archive (HTTP ${status}); check the address`, details);
}
