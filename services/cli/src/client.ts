// Talks to the gateway. Every way it can go wrong becomes one sentence that says what to do.
import { setTimeout as pause } from 'node:timers/promises';
import { Fault, InvalidInput, Transient } from '@assay/contracts/errors';
import type { Connection } from './connection.ts';
import { problemOf } from './problem.ts';
import { readMessages, type ServerMessage } from './server-messages.ts';

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface RequestOptions {
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; a function is called again for every attempt. */
  body?: () => AsyncIterable<Uint8Array>;
  /** The same request twice does no harm, so that it may be tried again. Default: true for GET and DELETE. */
  isRepeatable?: boolean;
  /** Longest wait for the answer. Milliseconds, default 30000; 0: none. */
  timeoutMs?: number;
}

export interface ClientOptions {
  signal: AbortSignal;
  /** Attempts of a repeatable request. At least 1, default 5. */
  attempts?: number;
  /** Waits between attempts; specs hand in their own. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const maxAnswerBytes = 64 * 1024 * 1024;
const longestWaitMs = 30_000;

export class Client {
  readonly url: string;
  readonly #connection: Connection;
  readonly #options: Required<ClientOptions>;

  constructor(connection: Connection, options: ClientOptions) {
    this.url = connection.url;
    this.#connection = connection;
    this.#options = { attempts: 5, sleep, ...options };
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.request<T>('GET', path, { query });
  }

  /** The answer's JSON; undefined for an empty one. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#send(method, path, options);
    const text = await this.#guard(readText(response));
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new InvalidInput(`${this.url} does not answer like Assay’s gateway; check ASSAY_URL`, {
        code: 'gateway.stranger',
        cause,
      });
    }
  }

  /** The answer as it comes; `signal` ends it. A lost connection is Transient. */
  async *download(path: string): AsyncGenerator<Uint8Array> {
    const response = await this.#send('GET', path, { headers: { accept: '*/*' }, timeoutMs: 0 });
    if (!response.body) return;
    try {
      yield* response.body;
    } catch (error) {
      if (this.#options.signal.aborted) throw this.#options.signal.reason;
      throw this.#lost(error);
    }
  }

  /** Server-sent events, until the server or the signal ends them. A lost connection is Transient. */
  async *messages(
    path: string,
    query: Query,
    headers: Readonly<Record<string, string>> = {},
    signal = this.#options.signal,
  ): AsyncGenerator<ServerMessage> {
    const response = await this.#send(
      'GET',
      path,
      { query, headers: { accept: 'text/event-stream', ...headers }, timeoutMs: 0 },
      signal,
    );
    if (!response.body) return;
    try {
      yield* readMessages(response.body);
    } catch (error) {
      if (signal.aborted) return;
      throw this.#lost(error);
    }
  }

  async #send(method: string, path: string, options: RequestOptions, signal = this.#options.signal): Promise<Response> {
    const isRepeatable = options.isRepeatable ?? (method === 'GET' || method === 'DELETE');
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(method, path, options, signal);
      } catch (error) {
        if (!(error instanceof Transient) || error.code === 'gateway.unreachable') throw error;
        if (!isRepeatable || attempt >= this.#options.attempts) throw error;
        const backoffMs = error.retryAfterMs ?? 250 * 2 ** attempt;
        await this.#options.sleep(Math.min(backoffMs, longestWaitMs), signal);
      }
    }
  }

  async #once(method: string, path: string, options: RequestOptions, signal: AbortSignal): Promise<Response> {
    const { token } = this.#connection;
    const timeoutMs = options.timeoutMs ?? 30_000;
    const body = options.json === undefined ? options.body?.() : JSON.stringify(options.json);
    const sent = fetch(`${this.url}${path}${queryString(options.query ?? {})}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      // A redirect would carry the request to where nobody asked it to go.
      redirect: 'manual',
      signal: timeoutMs > 0 ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : signal,
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    } as RequestInit);
    const response = await this.#guard(sent);
    if (response.ok) return response;
    throw await problemOf(response, this.url);
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (this.#options.signal.aborted) throw this.#options.signal.reason;
      throw this.#lost(error);
    }
  }

  #lost(error: unknown): Error {
    if (error instanceof Fault || error instanceof InvalidInput || error instanceof Transient) return error;
    // fetch puts what happened into the cause of its "fetch failed".
    const { name, cause = error } = error as Partial<Error>;
    if (unreachable.has(codeOf(cause)))
      return new Transient(`nothing answers at ${this.url}: start it with \`npm start\` or set ASSAY_URL`, {
        code: 'gateway.unreachable',
      });
    // Ports that browsers refuse too (Fetch standard, "bad port").
    if ((cause as Partial<Error>).message === 'bad port')
      return new InvalidInput(`${this.url} has a port that HTTP does not use; check ASSAY_URL`, {
        code: 'gateway.port',
      });
    if (name === 'TimeoutError')
      return new Transient(`${this.url} did not answer in time; try again`, { code: 'gateway.timeout' });
    return new Transient(`the connection to ${this.url} broke; try again`, { code: 'gateway.lost', cause });
  }
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(cause: unknown): string {
  // "localhost" has two addresses; Node reports one error for each inside one of its own.
  const { errors, code } = cause as Partial<AggregateError> & { code?: unknown };
  return String(code ?? (errors?.[0] as NodeJS.ErrnoException | undefined)?.code ?? '');
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes)
      throw new InvalidInput('the answer is larger than 64 MiB; ask for less with --limit', {
        code: 'gateway.too-large',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    const values = Array.isArray(value) ? value : [value ?? ''];
    return values.filter((item) => item !== '').map((item) => [name, String(item)]);
  });
  return pairs.length ? `?${new URLSearchParams(pairs)}` : '';
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal });
}
