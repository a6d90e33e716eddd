// A client of one registry: what the OCI distribution specification 1.1 says of blobs and manifests. Basic and bearer
// authentication; redirects of blobs lose our credentials, as fetch sees to.
import { InvalidInput, Transient } from '@assay/contracts';
import { z } from 'zod';
import { digestOf, maxBytes } from './artifact.ts';
import type { Credentials } from './credentials.ts';
import type { Reference } from './reference.ts';

export interface RegistryOptions {
  readonly credentials?: Credentials | undefined;
  /** HTTP without encryption. Default: on this machine only. */
  readonly plainHttp?: boolean;
  readonly signal?: AbortSignal;
}

const accept = 'application/vnd.oci.image.manifest.v1+json';
const maxManifestBytes = 4 * 1024 * 1024;
/** Longest wait for an answer to begin. */
const timeoutMs = 60_000;

export class Registry {
  readonly #base: string;
  readonly #name: string;
  readonly #options: RegistryOptions;
  #authorization: string | undefined;

  constructor(registry: string, options: RegistryOptions = {}) {
    const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
    this.#base = `${(options.plainHttp ?? isHere) ? 'http' : 'https'}://${host}`;
    this.#name = registry;
    this.#options = options;
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const response = await this.#send('HEAD', `/v2/${repository}/blobs/${digest}`, repository);
    await response.body?.cancel();
    if (response.status === 404) return false;
    return this.#expect(response, 200, `look for ${digest} in ${repository}`).then(() => true);
  }

  async putBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void> {
    const begun = await this.#send('POST', `/v2/${repository}/blobs/uploads/`, repository, { body: new Uint8Array() });
    await this.#expect(begun, 202, `upload to ${repository}`);
    const location = begun.headers.get('location');
    if (!location) throw this.#stranger('names no place to upload to');
    const url = new URL(location, this.#base);
    // Whoever answers must not lead our credentials elsewhere.
    if (url.origin !== new URL(this.#base).origin) throw this.#stranger(`has uploads go to ${url.origin}`);
    url.searchParams.set('digest', digest);
    const done = await this.#send('PUT', url.href.slice(url.origin.length), repository, {
      body: bytes,
      type: 'application/octet-stream',
    });
    await this.#expect(done, 201, `upload ${digest} to ${repository}`);
  }

  /** Throws InvalidInput "oci.digest" when it is not what was asked for. */
  async getBlob(repository: string, digest: string, size: number): Promise<Uint8Array> {
    const response = await this.#send('GET', `/v2/${repository}/blobs/${digest}`, repository);
    await this.#expect(response, 200, `read ${digest} of ${repository}`);
    const bytes = await this.#read(response, Math.min(size, maxBytes));
    return checkedDigest(bytes, digest, `${this.#name}/${repository}`);
  }

  async putManifest({ repository, tag, digest }: Reference, type: string, bytes: Uint8Array): Promise<void> {
    const path = `/v2/${repository}/manifests/${tag ?? digest}`;
    const response = await this.#send('PUT', path, repository, { body: bytes, type });
    await this.#expect(response, 201, `write the manifest of ${repository}:${tag ?? digest}`);
  }

  async getManifest({ repository, tag, digest }: Reference): Promise<Uint8Array> {
    const path = `/v2/${repository}/manifests/${digest ?? tag}`;
    const response = await this.#send('GET', path, repository);
    await this.#expect(response, 200, `read ${repository}:${digest ?? tag}`);
    const bytes = await this.#read(response, maxManifestBytes);
    return digest ? checkedDigest(bytes, digest, `${this.#name}/${repository}`) : bytes;
  }

  async #send(
    method: string,
    path: string,
    repository: string,
    content: { body?: Uint8Array; type?: string } = {},
  ): Promise<Response> {
    const ask = () => this.#fetch(this.#base + path, method, content, this.#authorization);
    const response = await ask();
    if (response.status !== 401) return response;
    await response.body?.cancel();
    const challenge = response.headers.get('www-authenticate') ?? '';
    this.#authorization = await this.#authorize(challenge, repository);
    return this.#authorization ? ask() : response;
  }

  async #fetch(
    url: string,
    method: string,
    { body, type }: { body?: Uint8Array; type?: string },
    authorization: string | undefined,
  ): Promise<Response> {
    const { signal } = this.#options;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(url, {
        method,
        headers: {
          accept,
          ...(type ? { 'content-type': type } : {}),
          ...(authorization ? { authorization } : {}),
        },
        ...(body ? { body: Uint8Array.from(body) } : {}),
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Transient(`${this.#name} cannot be reached; check the address, and --plain-http if it has no TLS.`, {
        code: 'oci.unreachable',
        cause,
      });
    }
  }

  /** Undefined: there is nothing to show. Throws InvalidInput when what we have is refused. */
  async #authorize(challenge: string, repository: string): Promise<string | undefined> {
    const { credentials } = this.#options;
    const basic = credentials
      ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
      : undefined;
    if (!/^bearer\s/i.test(challenge)) return this.#authorization === basic ? undefined : basic;
    const fields = Object.fromEntries(
      [...challenge.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name, value]) => [name?.toLowerCase(), value]),
    );
    const realm = URL.canParse(fields['realm'] ?? '') ? new URL(fields['realm'] ?? '') : undefined;
    if (!realm || (realm.protocol !== 'https:' && !this.#base.startsWith('http:'))) {
      throw this.#stranger('asks for a token without saying where one is safely given');
    }
    if (fields['service']) realm.searchParams.set('service', fields['service']);
    realm.searchParams.set('scope', fields['scope'] ?? `repository:${repository}:pull,push`);
    const response = await this.#fetch(realm.href, 'GET', {}, basic);
    await this.#expect(response, 200, 'get a token');
    const answer = tokenSchema.safeParse(
      JSON.parse(Buffer.from(await this.#read(response, maxManifestBytes)).toString()),
    );
    const token = answer.data?.token ?? answer.data?.access_token;
    if (!token) throw this.#stranger('gives no token');
    return `Bearer ${token}`;
  }

  async #expect(response: Response, status: number, what: string): Promise<void> {
    if (response.status === status) return;
    const said = Buffer.from(await this.#read(response, maxManifestBytes).catch(() => new Uint8Array()))
      .toString('utf8')
      .slice(0, 300);
    const sentence = `${this.#name} does not let us ${what}: HTTP ${response.status}${said ? ` ${said}` : ''}`;
    if (response.status === 401 || response.status === 403) {
      throw new InvalidInput(`${sentence}; log in with docker, podman or oras first.`, { code: 'oci.refused' });
    }
    if (response.status === 429 || response.status >= 500) throw new Transient(sentence, { code: 'oci.unready' });
    throw new InvalidInput(sentence, { code: response.status === 404 ? 'oci.missing' : 'oci.refused' });
  }

  async #read(response: Response, limit: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.length;
      if (bytes > limit) throw this.#stranger(`sends more than the ${limit} bytes that were announced`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #stranger(why: string): InvalidInput {
    return new InvalidInput(`${this.#name} does not answer like a registry: it ${why}.`, { code: 'oci.stranger' });
  }
}

const tokenSchema = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });

function checkedDigest(bytes: Uint8Array, digest: string, where: string): Uint8Array {
  if (digestOf(bytes) === digest) return bytes;
  throw new InvalidInput(`${where} gave other content than ${digest}.`, { code: 'oci.digest' });
}
