// Items by HTTP POST, signed as Standard Webhooks says; a 2xx means taken.
import { isIP } from 'node:net';
import { explain, InvalidInput, Transient } from '@assay/contracts';
import type { Agent } from 'undici';
import { z } from 'zod';
import { defineSink, type SinkItem } from '../../sink.ts';
import { isPublicAddress, notPublic, privateAddressCode, publicLookup } from './public-address.ts';
import { retryAfterMs } from './retry-after.ts';
import { keyOf, sign } from './sign.ts';

/** Of an answer nothing is read; so much is thrown away to keep the connection. Bytes. */
const maxDiscarded = 64 * 1024;
/** 4xx that may go away: request timeout, too early, too many requests. */
const transientStatus = new Set([408, 425, 429]);

const config = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .describe('Where to; without user name and password'),
  allowPrivate: z.boolean().default(false).describe('Take addresses of the inner network, and http:// for them'),
  allowHttp: z.boolean().default(false).describe('Take http://: what is sent can be read on the way'),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(15_000)
    .describe('Longest wait for the connection, and again for the answer. Milliseconds'),
});

export const webhook = defineSink({
  type: 'webhook',
  summary: 'HTTP POST, signed (Standard Webhooks), retried, Retry-After honoured.',
  config,
  credentials: ['secret', 'authorization'],
  batchSize: 100,
  open: async ({ url, allowPrivate, allowHttp, timeoutMs }, secrets, context) => {
    const isPrivateAllowed = allowPrivate && context.allowsPrivateAddresses;
    const target = checkedUrl(url, { isPrivateAllowed, isHttpAllowed: allowHttp || isPrivateAllowed });
    const key = secrets.secret === undefined ? undefined : keyOf(secrets.secret);
    if (!key) context.log.warn('webhook has no credentials.secret: the receiver cannot tell that it is ours');
    // Loaded where such a sink runs: it takes 20 MB.
    const { Agent } = await import('undici');
    const agent = new Agent({
      connections: 1,
      connect: { timeout: timeoutMs, ...(isPrivateAllowed ? {} : { lookup: publicLookup }) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: maxDiscarded,
    });
    return {
      deliver: async (items, { id, signal }) => {
        const body = JSON.stringify({ sink: context.name, events: items.map(toEvent) });
        const now = context.now();
        const timestamp = Math.floor(now.getTime() / 1000);
        const traceparent = items[0]?.event.traceparent;
        const headers = {
          'content-type': 'application/json',
          'user-agent': 'assay',
          'webhook-id': `${context.name}-${id}`,
          'webhook-timestamp': String(timestamp),
          ...(key ? { 'webhook-signature': sign(key, `${context.name}-${id}`, timestamp, body) } : {}),
          ...(secrets.authorization ? { authorization: secrets.authorization } : {}),
          ...(traceparent ? { traceparent } : {}),
        };
        judge(await post(agent, target, headers, body, signal), context.now());
      },
      close: () => agent.destroy(),
    };
  },
});

function checkedUrl(url: string, allowed: { isPrivateAllowed: boolean; isHttpAllowed: boolean }): URL {
  const target = new URL(url);
  if (target.username || target.password) {
    throw invalid('url holds a user name or password; give it by credentials.authorization', 'sink.config');
  }
  if (target.protocol !== 'https:' && !allowed.isHttpAllowed) {
    throw invalid('url must be https://; "allowHttp": true takes http:// too', 'sink.config');
  }
  // No name is resolved for an address that is written out, so it is checked here.
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!allowed.isPrivateAllowed && isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host);
  return target;
}

function toEvent({ id, event, finding, data }: SinkItem): Record<string, unknown> {
  return { id, type: event.type, subject: event.subject, time: event.time, data: finding ?? data };
}

interface Answer {
  status: number;
  retryAfter: string | string[] | undefined;
}

async function post(
  agent: Agent,
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers,
      body,
      signal,
    });
    // What it says is none of our business, and may repeat what we sent; a broken end changes nothing.
    await answer.body.dump({ limit: maxDiscarded }).catch(() => {});
    return { status: answer.statusCode, retryAfter: answer.headers['retry-after'] };
  } catch (cause) {
    // The name may lead elsewhere tomorrow: nothing is thrown away for it.
    const code = (cause as { code?: unknown }).code === privateAddressCode ? privateAddressCode : 'sink.webhook';
    throw new Transient(`${url.origin} did not take it: ${explain(cause)}`, { code });
  }
}

function judge({ status, retryAfter }: Answer, now: Date): void {
  if (status >= 200 && status < 300) return;
  if (status >= 500 || transientStatus.has(status)) {
    const wait = retryAfterMs(retryAfter, now);
    throw new Transient(`the receiver answered ${status}`, {
      code: 'sink.webhook',
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  const hint = status < 400 ? '; redirects are not followed, give the final url' : '';
  throw invalid(`the receiver answered ${status}${hint}`, 'sink.webhook.refused');
}

function invalid(sentence: string, code: string): InvalidInput {
  return new InvalidInput(sentence, { code });
}
