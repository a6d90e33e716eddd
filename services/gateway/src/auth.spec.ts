import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signRunToken } from '@assay/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashToken, isForOthers, readTokenFile, scopes } from './auth.ts';
import { adminToken, noon, runTokenKey, type TestGateway, testGateway } from './test-gateway.ts';
import type { Webhook } from './webhooks/read-webhooks.ts';

// What each route needs. A route that is not here fails the spec.
const needed: Record<string, string> = {
  'GET /': 'open',
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  'GET /openapi.json': 'open',
  'GET /metrics': 'metrics:read',
  'POST /api/v1/reports': 'report:submit',
  'GET /api/v1/reports': 'run:read',
  'GET /api/v1/reports/:id': 'run:read',
  'GET /api/v1/findings': 'finding:read',
  'GET /api/v1/findings/:id': 'finding:read',
  'POST /api/v1/runs': 'run:request',
  'GET /api/v1/runs': 'run:read',
  'GET /api/v1/runs/:id': 'run:read',
  'POST /api/v1/runs/:id/cancel': 'run:cancel',
  'GET /api/v1/runs/:id/logs': 'run:read',
  'GET /api/v1/runs/:id/logs/:task/:step': 'run:read',
  'GET /api/v1/runs/:id/source': 'run:source',
  'POST /api/v1/sources': 'run:request',
  'GET /api/v1/runs/:id/findings': 'run:findings',
  'POST /api/v1/runs/:id/findings/returned': 'run:findings',
  'POST /api/v1/events': 'event:publish',
  'GET /api/v1/events': 'event:read',
  'GET /api/v1/sinks': 'sink:admin',
  'POST /api/v1/sinks': 'sink:admin',
  'GET /api/v1/sinks/:name': 'sink:admin',
  'DELETE /api/v1/sinks/:name': 'sink:admin',
  'POST /api/v1/sinks/:name/replay': 'sink:admin',
  'POST /api/v1/sinks/:name/test': 'sink:admin',
  'GET /api/v1/dead': 'dead:admin',
  'GET /api/v1/dead/:sequence': 'dead:admin',
  'POST /api/v1/dead/:sequence/redrive': 'dead:admin',
  'DELETE /api/v1/dead/:sequence': 'dead:admin',
  'POST /api/v1/blobs': 'blob:write',
  'POST /api/v1/tokens': '*',
  'GET /api/v1/tokens': '*',
  'DELETE /api/v1/tokens/:name': '*',
  'POST /api/v1/webhooks/:name': 'signed',
};

let test: TestGateway;

const tokenOf = (scope: string) => `token-with-scope-${scope}`;
const runToken = (key: string, expires: number) =>
  signRunToken({ runId: 'r1', pipeline: 'scan', target: 'shop', expires }, key);
/** Another target, the signature as it was. */
const forged = (token: string) => {
  const [prefix, body = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), target: 'other' };
  return [prefix, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
};
const soon = noon.getTime() / 1000 + 60;

// A request that is refused for its content, or not at all, once it is let in. Nothing here waits for events.
const knock = (route: string, authorization?: string) => {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replace(':sequence', '999').replace(':id', 'ffffffff').replace(':name', 'nobody');
  const isEvent = route === 'POST /api/v1/events';
  return test.app.inject({
    method: method as 'GET',
    url: route === 'GET /api/v1/events' ? `${url}?subject=nonsense` : url,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      // Metrics are open to this machine; what a proxy forwards is not.
      'x-forwarded-for': '203.0.113.9',
      ...(isEvent ? { 'content-type': 'application/cloudevents+json' } : {}),
    },
    ...(isEvent
      ? { payload: { specversion: '1.0', id: '1', source: 's', type: 'dev.assay.artifact.requested.v1', data: {} } }
      : {}),
  });
};

beforeAll(async () => {
  const hook: Webhook = {
    name: 'nobody',
    scheme: 'github',
    secrets: [{ env: 'ASSAY_WEBHOOK_NONE' }],
    events: [],
    when: {},
    artifact: { kind: 'image', reference: 'alpine' },
  };
  test = await testGateway({ sinkTestMs: 1000 }, new Map([[hook.name, hook]]));
  const facts = { createdAt: noon.toISOString() };
  for (const scope of scopes)
    test.store.allTokens.push({ ...facts, name: scope, scopes: [scope], hash: hashToken(tokenOf(scope)) });
  test.store.allTokens.push(
    { ...facts, name: 'old', scopes: ['*'], hash: hashToken('old-token'), expiresAt: noon.toISOString() },
    { ...facts, name: 'valid', scopes: ['*'], hash: hashToken('valid-token'), expiresAt: '2026-01-31T12:00:01Z' },
  );
});
afterAll(() => test.stop());

