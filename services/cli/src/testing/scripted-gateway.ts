// A gateway that answers by a script, in any order; a request that is not in it and one that never came both fail.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Exchange {
  /** "GET /api/v1/findings?limit=1"; the query's order matters not. */
  request: string;
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON, a string as it is, a function writes itself. */
  answer?: unknown | ((response: ServerResponse) => void);
  /** May come more than once: somebody polls. */
  isRepeated?: boolean;
}

export interface Received {
  request: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface ScriptedGateway extends AsyncDisposable {
  url: string;
  received: Received[];
  /** Throws when a request came that was not expected, or one did not come. */
  finish(): Promise<void>;
}

export async function scriptedGateway(script: readonly Exchange[]): Promise<ScriptedGateway> {
  const left = [...script];
  const repeated: Exchange[] = [];
  const received: Received[] = [];
  const unexpected: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const line = normal(`${request.method} ${request.url}`);
    received.push({ request: line, headers: request.headers, body });
    const at = left.findIndex((exchange) => normal(exchange.request) === line);
    const [exchange] = at < 0 ? repeated.filter((known) => normal(known.request) === line) : left.splice(at, 1);
    if (exchange?.isRepeated && at >= 0) repeated.push(exchange);
    if (!exchange) {
      unexpected.push(line);
      response.writeHead(418).end();
      return;
    }
    answer(response, exchange);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async finish() {
      await close(server);
      if (unexpected.length) throw new Error(`unexpected requests: ${unexpected.join(', ')}`);
      if (left.length) throw new Error(`requests that never came: ${left.map(({ request }) => request).join(', ')}`);
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

function answer(response: ServerResponse, { status = 200, headers = {}, answer: given }: Exchange): void {
  if (typeof given === 'function') {
    given(response);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(given === undefined ? '' : typeof given === 'string' ? given : JSON.stringify(given));
}

/** Writes server-sent events and leaves the connection open. */
export function streamOf(...events: unknown[]): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': following\n\n');
    events.forEach((event, index) => {
      response.write(`id: assay-run:${index + 1}\ndata: ${JSON.stringify(event)}\n\n`);
    });
  };
}

function normal(line: string): string {
  const [path = '', query = ''] = line.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return query === '' ? path : `${path}?${decodeURIComponent(parameters.toString())}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
