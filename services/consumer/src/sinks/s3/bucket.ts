// One bucket of a server that speaks the S3 API: asked once whether it is there, then objects are put into it.
import { createHash } from 'node:crypto';
import { type InvalidInput, Transient } from '@assay/contracts';
import { type Answer, type Door, openDoor } from '../../http/door.ts';
import type { Reach } from '../../http/settings.ts';
import type { SinkContext } from '../../sink.ts';
import { openSigner, type S3Credentials, type Sign } from './sign-request.ts';

export interface BucketOptions {
  bucket: string;
  region: string;
  /** Undefined: Amazon's in that region. */
  endpoint: string | undefined;
  /** The bucket in the path and not in the host's name. */
  pathStyle: boolean;
  credentials: S3Credentials;
  reach: Reach;
  context: SinkContext;
  connections: number;
}

export interface Bucket {
  /** Resolves when the object is stored. Throws Transient, or InvalidInput when it will never be. */
  put(object: { key: string; body: Uint8Array; contentType: string }, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Of an answer so much is read, for the code of its error. */
const maxAnswerBytes = 64 * 1024;

/** Codes of 4xx that go away by themselves. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const passing = new Set(['ConditionalRequestConflict', 'OperationAborted', 'RequestTimeTooSkewed', 'RequestTimeout']);

/** Codes that say nothing of the object: the bucket is not there, or not where the config says. */
const ofTheBucket = new Set([
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidBucketName',
  'NoSuchBucket',
  'PermanentRedirect',
]);

const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'the credentials need s3:PutObject on the bucket',
  AllAccessDisabled: 'the bucket is disabled',
  AuthorizationHeaderMalformed: 'config.region is not the bucket’s',
  EntityTooLarge: 'make batch.size smaller',
  ExpiredToken: 'give a session token that is valid',
  IllegalLocationConstraintException: 'config.region is not the bucket’s',
  InvalidAccessKeyId: 'the server does not know credentials.accessKeyId',
  InvalidBucketName: 'config.bucket is no name that the server takes',
  NoSuchBucket: 'make the bucket, or repair config.bucket',
  PermanentRedirect: 'the bucket is elsewhere: repair config.region and config.endpoint',
  SignatureDoesNotMatch: 'credentials.secretAccessKey is not that of the access key',
};

/**
 * Throws InvalidInput when the config does not fit the bucket, Transient when the bucket or the credentials are not there
 * yet, or the server does not say. That the credentials may not list is no reason against: to put is all they need.
 */
export async function openBucket(options: BucketOptions): Promise<Bucket> {
  const { bucket, region, pathStyle, credentials, reach, context, connections } = options;
  const base = new URL(options.endpoint ?? `https://s3.${region}.amazonaws.com`);
  if (!pathStyle) base.host = `${bucket}.${base.host}`;
  const door = await openDoor({
    type: 's3',
    url: base.href,
    urlMember: 'endpoint',
    reach,
    secrets: { ...credentials },
    context,
    maxAnswerBytes,
    connections,
  });
  const opened = new OpenBucket(door, pathStyle ? `/${bucket}` : '', await openSigner(region, credentials), () =>
    context.now(),
  );
  try {
    await opened.check(AbortSignal.timeout(reach.timeoutMs * 2));
  } catch (error) {
    await door.close();
    throw error;
  }
  return opened;
}

class OpenBucket implements Bucket {
  readonly #door: Door;
  readonly #path: string;
  readonly #sign: Sign;
  readonly #now: () => Date;

  constructor(door: Door, path: string, sign: Sign, now: () => Date) {
    this.#door = door;
    this.#path = path;
    this.#sign = sign;
    this.#now = now;
  }

  async check(signal: AbortSignal): Promise<void> {
    const answer = await this.#send('GET', `${this.#path}/?list-type=2&max-keys=1`, {}, undefined, signal);
    const code = codeOf(answer);
    if (isStored(answer) || (answer.status === 403 && code === 'AccessDenied')) return;
    // Only another config repairs these; everything else can be repaired while the sink waits.
    if (ofTheBucket.has(code) && code !== 'NoSuchBucket') throw this.#door.errorOf(answer, saidOf(code));
    const error = this.#errorOf(answer);
    throw error instanceof Transient ? error : new Transient(error.message, { code: 'sink.s3' });
  }

  async put({ key, body, contentType }: Parameters<Bucket['put']>[0], signal: AbortSignal): Promise<void> {
    const headers = {
      'content-type': contentType,
      'content-length': String(body.byteLength),
      // Wanted by buckets with object lock.
      'content-md5': createHash('md5').update(body).digest('base64'),
    };
    const answer = await this.#send('PUT', `${this.#path}/${encodeKey(key)}`, headers, body, signal);
    if (!isStored(answer)) throw this.#errorOf(answer);
  }

  close(): Promise<void> {
    return this.#door.close();
  }

  async #send(
    method: 'GET' | 'PUT',
    path: string,
    headers: Record<string, string>,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { origin, pathname } = this.#door.url;
    const url = new URL(`${origin}${pathname.replace(/\/+$/, '')}${path}`);
    const signed = await this.#sign({ method, url, headers, ...(body ? { body } : {}) }, this.#now());
    return this.#door.send({ method, path, headers: signed, signal, ...(body ? { body } : {}) });
  }

  #errorOf(answer: Answer): InvalidInput | Transient {
    const code = codeOf(answer);
    const said = saidOf(code || (answer.status === 413 ? 'EntityTooLarge' : ''));
    if (answer.status < 500 && passing.has(code))
      return new Transient(`the receiver answered ${answer.status}: ${said}`, { code: 'sink.s3' });
    const error = this.#door.errorOf(answer, said);
    // No event is given up for what is wrong with the bucket, nor for what somebody in between says of it, without a code.
    const isOfObject = code === '' ? answer.status === 413 : !ofTheBucket.has(code);
    return isOfObject || error instanceof Transient ? error : new Transient(error.message, { code: 'sink.s3' });
  }
}

function saidOf(code: string): string {
  const hint = hints[code];
  return hint ? `${code}; ${hint}` : code;
}

function isStored({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** "NoSuchBucket"; empty when the answer says none. */
function codeOf({ text }: Answer): string {
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
}

/** A key in a path: encodeURIComponent leaves what the signature wants escaped. */
function encodeKey(key: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return key
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, percent))
    .join('/');
}
