// Requests to the API server, as streams: node's own HTTP with the credentials that @kubernetes/client-node has for the
// connection. Its API classes hold a whole answer in memory and its watch buffers without limit, so neither is used.
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { explain, Transient } from '@assay/contracts';
import type { KubeConfig } from '@kubernetes/client-node';
import { errorOf, type Refusal, type Status } from './errors.ts';

/** Until the head of an answer is there; the server gives an admission webhook up to 30 s. */
const headTimeoutMs = 40_000;
/** A page of a list. Bytes; an object has 1.5 MB at most. */
const maxBodyBytes = 256 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;

export interface KubeRequest {
  /** For the error's sentence: "apply Pod shop". */
  readonly doing: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the root of the API, its parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** The head comes with the first byte, whenever that is: a container may be silent for long. Default false. */
  readonly isSlow?: boolean;
}

export class Transport {
  readonly #config: KubeConfig;
  readonly #base: URL;
  // The API server ends what is idle for 90 s; ended by us before, no request meets a connection that is just going.
  readonly #agent = new Agent({ keepAlive: true, timeout: 30_000, scheduling: 'lifo' });

  constructor(config: KubeConfig, server: string) {
    this.#config = config;
    this.#base = new URL(server);
  }

  /** The answer as JSON. */
  async json<T>(request: KubeRequest): Promise<T> {
    const answer = await this.ask<T>(request);
    if ('refusal' in answer) throw errorOf(request.doing, answer.refusal);
    return answer.value;
  }

  /** The answer as JSON, or what was refused, for who knows what a refusal means. Typed by who asks: it is the API server's own. */
  async ask<T>(request: KubeRequest): Promise<{ readonly value: T } | { readonly refusal: Refusal }> {
    const response = await this.#send(request);
    if (!isSuccess(response)) return { refusal: await this.#refusal(request, response) };
    const text = await this.#text(request, response, maxBodyBytes);
    try {
      return { value: JSON.parse(text) as T };
    } catch (cause) {
      throw new Transient(`could not ${request.doing}: ${this.#base.host} did not answer in JSON`, {
        code: 'kube.unavailable',
        cause,
      });
    }
  }

  /** The body of an answer, which who asks reads or destroys; or what was refused. */
  async open(request: KubeRequest): Promise<{ readonly body: IncomingMessage } | { readonly refusal: Refusal }> {
    const response = await this.#send(request);
    return isSuccess(response) ? { body: response } : { refusal: await this.#refusal(request, response) };
  }

  async #refusal(request: KubeRequest, response: IncomingMessage): Promise<Refusal> {
    const text = await this.#text(request, response, maxErrorBytes);
    return {
      status: response.statusCode ?? 0,
      body: statusOf(text),
      text,
      retryAfter: response.headers['retry-after'],
    };
  }

  async #send(request: KubeRequest): Promise<IncomingMessage> {
    request.signal?.throwIfAborted();
    const payload = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options = await this.#options(request, payload);
    const send = this.#base.protocol === 'http:' ? requestHttp : requestHttps;
    return new Promise((resolve, reject) => {
      const sent = send(options, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      const giveUp = () => void sent.destroy(new Error(`no answer in ${headTimeoutMs / 1000} s`));
      const timer = request.isSlow ? undefined : setTimeout(giveUp, headTimeoutMs);
      // So that what waits for long notices that the other side is gone.
      sent.once('socket', (socket) => socket.setKeepAlive(true, 30_000));
      sent.on('error', (cause) => {
        clearTimeout(timer);
        reject(request.signal?.aborted ? request.signal.reason : this.#unreachable(request, cause));
      });
      sent.end(payload);
    });
  }

  async #options(request: KubeRequest, payload: string | undefined): Promise<RequestOptions> {
    const options: RequestOptions = {
      method: request.method ?? 'GET',
      protocol: this.#base.protocol,
      // URL writes an IPv6 address in brackets, which node does not take.
      hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
      port: this.#base.port,
      path: `${this.#base.pathname.replace(/\/$/, '')}${request.path}${queryOf(request.query)}`,
      ...(request.signal ? { signal: request.signal } : {}),
    };
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new Transient(`could not ${request.doing}: no credentials for ${this.#base.host}: ${explain(cause)}`, {
        code: 'kube.credentials',
        cause,
      });
    }
    // Its agent makes a connection anew for every request; only that of a proxy is one that we cannot make.
    if (!this.#config.getCurrentCluster()?.proxyUrl && this.#base.protocol === 'https:') options.agent = this.#agent;
    options.headers = {
      ...options.headers,
      accept: 'application/json',
      ...(payload === undefined
        ? {}
        : {
            'content-type': request.contentType ?? 'application/json',
            'content-length': String(Buffer.byteLength(payload)),
          }),
    };
    return options;
  }

  async #text(request: KubeRequest, response: IncomingMessage, maxBytes: number): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => response.destroy(new Error('the answer stalled')), headTimeoutMs);
    try {
      for await (const chunk of response) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
        timer.refresh();
        chunks.push(chunk);
      }
    } catch (cause) {
      request.signal?.throwIfAborted();
      throw this.#unreachable(request, cause);
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks).toString();
  }

  #unreachable(request: KubeRequest, cause: unknown): Transient {
    return new Transient(`could not ${request.doing}: ${this.#base.host} cannot be reached (${explain(cause)})`, {
      code: 'kube.unreachable',
      cause,
    });
  }
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** A proxy before the server answers in HTML. */
function statusOf(text: string): Status | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'Status'
      ? (body as Status)
      : undefined;
  } catch {
    return undefined;
  }
}

function queryOf(query: KubeRequest['query'] = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
  return given.size === 0 ? '' : `?${given}`;
}
