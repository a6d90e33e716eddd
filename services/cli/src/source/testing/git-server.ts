// A real git server: `git http-backend` behind HTTP, or a bare repository as plain files ("dumb").
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GitServer extends AsyncDisposable {
  /** http://HOST:PORT, without a slash. */
  readonly url: string;
  /** Folder of the bare repository /shop.git. */
  readonly bare: string;
  /** Headers "authorization" that came, in order, "" for none. */
  readonly authorizations: string[];
  /** Commits files on a branch of /shop.git and says the commit. */
  commit(files: Readonly<Record<string, string>>, options?: { branch?: string; tag?: string }): Promise<string>;
}

export interface GitServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Serves files only, as any web server can. */
  readonly isDumb?: boolean;
  /** What "authorization" must be. */
  readonly authorization?: string;
  /** Sent on to there. */
  readonly redirectTo?: string;
}

export async function gitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'git-server-'));
  const [bare, work] = [join(root, 'served/shop.git'), join(root, 'work')];
  const git = async (...args: string[]) => (await run('git', args, { cwd: work, env: environment })).stdout.trim();
  await mkdir(work);
  await git('init', '--quiet', '--bare', '--initial-branch=main', bare);
  await git('init', '--quiet', '--initial-branch=main');
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    } else if (options.redirectTo !== undefined) {
      response.writeHead(302, { location: `${options.redirectTo}${request.url}` }).end();
    } else if (options.isDumb) void serveFile(join(root, 'served'), request, response);
    else serveByBackend(join(root, 'served'), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve));
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    bare,
    authorizations,
    async commit(files, { branch = 'main', tag } = {}) {
      await git('checkout', '--quiet', '-B', branch);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true });
        await writeFile(join(work, path), text);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', 'more');
      if (tag) await git('tag', '--annotate', '--message', tag, tag);
      await git('push', '--quiet', '--tags', bare, branch);
      await run('git', ['update-server-info'], { cwd: bare, env: environment });
      return git('rev-parse', 'HEAD');
    },
    async [Symbol.asyncDispose]() {
      await close(server);
      await rm(root, { recursive: true, force: true });
    },
  };
}

const environment = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

// RFC 3875, as far as git-http-backend(1) asks for it.
function serveByBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...environment,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  backend.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/: ?/, 2));
    const status = headers.find(([name]) => name === 'Status')?.[1];
    for (const [name = '', value = ''] of headers) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(status ? Number.parseInt(status, 10) : 200);
    response.write(head.subarray(end + 4));
  });
  backend.stdout.on('end', () => response.end());
}

async function serveFile(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const content = await readFile(join(root, path)).catch(() => undefined);
  response.writeHead(content ? 200 : 404).end(content);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
