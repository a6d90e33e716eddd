// Requests signed as AWS says (Signature Version 4), which every provider of the S3 API takes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that were given for a while. */
  sessionToken?: string;
}

export interface S3Request {
  method: 'DELETE' | 'GET' | 'PUT';
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array;
}

/** The request's headers with those that sign it; the body's hash is among what is signed. */
export type Sign = (request: S3Request, now: Date) => Promise<Record<string, string>>;

export async function openSigner(region: string, credentials: S3Credentials): Promise<Sign> {
  // Loaded where such a sink runs: it takes 12 MB.
  const { SignatureV4 } = await import('@smithy/signature-v4');
  // S3 alone wants a path as it is sent, not escaped once more.
  const signer = new SignatureV4({ service: 's3', region, credentials, sha256: Sha256, uriEscapePath: false });
  return async ({ method, url, headers, body }, now) => {
    const signed = await signer.sign(
      {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        body,
      },
      { signingDate: now },
    );
    return signed.headers;
  };
}

type Bytes = string | ArrayBuffer | ArrayBufferView;

class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bufferOf(secret));
  }

  update(data: Bytes): void {
    this.#hash.update(bufferOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bufferOf(data: Bytes): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
