// The way out of every HTTP sink: one place that decides where a request may go, how long it may take, how much of an
// answer is read, and what a status means for what was to be delivered. No redirect is followed.
import { explain, InvalidInput, Transient } from '@assay/contracts';
import type { Agent, Dispatcher } from 'undici';
import { redact } from '../read-secrets.ts';
import type { Secrets, SinkContext } from '../sink.ts';
import { checkedUrl } from './checked-url.ts';
import { privateAddressCode, publicLookup } from './public-address.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Reach } from './settings.ts';

export interface DoorOptions {
  /** The sink's type; error codes begin "sink.<type>". */
  type: string;
  /** Where every request goes; paths are appended to its path. */
  url: string;
  /** The setting or credential that holds the url, for errors. Default "url". */
  urlMember?: string;
  reach: Reach;
  /** Taken out of every error. */
  secrets: Secrets;
  context: Pick<SinkContext, 'allowsPrivateAddresses' | 'now'>;
  /** Most bytes of an answer; 0 (default): no answer is read. */
  maxAnswerBytes?: number;
  /** Requests at the same time. Default 1. */
  connections?: number;
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query; every value in it encoded by the caller. Default: none. */
  path?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | FormData;
  signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty when the door reads no answers. */
  readonly text: string;
}

export interface Door {
  readonly url: URL;
  /** The answer, whatever its status. Throws Transient when there is none. */
  send(call: Call): Promise<Answer>;
  /** The answer of a 2xx; throws `errorOf` any other. */
  ask(call: Call): Promise<Answer>;
  /** What an answer means that is no success; `said` is what it says in words, shortened and without secrets. */
  errorOf(answer: Answer, said?: string): InvalidInput | Transient;
  close(): Promise<void>;
}

/** The other side does not take the sink's credentials: they are read anew before the next try. */
export const credentialRefusedCode = 'sink.credential-refused';

/** Of an answer that is not read so much is thrown away to keep the connection. Bytes. */
const maxDiscarded = 64 * 1024;
/** 4xx that may go away: request timeout, too early, too many requests. */
const transientStatus = new Set([408, 425, 429]);
const credentialStatus = new Set([401, 403, 407]);
const maxSaid = 500;

/** Throws InvalidInput when the url is none that the sink may ask for. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { reach, context, maxAnswerBytes = 0, connections = 1 } = options;
  const isPrivateAllowed = reach.allowPrivate && context.allowsPrivateAddresses;
  const isHttpAllowed = reach.allowHttp || isPrivateAllowed;
  const url = checkedUrl(options.url, options.urlMember ?? 'url', { isPrivateAllowed, isHttpAllowed });
  // Loaded where such a sink runs: it takes 20 MB.
  const { Agent } = await import('undici');
  const { timeoutMs } = reach;
  const agent = new Agent({
    connections,
    connect: { timeout: timeoutMs, ...(isPrivateAllowed ? {} : { lookup: publicLookup }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes || maxDiscarded,
  });
  return new OpenDoor(url, agent, options);
}

class OpenDoor implements Door {
  readonly url: URL;
  readonly #agent: Agent;
  readonly #options: DoorOptions;

  constructor(url: URL, agent: Agent, options: DoorOptions) {
    this.url = url;
    this.#agent = agent;
    this.#options = options;
  }

  async send(call: Call): Promise<Answer> {
    const { type, reach, maxAnswerBytes = 0 } = this.#options;
    // The agent's limits begin anew with each piece of an answer.
    const deadline = AbortSignal.timeout(3 * reach.timeoutMs);
    try {
      const answer = await this.#agent.request({
        origin: this.url.origin,
        path: this.#pathOf(call.path),
        method: call.method,
        headers: { 'user-agent': 'assay', ...call.headers },
        body: (call.body ?? null) as NonNullable<Dispatcher.DispatchOptions['body']> | null,
        signal: AbortSignal.any([call.signal, deadline]),
      });
      const { statusCode: status, headers } = answer;
      if (maxAnswerBytes > 0) return { status, headers, text: await answer.body.text() };
      // What it says is none of our business, and may repeat what we sent; a broken end changes nothing.
      await answer.body.dump({ limit: maxDiscarded }).catch(() => {});
      return { status, headers, text: '' };
    } catch (cause) {
      // The name may lead elsewhere tomorrow: nothing is thrown away for it.
      const code = (cause as { code?: unknown }).code === privateAddressCode ? privateAddressCode : `sink.${type}`;
      throw new Transient(this.#clean(`${this.url.origin} did not take it: ${explain(cause)}`), { code });
    }
  }

  async ask(call: Call): Promise<Answer> {
    const answer = await this.send(call);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.errorOf(answer);
  }

  errorOf({ status, headers }: Answer, said = ''): InvalidInput | Transient {
    const { type, context } = this.#options;
    const words = said ? `: ${oneLine(this.#clean(said)).slice(0, maxSaid)}` : '';
    const sentence = `the receiver answered ${status}${words}`;
    if (status >= 500 || transientStatus.has(status)) {
      const wait = retryAfterMs(headers['retry-after'], context.now());
      return new Transient(sentence, { code: `sink.${type}`, ...(wait === undefined ? {} : { retryAfterMs: wait }) });
    }
    if (credentialStatus.has(status))
      return new Transient(`${sentence}; the sink’s credentials are not taken, or may not do this`, {
        code: credentialRefusedCode,
      });
    const hint = status < 400 ? '; redirects are not followed, give the final url' : '';
    return new InvalidInput(`${sentence}${hint}`, { code: `sink.${type}.refused` });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #pathOf(path: string | undefined): string {
    const { pathname, search } = this.url;
    return path === undefined ? `${pathname}${search}` : `${pathname.replace(/\/+$/, '')}${path}`;
  }

  #clean(text: string): string {
    return redact(text, this.#options.secrets);
  }
}

// An answer's words go into logs and events.
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}
