import { connect } from 'node:net';
import { Transient, topics } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeServer } from './server.ts';
import { asAdmin, type TestGateway, testGateway } from './test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
});
afterEach(() => test.stop());

describe('every answer', () => {
  it.each(['/', '/docs', '/openapi.json', '/api/v1/runs', '/nowhere', '/healthz'])(
    'of %s forbids sniffing and says nothing of the server',
    async (url) => {
      const { headers } = await test.app.inject({ url, headers: asAdmin });
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toMatch(/default-src 'none'|default-src 'self'/);
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('x-powered-by');
    },
  );

  it('that is an error is a problem with its instance', async () => {
    const answer = await test.app.inject('/nowhere?token=secret');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toEqual({
      type: 'urn:assay:problem:route.missing',
      title: 'There is no such thing',
      status: 404,
      detail: 'there is no GET /nowhere; see /docs',
      code: 'route.missing',
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
    });
  });

  it('to a mistake of ours tells nothing of the inside, and the log tells it under the same id', async () => {
    test.store.runs.list = async () => {
      throw new Error('password=hunter2 at db.internal');
    };
    const answer = await test.app.inject({ url: '/api/v1/runs', headers: asAdmin });
    expect(answer.json()).toMatchObject({ status: 500, code: 'fault' });
    expect(answer.body).not.toContain('hunter2');
    expect(test.log.join('')).toContain(answer.json().instance.slice('urn:uuid:'.length));
  });

  it('stays open where it is, when the store is away and a token is sent', async () => {
    test.store.tokens.find = async () => {
      throw new Transient('away', { code: 'store.unavailable' });
    };
    const headers = { authorization: 'Bearer some-token' };
    expect((await test.app.inject({ url: '/healthz', headers })).statusCode).toBe(200);
    expect((await test.app.inject({ url: '/api/v1/runs', headers })).statusCode).toBe(503);
  });

  it('to what is not HTTP is a problem too', async () => {
    await test.app.listen({ host: '127.0.0.1', port: 0 });
    const address = test.app.server.address() as { port: number };
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(address.port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
  });
});

describe('a gateway that stops', () => {
  it('does not wait for a connection that no request comes on', async () => {
    const other = await testGateway();
    await other.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = other.app.server.address() as { port: number };
    const accepted = new Promise((resolve) => other.app.server.once('connection', resolve));
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.resume();
    await accepted;
    await closeServer(other.app, Number.POSITIVE_INFINITY);
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});

describe('health', () => {
  it('is fine while the process is', async () => {
    test.bus.isDown = true;
    expect((await test.app.inject('/healthz')).json()).toEqual({ service: 'gateway', status: 'ok' });
  });

  it.each([
    ['all is there', false, false, 200, {}],
    ['the bus is away', true, false, 503, { bus: 'cannot be reached' }],
    ['the store is away', false, true, 503, { store: 'cannot be reached' }],
    ['both are away', true, true, 503, { bus: 'cannot be reached', store: 'cannot be reached' }],
  ])('says whether it is ready: %s', async (_, isBusDown, isStoreDown, status, failures) => {
    test.bus.isDown = isBusDown;
    test.store.isDown = isStoreDown;
    const answer = await test.app.inject('/readyz');
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ failures });
    expect(answer.body).not.toContain('db.internal');
  });

  it('has metrics for this machine', async () => {
    const answer = await test.app.inject('/metrics');
    expect(answer.headers['content-type']).toContain('version=0.0.4');
    expect(answer.body).toBe('assay_events_published 1\n');
  });

  it.each([
    ['another machine', { remoteAddress: '203.0.113.9' }],
    ['a proxy on this one', { headers: { 'x-forwarded-for': '203.0.113.9' } }],
    ['a page whose name was made to lead here', { headers: { host: 'rebound.example.com' } }],
    ['a page with a name like ours', { headers: { host: 'localhost.example.com:7077' } }],
  ])('has no metrics for %s', async (_, from) => {
    expect((await test.app.inject({ url: '/metrics', ...from })).statusCode).toBe(401);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 with the schemas that requests are parsed by', async () => {
    const api = (await test.app.inject('/openapi.json')).json();
    expect(api.openapi).toBe('3.1.0');
    const { get, post } = api.paths['/api/v1/reports'];
    expect(get.security).toEqual([{ token: [] }]);
    expect(post.description).toContain('`report:submit`');
    expect(Object.keys(post.requestBody.content)).toEqual(['*/*']);
    const names = post.parameters.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['format', 'target', 'step', 'partial']));
    expect(post.responses['202'].content['application/json'].schema.properties).toHaveProperty('reportId');
    expect(
      api.paths['/api/v1/runs'].post.requestBody.content['application/json'].schema.properties.pipeline.default,
    ).toBe('scan');
  });

  it('can be read by people, with nothing from elsewhere', async () => {
    const answer = await test.app.inject('/docs/');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-security-policy']).toContain("default-src 'self'");
    const urls = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(urls.length).toBeGreaterThan(2);
    for (const url of urls) {
      expect(url).not.toMatch(/^(https?:)?\/\//);
      expect((await test.app.inject(new URL(url, 'http://x/docs/').pathname)).statusCode).toBe(200);
    }
  });
});

