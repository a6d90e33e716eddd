// Whether a delivery comes from who holds the webhook's secret: HMAC-SHA256 over the bytes as they came, before anything
// reads them. What is not signed proves nothing, so it never decides whether a delivery is a new one.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { InvalidInput, Transient } from '@assay/contracts';
import type { Webhook, WebhookSecret } from './read-webhooks.ts';

/** How old a signed time may be, and how far ahead. Milliseconds; as Standard Webhooks recommends. */
export const toleranceMs = 5 * 60_000;
/** Most signatures that a delivery may carry, for keys that replace each other. */
const maxSignatures = 8;
const leastSecretBytes = 16;

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

interface Scheme {
  /** What the sender claims, each an HMAC in bytes; empty: nothing that could be one. */
  signatures(headers: IncomingHttpHeaders): Buffer[];
  /** The bytes that are signed. */
  signed(delivery: Delivery): Uint8Array;
  key(secret: string): Uint8Array;
  /** When it was sent, in milliseconds since 1970, as far as that is signed. */
  sentAt?(headers: IncomingHttpHeaders): number;
  /** What is the same when the same delivery comes again, and cannot be changed without the secret. */
  identity(delivery: Delivery): string;
}

const schemes: Readonly<Record<Webhook['scheme'], Scheme>> = {
  // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries: the delivery's id is not signed.
  github: {
    signatures: (headers) => {
      const hex = /^sha256=([0-9a-f]{64})$/i.exec(one(headers['x-hub-signature-256']))?.[1];
      return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
    },
    signed: ({ body }) => body,
    key: (secret) => Buffer.from(secret),
    identity: ({ body }) => hash('sha256', body),
  },
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  standard: {
    signatures: (headers) =>
      one(headers['webhook-signature'])
        .split(' ', maxSignatures)
        .flatMap((each) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(each)?.[1] ?? [])
        .map((text) => Buffer.from(text, 'base64')),
    signed: ({ headers, body }) =>
      Buffer.concat([Buffer.from(`${one(headers['webhook-id'])}.${one(headers['webhook-timestamp'])}.`), body]),
    key: (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
    sentAt: (headers) => {
      const text = one(headers['webhook-timestamp']);
      return /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Number.NaN;
    },
    identity: ({ headers }) => one(headers['webhook-id']),
  },
};

/** Throws InvalidInput "webhook.forbidden" (403) for a delivery that cannot be proven, before its body is read. */
export function checkSigned({ scheme }: Webhook, headers: IncomingHttpHeaders): void {
  const isNamed = scheme === 'github' || /^[\x21-\x2d\x2f-\x7e]{1,255}$/.test(one(headers['webhook-id']));
  if (!isNamed || schemes[scheme].signatures(headers).length === 0)
    throw forbidden('the delivery is not signed: give the sender the webhook’s secret');
}

/** The delivery's identity. Throws InvalidInput "webhook.forbidden" when it is not signed with a secret of the webhook. */
export async function verifyDelivery(webhook: Webhook, delivery: Delivery, now: Date): Promise<string> {
  checkSigned(webhook, delivery.headers);
  const scheme = schemes[webhook.scheme];
  const given = scheme.signatures(delivery.headers);
  const signed = scheme.signed(delivery);
  let isGenuine = false;
  for (const reference of webhook.secrets) {
    const key = scheme.key(await secretOf(webhook.name, reference));
    if (key.byteLength < leastSecretBytes) throw unusable(webhook.name, `must have at least ${leastSecretBytes} bytes`);
    const expected = createHmac('sha256', key).update(signed).digest();
    for (const each of given) isGenuine = timingSafeEqual(each, expected) || isGenuine;
  }
  if (!isGenuine) throw forbidden('the delivery is signed with another secret, or was changed on its way');
  const sentAt = scheme.sentAt?.(delivery.headers);
  if (sentAt !== undefined && !(Math.abs(now.getTime() - sentAt) <= toleranceMs))
    throw forbidden(
      `the delivery’s time is more than ${toleranceMs / 1000} s away from ours: it is too old, or a clock is wrong`,
    );
  return scheme.identity(delivery);
}

// Read anew each time: a secret is replaced without a restart.
async function secretOf(webhook: string, reference: WebhookSecret): Promise<string> {
  if ('env' in reference) {
    const value = process.env[reference.env];
    if (!value) throw unusable(webhook, `is not in ${reference.env}`);
    return value;
  }
  const { file } = reference;
  try {
    const { mode, size } = await stat(file);
    if ((mode & 0o077) !== 0) throw unusable(webhook, `in ${file} can be read by others: chmod 600 it`);
    if (size > 4096) throw unusable(webhook, `in ${file} is too long`);
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if (cause instanceof Transient) throw cause;
    throw unusable(webhook, `in ${file} cannot be read`, cause);
  }
}

function one(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function forbidden(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'webhook.forbidden' });
}

// The sender did nothing wrong and tries again; the reason is for the log.
function unusable(webhook: string, why: string, cause?: unknown): Transient {
  return new Transient(`webhook ${webhook} cannot be checked now`, {
    code: 'webhook.secret',
    cause: new Error(`its secret ${why}`, { cause }),
    retryAfterMs: 60_000,
  });
}
