// Signatures by which the receiver knows that a webhook is ours and not an old one.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from 'node:crypto';
import { InvalidInput } from '@assay/contracts';

const prefix = 'whsec_';

/** The key of a secret: base64 behind "whsec_", any other text as it stands. At least 24 bytes, by the standard. */
export function keyOf(secret: string): Buffer {
  const key = secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.from(secret);
  if (key.length >= 24) return key;
  throw new InvalidInput(
    'the secret of a webhook must have at least 24 bytes, e.g. "whsec_" and base64 of 32 random ones',
    {
      code: 'sink.credential',
    },
  );
}

/** webhook-signature of a body; the timestamp is in seconds. */
export function sign(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
