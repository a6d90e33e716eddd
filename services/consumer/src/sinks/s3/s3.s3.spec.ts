import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { InvalidInput, Transient } from '@assay/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import type { Secrets, Sink } from '../../sink.ts';
import { errorOf, findingItem, firstTry, testContext } from '../../testing/sink-context.ts';
import { s3 } from './index.ts';
import { openSigner } from './sign-request.ts';

const endpoint = process.env.ASSAY_TEST_S3_URL ?? '';
const accessKeyId = process.env.ASSAY_TEST_S3_ACCESS_KEY ?? '';
const secretAccessKey = process.env.ASSAY_TEST_S3_SECRET_KEY ?? '';
const secrets: Secrets = { accessKeyId, secretAccessKey };
const bucket = `assay-sink-${randomBytes(4).toString('hex')}`;
const now = () => new Date();
const sinks: Sink[] = [];

/** Another client than the sink's: it sees what anybody sees. */
async function ask(method: 'DELETE' | 'GET' | 'PUT', path: string): Promise<Buffer> {
  const url = new URL(`${endpoint}${path}`);
  const sign = await openSigner('us-east-1', { accessKeyId, secretAccessKey });
  const headers = await sign({ method, url, headers: {} }, now());
  const agent = new Agent();
  const { statusCode, body } = await agent.request({ origin: url.origin, path, method, headers });
  const bytes = Buffer.from(await body.arrayBuffer());
  await agent.destroy();
  if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${bytes}`);
  return bytes;
}

async function keys(prefix: string): Promise<string[]> {
  const list = (await ask('GET', `/${bucket}/?list-type=2&prefix=${encodeURIComponent(prefix)}`)).toString();
  return [...list.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key.replace(/&(#39|apos);/g, "'"));
}

function pathOf(key: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return `/${bucket}/${encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, percent)}`;
}

async function lines(key: string): Promise<Record<string, unknown>[]> {
  const bytes = await ask('GET', pathOf(key));
  return gunzipSync(bytes)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

beforeAll(async () => {
  if (!endpoint) throw new Error('ASSAY_TEST_S3_URL must name a server that speaks the S3 API');
  await ask('PUT', `/${bucket}`);
});
afterAll(async () => {
  for (const key of await keys('')) await ask('DELETE', pathOf(key));
  await ask('DELETE', `/${bucket}`);
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
});

async function open(config: Record<string, unknown>, own = secrets): Promise<Sink> {
  const base = { bucket, endpoint, allowPrivate: true };
  const sink = await s3.open({ ...base, ...config }, own, testContext({ now }));
  sinks.push(sink);
  return sink;
}

describe('a bucket of a real server', () => {
  it('holds each line once, however often and in whatever company it is delivered', async () => {
    const sink = await open({ prefix: 'once' });
    const [one, two, three] = [findingItem(1, 'a'), findingItem(2, 'b', { severity: 'low' }), findingItem(3, 'c')];
    await sink.deliver([one, findingItem(1, 'd', {}, 1), two], firstTry);
    await sink.deliver([two, three], firstTry);
    await sink.deliver([one, findingItem(1, 'd', {}, 1), two, three], firstTry);
    const held = await keys('once/');
    expect(held.map((key) => key.replace(/[0-9a-f]{32}/, '*')).sort()).toEqual([
      'once/date=2026-01-31/severity=high/*-0000.jsonl.gz',
      'once/date=2026-01-31/severity=high/*-0000.jsonl.gz',
      'once/date=2026-01-31/severity=low/*-0000.jsonl.gz',
    ]);
    const all = (await Promise.all(held.map(lines))).flat();
    expect(all.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes keys of any letters', async () => {
    const sink = await open({ prefix: "odd/it's(1)!*", partition: ['target'] });
    await sink.deliver([findingItem(1, 'a', { target: 'ü/..%2F+& ~' })], firstTry);
    const [key = ''] = await keys('odd/');
    expect(key).toMatch(/^odd\/it's\(1\)!\*\/target=%C3%BC%2F\.\.%252F%2B%26%20~\/[0-9a-f]{32}-0000\.jsonl\.gz$/);
    expect(await lines(key)).toMatchObject([{ id: 'a', target: 'ü/..%2F+& ~' }]);
  });

  it('holds a large delivery in one object where that is asked for', async () => {
    const sink = await open({ prefix: 'large', group: 'delivery', partition: [] });
    const items = Array.from({ length: 5000 }, (_, index) =>
      findingItem(index, 'a', { description: 'x'.repeat(2000) }),
    );
    await sink.deliver(items, firstTry);
    await sink.deliver(items, firstTry);
    const held = await keys('large/');
    expect(held).toHaveLength(1);
    expect(await lines(held[0] ?? '')).toHaveLength(5000);
  });

  it.each([
    [{ bucket: 'assay-sink-nobody-made' }, secrets, Transient, /NoSuchBucket; make the bucket/],
    [{}, { accessKeyId: 'nobody', secretAccessKey: 'x' }, Transient, /answered 40[34]: \w+/],
    [{}, { accessKeyId, secretAccessKey: 'not this' }, Transient, /SignatureDoesNotMatch; credentials.secretAccessKey/],
    [{ region: 'eu-north-9' }, secrets, InvalidInput, /config.region is not the bucket’s/],
  ])('does not open with what is wrong: %j', async (config, own, kind, reason) => {
    const error = await errorOf(open(config, own));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(reason);
  });
});
