import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asAdmin, noon, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
});
afterEach(() => test.stop());

const send = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  test.app.inject({ method, url: `/api/v1/tokens${url}`, headers: asAdmin, ...(payload ? { payload } : {}) });

describe('a token', () => {
  it('is shown once, works for its scopes, and stops when it is withdrawn', async () => {
    const answer = await send('POST', '', { name: 'ci', scopes: ['finding:read'], expiresAt: '2027-01-01T00:00:00Z' });
    expect(answer.statusCode).toBe(201);
    const { token, ...facts } = answer.json();
    expect(facts).toEqual({
      name: 'ci',
      scopes: ['finding:read'],
      createdAt: noon.toISOString(),
      expiresAt: '2027-01-01T00:00:00Z',
    });
    expect(token).toMatch(/^assay_[\w-]{43}$/);
    const use = () => test.app.inject({ url: '/api/v1/findings', headers: { authorization: `Bearer ${token}` } });
    expect((await use()).statusCode).toBe(200);
    expect(JSON.stringify(test.store.allTokens)).not.toContain(token);
    expect((await send('GET', '')).json()).toEqual({ items: [facts] });
    expect((await send('DELETE', '/ci')).statusCode).toBe(204);
    expect((await use()).statusCode).toBe(401);
  });

  it.each([
    ['a name that is taken', { name: 'ci', scopes: ['*'] }, 409, 'token.exists'],
    ['a scope that is none', { name: 'x', scopes: ['everything'] }, 400, 'request.invalid'],
    ['no scope', { name: 'x', scopes: [] }, 400, 'request.invalid'],
    ['a name that is none', { name: 'A B', scopes: ['*'] }, 400, 'request.invalid'],
    ['an end in the past', { name: 'x', scopes: ['*'], expiresAt: '2020-01-01T00:00:00Z' }, 400, 'token.expiry'],
    ['an end that is no time', { name: 'x', scopes: ['*'], expiresAt: 'soon' }, 400, 'request.invalid'],
  ])('is refused with %s', async (_, body, status, code) => {
    await send('POST', '', { name: 'ci', scopes: ['*'] });
    expect((await send('POST', '', body)).json()).toMatchObject({ status, code });
    expect(test.store.allTokens).toHaveLength(1);
  });

  it('that is not there cannot be withdrawn', async () => {
    expect((await send('DELETE', '/nobody')).json()).toMatchObject({ status: 404, code: 'token.missing' });
  });
});

describe('a blob', () => {
  const store = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    test.app.inject({ method: 'POST', url: '/api/v1/blobs', headers: { ...asAdmin, ...headers }, payload });

  it('is stored and named by its digest', async () => {
    const answer = await store('* @acme/web', { 'content-type': 'text/plain' });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({ digest: expect.stringMatching(/^sha256:/), size: 11, mediaType: 'text/plain' });
    expect(String(test.blobs.contents.get(answer.json().digest))).toBe('* @acme/web');
  });

  it.each([
    ['nothing in it', '', 400, 'blob.empty'],
    ['more than 16 MiB', Buffer.alloc(16 * 1024 * 1024 + 1), 413, 'blob.too-large'],
  ])('is refused with %s', async (_, content, status, code) => {
    expect((await store(content)).json()).toMatchObject({ status, code });
    expect(test.blobs.contents.size).toBe(0);
  });

  it('is handed out by no route', async () => {
    const { digest } = (await store('x')).json();
    const answer = await test.app.inject({ url: `/api/v1/blobs/${digest}`, headers: asAdmin });
    expect(answer.json()).toMatchObject({ status: 404, code: 'route.missing' });
  });
});
