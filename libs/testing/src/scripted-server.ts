// An HTTP server that knows every request it is to get, and what to answer. A request that nobody expected, one that is
// not as its API wants it, and one that never came are all errors when it is closed.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came. */
export interface Received {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body as JSON. */
  json(): unknown;
  /** The parts of a multipart/form-data body, as its Content-Type delimits them. */
  form(): Promise<FormData>;
}

export interface Expected {
  method: string;
  /** With its query, as it comes over the wire. */
  path: string;
  /** Each must be there, and match. Names in lower case. */
  headers?: Readonly<Record<string, string | RegExp>>;
  /** Headers that must not be there. */
  without?: readonly string[];
  /** Throws when the request is not what the API wants. */
  check?: (received: Received) => void | Promise<void>;
  /** Default 200. */
  status?: number;
  answerHeaders?: Readonly<Record<string, string>>;
  /** Sent as it is when it is a string, else as JSON. */
  answer?: unknown;
  /** Instead of an answer: hold or break the connection. */
  respond?: (response: ServerResponse) => void;
}

export interface ScriptedServer {
  /** "http://127.0.0.1:<port>" */
  readonly url: string;
  readonly received: readonly Received[];
  /** One request more. Of those that fit, the one expected first is answered. */
  expect(...expected: Expected[]): void;
  /** Throws when anything was not as expected. */
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const waiting: Expected[] = [];
  const received: Received[] = [];
  const problems: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const got = receivedOf(request.method ?? '', request.url ?? '', request.headers, Buffer.concat(chunks));
    received.push(got);
    const line = `${got.method} ${got.path}`;
    const index = waiting.findIndex(({ method, path }) => line === `${method} ${path}`);
    const [expected] = index < 0 ? [] : waiting.splice(index, 1);
    if (!expected) {
      problems.push(`${line} was not expected`);
      response.writeHead(500).end();
      return;
    }
    for (const problem of await problemsOf(got, expected)) problems.push(`${line}: ${problem}`);
    respond(response, expected);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    expect: (...expected) => void waiting.push(...expected),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const unused = waiting.map(({ method, path }) => `${method} ${path} never came`);
      const all = [...problems, ...unused];
      if (all.length > 0) throw new Error(`the scripted server saw:\n${all.join('\n')}`);
    },
  };
}

function receivedOf(method: string, path: string, headers: IncomingHttpHeaders, body: Buffer): Received {
  return {
    method,
    path,
    headers,
    body,
    json: () => JSON.parse(body.toString()),
    form: () =>
      new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData(),
  };
}

async function problemsOf(got: Received, { headers = {}, without = [], check }: Expected): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, wanted] of Object.entries(headers)) {
    const value = String(got.headers[name] ?? '');
    const fits = typeof wanted === 'string' ? value === wanted : wanted.test(value);
    if (!fits) problems.push(`${name} is ${JSON.stringify(value)}, not ${wanted}`);
  }
  for (const name of without) if (got.headers[name] !== undefined) problems.push(`${name} is there`);
  try {
    await check?.(got);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return problems;
}

function respond(response: ServerResponse, { status = 200, answerHeaders = {}, answer, respond: own }: Expected): void {
  if (own) {
    own(response);
    return;
  }
  const isText = typeof answer === 'string' || answer === undefined;
  const type = isText ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...answerHeaders }).end(isText ? answer : JSON.stringify(answer));
}
