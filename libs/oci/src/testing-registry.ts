// A registry in this process, for specs: blobs and manifests in memory, with a token or a password where it is told to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from './artifact.ts';

export interface Wanted {
  /** What opens it: nothing, a name and a password, or a token that these give. */
  readonly door?: 'basic' | 'bearer';
}

export class TestingRegistry implements AsyncDisposable {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #wanted: Wanted;

  private constructor(server: Server, wanted: Wanted) {
    this.#server = server;
    this.#wanted = wanted;
  }

  static async start(wanted: Wanted = {}): Promise<TestingRegistry> {
    const server = createServer((request, response) => void registry.#answer(request, response));
    const registry = new TestingRegistry(server, wanted);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${this.host}`);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    this.asked.push(`${request.method} ${url.pathname}`);
    const said = request.headers.authorization;
    const basic = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    if (url.pathname === '/token') {
      if (said !== basic) return end(response, 401);
      return end(response, 200, JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }));
    }
    const [, name = '', kind, rest = ''] = /^\/v2\/(.+?)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    if (this.#wanted.door === 'basic' && said !== basic) {
      return end(response, 401, '', { 'www-authenticate': 'Basic realm="here"' });
    }
    if (this.#wanted.door === 'bearer' && said !== `Bearer for repository:${name}:pull,push`) {
      const scope = `repository:${name}:pull,push`;
      const challenge = `Bearer realm="http://${this.host}/token",service="here",scope="${scope}"`;
      return end(response, 401, '', { 'www-authenticate': challenge });
    }
    if (kind === 'blobs' && request.method === 'POST')
      return end(response, 202, '', { location: `/v2/${name}/blobs/uploads/1?x=y` });
    if (kind === 'blobs' && request.method === 'PUT') {
      const digest = url.searchParams.get('digest') ?? '';
      if (digestOf(body) !== digest) return end(response, 400, 'DIGEST_INVALID');
      this.blobs.set(digest, body);
      return end(response, 201);
    }
    const store = kind === 'blobs' ? this.blobs : this.manifests;
    if (kind === 'manifests' && request.method === 'PUT') {
      const missing = [...body.toString().matchAll(/"digest":"(sha256:[0-9a-f]+)"/g)].some(
        ([, it]) => !this.blobs.has(it ?? ''),
      );
      if (missing) return end(response, 400, 'MANIFEST_BLOB_UNKNOWN');
      this.manifests.set(rest, body);
      return end(response, 201);
    }
    const found = store.get(rest);
    return found ? end(response, 200, found) : end(response, 404, 'UNKNOWN');
  }
}

function end(response: ServerResponse, status: number, body: string | Buffer = '', headers = {}): void {
  response.writeHead(status, headers).end(body);
}