describe('every route', () => {
  it('is in the table above', () => {
    const found = [...test.app.routeScopes].filter(([route]) => !route.includes(' /docs'));
    expect(Object.fromEntries(found.map(([route, scope]) => [route, scope === 'own' ? needed[route] : scope]))).toEqual(
      needed,
    );
  });

  it('of the documentation is open, and only reads', () => {
    const docs = [...test.app.routeScopes].filter(([route]) => route.includes(' /docs'));
    expect(docs.length).toBeGreaterThan(0);
    for (const [route, scope] of docs) expect([scope, route]).toEqual(['open', expect.stringMatching(/^(GET|HEAD) /)]);
  });

  describe.each(Object.entries(needed))('%s needs %s:', (route, scope) => {
    it(scope === 'open' ? 'anybody may' : 'nobody may without proof', async () => {
      const answer = await knock(route);
      if (scope === 'open') {
        expect(answer.statusCode).toBe(200);
        return;
      }
      if (scope === 'signed') {
        expect(answer.json()).toMatchObject({ status: 403, code: 'webhook.forbidden' });
        return;
      }
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'auth.unauthenticated' });
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="assay"');
    });

    it.each(scopes)('a token with only %s', async (given) => {
      const { statusCode, json } = await knock(route, `Bearer ${tokenOf(given)}`);
      if (scope === 'signed') expect(json()).toMatchObject({ status: 403, code: 'webhook.forbidden' });
      else if ([scope, '*'].includes(given) || scope === 'open') expect([401, 403]).not.toContain(statusCode);
      else
        expect({ statusCode, detail: json().detail }).toEqual({
          statusCode: 403,
          detail: expect.stringContaining(`"${scope}"`),
        });
    });
  });
});

describe('a token', () => {
  it.each([
    ['the administrator’s', `Bearer ${adminToken}`, 200],
    ['written with a small b', `bearer ${adminToken}`, 200],
    ['that is still good', 'Bearer valid-token', 200],
    ['that has expired', 'Bearer old-token', 401],
    ['nobody knows', 'Bearer something', 401],
    ['that is the hash of a good one', `Bearer ${hashToken('valid-token')}`, 401],
    ['of another scheme', `Basic ${adminToken}`, 401],
    ['in two parts', `Bearer ${adminToken} ${adminToken}`, 401],
    ['with something behind it', `Bearer ${adminToken},`, 401],
    ['with a tab before it', `Bearer\t${adminToken}`, 401],
    ['without its scheme', adminToken, 401],
    ['that differs in its last letter', `Bearer ${adminToken.slice(0, -1)}x`, 401],
    ['that is longer than any', `Bearer ${'x'.repeat(8193)}`, 401],
    ['of a prototype’s name', 'Bearer __proto__', 401],
    ['of a run, without its signature', `Bearer ${runToken(runTokenKey, soon).split('.').slice(0, 2).join('.')}.`, 401],
    ['of a run, in more parts', `Bearer ${runToken(runTokenKey, soon)}.x`, 401],
    ['of a run, with other claims under its signature', `Bearer ${forged(runToken(runTokenKey, soon))}`, 401],
    ['of a run that never expires', `Bearer ${runToken(runTokenKey, Number.NaN)}`, 401],
    ['that is empty', 'Bearer ', 401],
    ['that is very long', `Bearer ${'x'.repeat(5000)}`, 401],
    ['of a run, which may only submit', `Bearer ${runToken(runTokenKey, soon)}`, 403],
    ['of a run that has expired', `Bearer ${runToken(runTokenKey, soon - 120)}`, 401],
    ['of a run signed with another key', `Bearer ${runToken('another key of 16', soon)}`, 401],
  ])('%s is answered by GET /api/v1/runs', async (_, authorization, status) => {
    expect((await test.app.inject({ url: '/api/v1/runs', headers: { authorization } })).statusCode).toBe(status);
  });

  it('of a run may store a blob', async () => {
    const headers = { authorization: `Bearer ${runToken(runTokenKey, soon)}` };
    const answer = await test.app.inject({ method: 'POST', url: '/api/v1/blobs', headers, payload: 'x' });
    expect(answer.statusCode).toBe(201);
  });

  it('is never logged', () => {
    expect(test.log.length).toBeGreaterThan(0);
    expect(test.log.join('')).not.toContain(adminToken);
    expect(test.log.join('')).not.toContain('valid-token');
  });
});

describe('the token file', () => {
  it.each([
    ['its owner’s', { mode: 0o100600, uid: 1000 }, 1000, false],
    ['its owner’s group’s too', { mode: 0o100640, uid: 1000 }, 1000, true],
    ['a Secret mounted for the group of a pod', { mode: 0o100440, uid: 0 }, 65532, false],
    ['a Secret mounted for everybody', { mode: 0o100444, uid: 0 }, 65532, true],
    ['a Secret that the group may write', { mode: 0o100460, uid: 0 }, 65532, true],
    ['root’s, read by root', { mode: 0o100640, uid: 0 }, 0, true],
  ])('that is %s', (_what, file, ownUid, expected) => {
    expect(isForOthers(file, ownUid)).toBe(expected);
  });

  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-gateway-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives the hash of its token', async () => {
    const path = join(folder, 'good');
    await writeFile(path, `${adminToken}\n`, { mode: 0o600 });
    expect(await readTokenFile(path)).toBe(hashToken(adminToken));
  });

  it.each([
    ['is missing', undefined, 0o600, 'cannot be read'],
    ['can be read by others', adminToken, 0o640, 'chmod 600'],
    ['is empty', '', 0o600, 'at least 16 characters'],
    ['holds a short token', 'short', 0o600, 'at least 16 characters'],
    ['holds two tokens', `${adminToken}\n${adminToken}`, 0o600, 'one token'],
  ])('is refused when it %s, and the error names the variable', async (name, content, mode, part) => {
    const path = join(folder, name.replaceAll(' ', '-'));
    if (content !== undefined) {
      await writeFile(path, content);
      await chmod(path, mode);
    }
    await expect(readTokenFile(path)).rejects.toThrow(part);
    await expect(readTokenFile(path)).rejects.toThrow('ASSAY_GATEWAY_TOKEN_FILE');
    await expect(readTokenFile(path)).rejects.not.toThrow(adminToken);
  });
});
