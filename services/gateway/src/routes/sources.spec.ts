import { signRunToken } from '@assay/runtime';
import type { StoredRun } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, noon, runTokenKey, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway({ maxSourceBytes: 1024 });
});
afterEach(() => test.stop());

const archive = Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]);
const upload = (payload: Buffer, headers: Record<string, string> = asAdmin) =>
  test.app.inject({
    method: 'POST',
    url: '/api/v1/sources',
    headers: { 'content-type': 'application/gzip', ...headers },
    payload,
  });
const asRun = (runId: string) => ({
  authorization: `Bearer ${signRunToken({ runId, pipeline: 'scan', target: 'shop', expires: noon.getTime() / 1000 + 60 }, runTokenKey)}`,
});
const fetched = (runId: string, headers: Record<string, string>) =>
  test.app.inject({ url: `/api/v1/runs/${runId}/source`, headers });

describe('what is to be scanned', () => {
  it('is uploaded, and handed to the tasks of the run that names it, byte by byte', async () => {
    const stored = await upload(archive);
    expect([stored.statusCode, stored.json().size]).toEqual([201, archive.length]);
    const requested = { runId: 'a', sourceArchive: stored.json() };
    test.store.allRuns.push({ runId: 'a', requested } as unknown as StoredRun);
    const answer = await fetched('a', asRun('a'));
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/gzip']);
    expect(answer.rawPayload.equals(archive)).toBe(true);
  });

  it.each([
    ['another run', 'a', () => asRun('b'), 403, 'auth.forbidden'],
    ['nobody', 'a', () => ({}), 401, 'auth.unauthenticated'],
    ['a run without one', 'a', () => asRun('a'), 404, 'source.missing'],
    ['a run that is not known yet, who is to ask again', 'z', () => asRun('z'), 503, 'run.unknown'],
  ])('is refused to %s', async (_, runId, headers, status, code) => {
    test.store.allRuns.push({ runId: 'a', requested: { runId: 'a' } } as unknown as StoredRun);
    const answer = await fetched(runId, headers() as Record<string, string>);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it.each([
    ['too much', Buffer.alloc(1025), asAdmin, 413, 'source.too-large'],
    ['nothing', Buffer.alloc(0), asAdmin, 400, 'source.empty'],
    ['a run’s token', archive, undefined, 403, 'auth.forbidden'],
  ])('is not taken with %s', async (_, payload, headers, status, code) => {
    const answer = await upload(payload, headers ?? asRun('a'));
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});
