import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { InvalidInput, Transient } from '@assay/contracts';
import { type Expected, type Received, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Secrets, Sink } from '../../sink.ts';
import { errorOf, findingItem, firstTry, testContext } from '../../testing/sink-context.ts';
import { s3 } from './index.ts';

const secrets: Secrets = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
const authorization =
  /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260131\/eu-central-1\/s3\/aws4_request, SignedHeaders=[a-z0-9;-]*host;x-amz-content-sha256;x-amz-date[a-z0-9;-]*, Signature=[0-9a-f]{64}$/;

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
const isThere: Expected = {
  method: 'GET',
  path: '/evidence/?list-type=2&max-keys=1',
  headers: { authorization, 'x-amz-date': '20260131T120000Z' },
  answer: '<ListBucketResult/>',
};
const xml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>secret words</Message></Error>`;

const item = findingItem(1, 'a');
const name = `${createHash('sha256').update('e1').digest('hex').slice(0, 32)}-0000`;
const path = `/evidence/assay/date%3D2026-01-31/severity%3Dhigh/${name}.jsonl.gz`;
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
const put = (change: Partial<Expected> = {}): Expected => ({
  method: 'PUT',
  path,
  headers: { authorization, 'content-type': 'application/gzip' },
  check: checkDigests,
  ...change,
});

function checkDigests({ headers, body }: Received): void {
  expect(headers['x-amz-content-sha256']).toBe(createHash('sha256').update(body).digest('hex'));
  expect(headers['content-md5']).toBe(createHash('md5').update(body).digest('base64'));
  expect(headers['content-length']).toBe(String(body.length));
}

let server: ScriptedServer;
const sinks: Sink[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

async function open(config: Record<string, unknown> = {}, own = secrets, allowsPrivateAddresses = true): Promise<Sink> {
  const base = { bucket: 'evidence', region: 'eu-central-1', endpoint: server.url, allowPrivate: true };
  const sink = await s3.open({ ...base, ...config }, own, testContext({ allowsPrivateAddresses }));
  sinks.push(sink);
  return sink;
}

async function opened(config: Record<string, unknown> = {}): Promise<Sink> {
  server.expect(isThere);
  return open(config);
}

describe('an S3 bucket', () => {
  it('gets JSON lines, compressed, signed, with their digests', async () => {
    const sink = await opened();
    server.expect(put());
    await sink.deliver([item, findingItem(1, 'b', {}, 1)], firstTry);
    const lines = gunzipSync(server.received[1]?.body ?? Buffer.of())
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['a', 'b']);
  });

  it('gets the same object with the same bytes when a delivery is repeated', async () => {
    const sink = await opened();
    server.expect(put(), put());
    await sink.deliver([item], firstTry);
    await sink.deliver([item], { ...firstTry, attempt: 2 });
    expect(server.received[2]?.body).toEqual(server.received[1]?.body);
  });

  it('gets lines as they are where nothing is to be compressed', async () => {
    const sink = await opened({ gzip: false, prefix: "a/b'(1)", partition: [] });
    const plain = {
      path: `/evidence/a/b%27%281%29/${name}.jsonl`,
      headers: { 'content-type': 'application/x-ndjson' },
    };
    server.expect(put(plain));
    await sink.deliver([item], firstTry);
    expect(JSON.parse(server.received[1]?.body.toString() ?? '')).toMatchObject({ id: 'a', severity: 'high' });
  });

  it('sends the token of credentials that were given for a while', async () => {
    const headers = { 'x-amz-security-token': 't0ken' };
    server.expect({ ...isThere, headers });
    const sink = await open({}, { ...secrets, sessionToken: 't0ken' });
    server.expect(put({ headers }));
    await sink.deliver([item], firstTry);
  });

  it('is asked for below the path of its server', async () => {
    server.expect({ ...isThere, path: `/gate${isThere.path}` });
    const sink = await open({ endpoint: `${server.url}/gate/` });
    server.expect(put({ path: `/gate${path}` }));
    await sink.deliver([item], firstTry);
  });

  it('has its name in the host where it is not in the path', async () => {
    const error = await errorOf(open({ endpoint: 'https://s3.invalid', pathStyle: false }));
    expect(error.message).toContain('https://evidence.s3.invalid did not take it');
    const dotted = await errorOf(open({ endpoint: 'https://s3.invalid', bucket: 'evidence.example.com' }));
    expect(dotted.message).toContain('https://s3.invalid did not take it');
  });

  it('need not let its credentials list', async () => {
    server.expect({ ...isThere, status: 403, answer: xml('AccessDenied') });
    await open();
  });

  it('gets every object of a delivery, and the delivery again when one is missing', async () => {
    const items = Array.from({ length: 30 }, (_, index) => findingItem(index + 1, 'a'));
    const sink = await opened({ partition: ['hour'], gzip: false });
    const expected = items.map(({ event }): Expected => {
      const own = createHash('sha256').update(event.id).digest('hex').slice(0, 32);
      return { method: 'PUT', path: `/evidence/assay/hour%3D00/${own}-0000.jsonl` };
    });
    server.expect(...expected);
    await sink.deliver(items, firstTry);
    server.expect({ ...(expected[0] as Expected), status: 503, answer: xml('SlowDown') });
    expect(await errorOf(sink.deliver(items.slice(0, 1), firstTry))).toBeInstanceOf(Transient);
  });

  it.each([
    [400, 'InvalidBucketName', 'config.bucket is no name'],
    [400, 'AuthorizationHeaderMalformed', 'config.region is not the bucket’s'],
    [301, 'PermanentRedirect', 'repair config.region and config.endpoint'],
  ])('is refused at once when it answers %i %s', async (status, code, words) => {
    server.expect({ ...isThere, status, answer: xml(code) });
    const error = await errorOf(open());
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('secret words');
  });

  it.each([
    [403, 'InvalidAccessKeyId', 'sink.credential-refused', 'the server does not know credentials.accessKeyId'],
    [403, 'SignatureDoesNotMatch', 'sink.credential-refused', 'is not that of the access key'],
    [403, '', 'sink.credential-refused', 'the receiver answered 403'],
    [404, 'NoSuchBucket', 'sink.s3', 'make the bucket, or repair config.bucket'],
    [404, '', 'sink.s3', 'the receiver answered 404'],
    [302, '', 'sink.s3', 'the receiver answered 302'],
  ])('is opened again later when it answers %i %s', async (status, own, code, words) => {
    server.expect({ ...isThere, status, answer: own ? xml(own) : '<html>nothing here</html>' });
    const error = await errorOf(open());
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(words);
  });

  it.each([
    [404, 'NoSuchBucket'],
    [301, 'PermanentRedirect'],
    [400, 'AuthorizationHeaderMalformed'],
    [404, ''],
  ])('gives no event up for an answer of %i %s, which says nothing of the object', async (status, code) => {
    const sink = await opened();
    server.expect(put({ status, answer: code ? xml(code) : '<html>nothing here</html>' }));
    expect(await errorOf(sink.deliver([item], firstTry))).toBeInstanceOf(Transient);
  });

  it.each([
    [500, 'InternalError', undefined],
    [503, 'SlowDown', 7000],
    [429, 'TooManyRequests', undefined],
    [400, 'RequestTimeout', undefined],
    [403, 'RequestTimeTooSkewed', undefined],
    [409, 'OperationAborted', undefined],
  ])('is asked again later when it answers %i %s', async (status, code, wait) => {
    const answerHeaders: Record<string, string> = wait ? { 'retry-after': String(wait / 1000) } : {};
    const busy = { status, answer: xml(code), answerHeaders };
    server.expect({ ...isThere, ...busy });
    expect(await errorOf(open())).toBeInstanceOf(Transient);
    const sink = await opened();
    server.expect(put(busy));
    const error = await errorOf(sink.deliver([item], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error.message).toContain(`${status}: ${code}`);
    expect(error).toMatchObject({ retryAfterMs: wait });
  });

  it('waits for better credentials when those it has are not taken any longer', async () => {
    const sink = await opened();
    server.expect(put({ status: 403, answer: xml('ExpiredToken') }));
    const error = await errorOf(sink.deliver([item], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ code: 'sink.credential-refused' });
    expect(error.message).toContain('give a session token that is valid');
  });

  it.each([
    [400, 'EntityTooLarge', 'make batch.size smaller'],
    [412, 'PreconditionFailed', 'answered 412: PreconditionFailed'],
    [413, '', 'make batch.size smaller'],
  ])('never takes an object of which it says %i %s', async (status, code, words) => {
    const sink = await opened();
    server.expect(put({ status, answer: code ? xml(code) : '<html>too large</html>' }));
    const error = await errorOf(sink.deliver([item], firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(words);
  });

  it('is asked again when it breaks off, or says nothing in time', async () => {
    const sink = await opened({ timeoutMs: 100 });
    server.expect(put({ respond: (response) => response.destroy() }));
    expect(await errorOf(sink.deliver([item], firstTry))).toBeInstanceOf(Transient);
    server.expect(put({ respond: () => {} }));
    expect(await errorOf(sink.deliver([item], firstTry))).toBeInstanceOf(Transient);
  });

  it('is not looked for inside where the service does not let it', async () => {
    const error = await errorOf(open({ endpoint: server.url.replace('http:', 'https:') }, secrets, false));
    expect(error.message).toContain('no public address');
  });

  it.each([
    [{ endpoint: 'http://s3.example.com', allowPrivate: false }, 'must be https://'],
    [{ endpoint: 'https://me:pw@s3.example.com' }, 'user name or password'],
    [{ bucket: '../x' }, 'config of a s3 sink is wrong'],
    [{ prefix: 'a/../b' }, 'no segment of dots'],
    [{ prefix: '/a' }, 'is a path without'],
    [{ partition: ['date', 'date'] }, 'names each once'],
    [{ partition: ['title'] }, 'config of a s3 sink is wrong'],
    [{ sse: 'AES256' }, 'Unrecognized key'],
  ])('refuses the config %j', async (config, reason) => {
    const error = await errorOf(open(config));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  it('refuses to begin without credentials', async () => {
    expect((await errorOf(open({}, { accessKeyId: 'a' }))).message).toContain('credentials.secretAccessKey');
  });
});
