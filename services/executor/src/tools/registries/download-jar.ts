// One jar from a Maven repository over HTTPS, held to the checksum that lies beside it.
// The layout: https://maven.apache.org/repository/layout.html
import { createHash, hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidInput, Transient } from '@assay/contracts';
import type { Jar } from '../install-spec.ts';
import type { Workshop } from './workshop.ts';

const centralUrl = 'https://repo.maven.apache.org/maven2';
/** No scanner's jar is larger. Bytes. */
const maxJarBytes = 256 * 1024 * 1024;
const timeoutMs = 5 * 60_000;
/** The best that a repository has; every one has sha1. */
const digests = ['sha512', 'sha256', 'sha1'] as const;

/**
 * `MVNW_REPOURL` names another repository than Maven Central, as it does for Maven's own wrapper, with
 * `MVNW_USERNAME` and `MVNW_PASSWORD`. Throws InvalidInput for a jar that is not there, Transient for what may pass.
 */
export async function downloadJar(jar: Jar, lib: string, { onProgress, signal }: Workshop): Promise<void> {
  const name = `${jar.artifact}-${jar.version}.jar`;
  const url = `${repositoryUrl()}/${jar.group.replaceAll('.', '/')}/${jar.artifact}/${jar.version}/${name}`;
  onProgress?.(`GET ${url}`);
  const limit = AbortSignal.timeout(timeoutMs);
  const ends = signal ? AbortSignal.any([signal, limit]) : limit;
  const checksum = await checksumOf(url, ends);
  const response = await ask(url, ends);
  if (!response?.body) throw absent(url);
  const part = join(lib, `${name}.part`);
  const sum = createHash(checksum.digest);
  try {
    await pipeline(Readable.fromWeb(response.body), bounded(sum.update.bind(sum)), createWriteStream(part), {
      signal: ends,
    });
  } catch (cause) {
    throw new Transient(`${url} broke off; try again.`, { code: 'tool.download', cause });
  }
  if (sum.digest('hex') !== checksum.value) {
    throw new Transient(`${url} is not what its ${checksum.digest} says; try again, or ask who runs the repository.`, {
      code: 'tool.checksum',
    });
  }
  await rename(part, join(lib, name));
}

function bounded(see: (chunk: Uint8Array) => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxJarBytes) throw new Error(`longer than ${maxJarBytes} bytes`);
      see(chunk);
      yield chunk;
    }
  };
}

async function checksumOf(url: string, signal: AbortSignal): Promise<{ digest: string; value: string }> {
  for (const digest of digests) {
    const response = await ask(`${url}.${digest}`, signal);
    // Some write the file's name behind it.
    const [value = ''] = ((await response?.text()) ?? '').trim().toLowerCase().split(/\s+/);
    if (value.length === hash(digest, '').length && /^[0-9a-f]+$/.test(value)) return { digest, value };
  }
  throw absent(url);
}

function absent(url: string): InvalidInput {
  return new InvalidInput(`${url} is not there, or no checksum beside it.`, { code: 'tool.checksum' });
}

/** Undefined for what the repository does not have. */
async function ask(url: string, signal: AbortSignal): Promise<Response | undefined> {
  const response = await fetch(url, { headers: credentials(), signal }).catch((cause: unknown) => {
    throw new Transient(`${url} cannot be reached; try again, or install Maven if only that knows the way.`, {
      code: 'tool.download',
      cause,
    });
  });
  if (response.ok && isTrusted(response.url)) return response;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new Transient(`${url} answered ${response.status}${response.ok ? ' from an address without TLS' : ''}.`, {
    code: 'tool.download',
  });
}

function repositoryUrl(): string {
  const url = (process.env['MVNW_REPOURL'] || centralUrl).replace(/\/+$/, '');
  // Addresses are shown.
  if (isTrusted(url) && !URL.parse(url)?.username) return url;
  throw new InvalidInput(
    'MVNW_REPOURL must be the https:// address of a Maven repository; a user goes into MVNW_USERNAME and MVNW_PASSWORD.',
    { code: 'tool.repository' },
  );
}

/** Plain HTTP only where nobody is in between. */
function isTrusted(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? { protocol: '', hostname: '' };
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname));
}

function credentials(): Record<string, string> {
  const { MVNW_REPOURL: own, MVNW_USERNAME: user, MVNW_PASSWORD: password } = process.env;
  if (!own || !user || !password) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