describe('the front page', () => {
  it('links what there is and lists every topic, escaped', async () => {
    const { body, headers } = await test.app.inject('/');
    expect(headers['content-type']).toContain('text/html');
    for (const topic of topics) expect(body).toContain(`assay.${topic.name}.&lt;`);
    expect(body).not.toMatch(/<(kind|tool|severity)>/);
    for (const [, path] of body.matchAll(/href="([^"]+)"/g))
      expect([200, 302]).toContain((await test.app.inject(path ?? '')).statusCode);
  });
});

describe('too much', () => {
  const submit = () =>
    test.app.inject({ method: 'POST', url: '/api/v1/reports?target=a', headers: asAdmin, payload: '{}' });

  it.each([
    ['/api/v1/reports?target=a', { 'content-type': 'text/plain' }, 'x'],
    ['/api/v1/runs', { 'content-type': 'application/json' }, '{"target":"a"}'],
    ['/api/v1/events', { 'content-type': 'application/cloudevents+json' }, '{}'],
    ['/api/v1/blobs', {}, 'x'],
  ])('of a backlog refuses POST %s with Retry-After, before anything is stored', async (url, headers, payload) => {
    test.world.overload = { retryAfterMs: 4200 };
    const answer = await test.app.inject({ method: 'POST', url, headers: { ...asAdmin, ...headers }, payload });
    expect(answer.json()).toMatchObject({ status: 503, code: 'intake.overloaded' });
    expect(answer.headers['retry-after']).toBe('5');
    expect(test.blobs.contents.size + test.bus.stored.length).toBe(0);
  });

  it('of a backlog does not keep people from looking', async () => {
    test.world.overload = { retryAfterMs: 1000 };
    expect((await test.app.inject({ url: '/api/v1/runs', headers: asAdmin })).statusCode).toBe(200);
  });

  it('is asked for once a second, and forgotten when it is over', async () => {
    test.world.overload = { retryAfterMs: 1000 };
    const statuses = [(await submit()).statusCode, (await submit()).statusCode];
    test.world.overload = undefined;
    statuses.push((await submit()).statusCode);
    test.world.now = new Date(test.world.now.getTime() + 1000);
    statuses.push((await submit()).statusCode);
    expect(statuses).toEqual([503, 503, 503, 202]);
    expect(test.world.asked).toBe(2);
  });

  it('of requests is refused by token, with Retry-After', async () => {
    const limited = await testGateway({ requestsPerMinute: 2 });
    const get = (headers = {}) => limited.app.inject({ url: '/api/v1/runs', headers });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await get(asAdmin)).statusCode);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await get(asAdmin);
    expect(refused.json()).toMatchObject({ status: 429, code: 'request.rate' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get()).statusCode).toBe(401);
    await limited.stop();
  });
});
