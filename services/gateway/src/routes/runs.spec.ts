import { runCancelled, runRequested } from '@assay/contracts';
import type { StoredRun } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, noon, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
});
afterEach(() => test.stop());

const ask = (payload: unknown, headers: Record<string, string> = {}) =>
  test.app.inject({
    method: 'POST',
    url: '/api/v1/runs',
    headers: { ...asAdmin, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
const published = () => test.bus.stored.map(({ payload }) => runRequested.message.decode(payload));

describe('asking for a run', () => {
  it('publishes run.requested with all that was said', async () => {
    const answer = await ask({
      pipeline: 'nightly',
      sourcePath: '/src/shop',
      target: 'github.com/acme/shop',
      kind: 'repository',
      revision: 'abc',
      components: ['gosec', 'eslint'],
      params: { depth: '1' },
      steps: [{ name: 'annotate', params: { team: 'web' } }, { name: 'codeowners' }],
    });
    expect(answer.statusCode).toBe(202);
    const { runId } = answer.json();
    expect(test.bus.stored[0]?.subject).toBe('assay.run.requested.nightly');
    expect(published()).toEqual([
      {
        runId,
        pipeline: 'nightly',
        target: { name: 'github.com/acme/shop', kind: 'repository' },
        revision: 'abc',
        sourcePath: '/src/shop',
        sourceUrl: '',
        components: ['gosec', 'eslint'],
        params: { depth: '1' },
        steps: [
          { name: 'annotate', params: { team: 'web' }, outside: false },
          { name: 'codeowners', params: {}, outside: false },
        ],
        requestedAt: noon.toISOString(),
      },
    ]);
  });

  it('names what the run is to fetch, by its address or by what was uploaded', async () => {
    expect((await ask({ sourceUrl: 'https://example.com/acme/shop.git', revision: 'main' })).statusCode).toBe(202);
    const { digest } = await test.blobs.put(Buffer.from('an archive'));
    expect((await ask({ target: 'shop', sourceArchive: digest })).statusCode).toBe(202);
    expect(published()).toMatchObject([
      { target: { name: 'example.com/acme/shop' }, sourceUrl: 'https://example.com/acme/shop.git', revision: 'main' },
      { target: { name: 'shop' }, sourceArchive: { digest, size: 10, mediaType: 'application/gzip' } },
    ]);
  });

  it('scans a folder under its own name when only that is said', async () => {
    await ask({ sourcePath: '/src/shop/' });
    expect(published()[0]).toMatchObject({ pipeline: 'scan', target: { name: 'shop', kind: 'repository' } });
  });

  it('is one run for the same Idempotency-Key', async () => {
    const body = { target: 'shop' };
    const [first, second] = [await ask(body, { 'idempotency-key': 'k' }), await ask(body, { 'idempotency-key': 'k' })];
    expect(second.json()).toEqual(first.json());
    expect(published()).toHaveLength(1);
  });

  it.each([
    ['nothing to scan', {}, 'run.target'],
    ['the root folder without a target', { sourcePath: '/' }, 'run.target'],
    ['a relative path', { target: 'a', sourcePath: 'src' }, 'run.source-path'],
    ['a path that climbs', { target: 'a', sourcePath: '/src/../etc' }, 'run.source-path'],
    ['an address of a file', { target: 'a', sourceUrl: 'file:///etc' }, 'run.source'],
    ['an address with a password', { target: 'a', sourceUrl: 'https://me:secret@example.com/a.git' }, 'run.source'],
    ['two sources', { sourcePath: '/src', sourceUrl: 'https://example.com/a.git' }, 'run.source'],
    ['a pipeline that is no name', { target: 'a', pipeline: '../scan' }, 'run.pipeline'],
    ['a member that is unknown', { target: 'a', sourcepath: '/src' }, 'request.invalid'],
    ['params that are no strings', { target: 'a', params: { depth: 1 } }, 'request.invalid'],
    ['a step without a name', { target: 'a', steps: [{ params: {} }] }, 'request.invalid'],
    ['too many steps', { target: 'a', steps: Array(33).fill({ name: 'a' }) }, 'request.invalid'],
    ['a list', [], 'request.invalid'],
    ['no JSON', '{"target":', 'request.json'],
    ['text that is not UTF-8', '"\udc00', 'request.json'],
    ['a nest of lists', '['.repeat(100_000), 'request.json'],
    ['a deep nest', `${'['.repeat(65)}${']'.repeat(65)}`, 'request.json'],
    ['a prototype', '{"target":"a","params":{"__proto__":{"x":"y"}}}', 'request.json'],
    ['nothing at all', '', 'request.invalid'],
  ])('is refused with %s', async (_, body, code) => {
    const answer = await ask(body);
    expect(answer.json()).toMatchObject({ status: 400, code });
    expect(test.bus.stored).toEqual([]);
  });

  it.each([
    ['too long a body', { payload: JSON.stringify({ target: 'x'.repeat(300_000) }) }, 413, 'request.too-large'],
    [
      'another content type',
      { payload: 'target=a', headers: { 'content-type': 'text/plain' } },
      415,
      'request.content-type',
    ],
  ])(
    'is refused with %s',
    async (_, { payload, headers = {} }: { payload: string; headers?: Record<string, string> }, status, code) => {
      const answer = await ask(payload, headers);
      expect(answer.statusCode).toBe(status);
      expect(answer.json()).toMatchObject({ status, code });
    },
  );
});

describe('having a run ended', () => {
  const cancel = (id: string, payload: unknown = {}) =>
    test.app.inject({
      method: 'POST',
      url: `/api/v1/runs/${id}/cancel`,
      headers: { ...asAdmin, 'content-type': 'application/json' },
      payload: JSON.stringify(payload),
    });
  beforeEach(() => {
    test.store.allRuns.push(
      { runId: 'a', pipeline: 'scan', target: 'shop', phase: 'started' } as StoredRun,
      { runId: 'b', pipeline: 'scan', target: 'shop', phase: 'finished', finished: {} } as StoredRun,
    );
  });

  it('publishes run.cancelled once, with the reason', async () => {
    const answers = [await cancel('a', { reason: 'wrong branch' }), await cancel('a', { reason: 'again' })];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(test.bus.stored.map(({ subject }) => subject)).toEqual(['assay.run.cancelled.scan']);
    expect(test.bus.stored.map(({ payload }) => runCancelled.message.decode(payload))).toEqual([
      { runId: 'a', pipeline: 'scan', reason: 'wrong branch', cancelledAt: noon.toISOString() },
    ]);
  });

  it.each([
    ['is over', 'b', 409, 'run.conflict'],
    ['nobody knows', 'z', 404, 'run.missing'],
  ])('is refused for one that %s', async (_, id, status, code) => {
    const answer = await cancel(id);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(test.bus.stored).toEqual([]);
  });
});

describe('reading runs', () => {
  beforeEach(() => {
    const run = (runId: string, target: string, phase: string) => ({ runId, target, phase }) as StoredRun;
    test.store.allRuns.push(run('a', 'shop', 'assessed'), run('b', 'shop', 'started'), run('c', 'blog', 'started'));
  });
  it.each([
    ['/api/v1/runs', 200, { items: [{ runId: 'a' }, { runId: 'b' }, { runId: 'c' }] }],
    ['/api/v1/runs?target=shop&phase=started', 200, { items: [{ runId: 'b' }] }],
    ['/api/v1/runs?phase=sleeping', 400, { code: 'request.invalid' }],
    ['/api/v1/runs/b', 200, { runId: 'b', phase: 'started' }],
    ['/api/v1/runs/z', 404, { code: 'run.missing' }],
  ])('answers GET %s with %i', async (url, status, body) => {
    const answer = await test.app.inject({ url, headers: asAdmin });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(body);
  });
});
