// What people with bad intentions send, over a real socket where the socket is the point.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { adminToken, asAdmin, type TestGateway, testGateway } from './test-gateway.ts';

let test: TestGateway;
let port: number;
const sockets: Socket[] = [];

async function open(overrides: Record<string, unknown> = {}): Promise<void> {
  test = await testGateway(overrides);
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  port = (test.app.server.address() as { port: number }).port;
}
beforeEach(() => open());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await test.stop();
});

interface Line {
  socket: Socket;
  /** All that came until the other side closed. */
  ended: Promise<string>;
  /** Resolves when that much has come. */
  until(part: string): Promise<void>;
}

function dial(text = '', localAddress = '127.0.0.1'): Line {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  let heard = '';
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  if (text) socket.write(text);
  const until = async (part: string) => {
    while (!heard.includes(part)) await new Promise((resolve) => socket.once('data', resolve));
  };
  return { socket, ended, until };
}

const bearer = `authorization: Bearer ${adminToken}`;
const request = (line: string, headers: readonly string[], body = '') =>
  [`${line} HTTP/1.1`, 'host: x', ...headers, '', body].join('\r\n');
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const nothingStored = () => expect([test.bus.stored.length, test.blobs.contents.size]).toEqual([0, 0]);

const bodies: [string, string, Record<string, string>][] = [
  ['POST /api/v1/runs', 'application/json', {}],
  ['POST /api/v1/tokens', 'application/json', {}],
  ['POST /api/v1/sinks', 'application/json', {}],
  ['POST /api/v1/sinks/a/replay', 'application/json', {}],
  ['POST /api/v1/sinks/a/test', 'application/json', {}],
  ['POST /api/v1/events', 'application/cloudevents+json', { maxEventBytes: '65536' }],
  ['POST /api/v1/reports?target=a', 'application/json', { maxReportBytes: '65536' }],
  ['POST /api/v1/blobs', 'application/json', {}],
  ['POST /api/v1/runs/a/findings/returned', 'application/json', {}],
  ['POST /api/v1/runs/a/cancel', 'application/json', {}],
  ['POST /api/v1/sources', 'application/gzip', { maxSourceBytes: '65536' }],
];

describe('a body that is too long', () => {
  it('has a row here for every route that takes one', () => {
    const routes = [...test.app.routeScopes.keys()].filter((route) => /^(POST|PUT|PATCH) /.test(route));
    const known = bodies.map(
      ([line]) => line.replace('/sinks/a/', '/sinks/:name/').replace('/runs/a/', '/runs/:id/').split('?', 1)[0],
    );
    // No body; and the one whose length its own spec tries.
    const others = ['POST /api/v1/dead/:sequence/redrive', 'POST /api/v1/webhooks/:name'];
    expect(routes.sort()).toEqual([...known, ...others].sort());
  });

  it.each(bodies)('is refused by %s, whether it says so or not', async (line, type, limits) => {
    await test.stop();
    await open(limits);
    const headers = [bearer, `content-type: ${type}`];
    const said = dial(request(line, [...headers, `content-length: ${10 ** 12}`], '['));
    expect(statusOf(await said.ended)).toBe(413);

    const unsaid = dial(request(line, [...headers, 'transfer-encoding: chunked']));
    const chunk = `10000\r\n${'['.repeat(0x10000)}\r\n`;
    const feed = () => {
      while (!unsaid.socket.destroyed && unsaid.socket.write(chunk));
    };
    unsaid.socket.on('drain', feed);
    feed();
    // Who goes on sending may be cut off before it has read the answer.
    const answer = await unsaid.ended;
    expect(answer === '' ? 413 : statusOf(answer)).toBe(413);
    nothingStored();
  });
});

describe('a body that is packed', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const post = (url: string, type: string, payload: Buffer, encoding = 'gzip') =>
    test.app.inject({
      method: 'POST',
      url,
      headers: { ...asAdmin, 'content-type': type, 'content-encoding': encoding },
      payload,
    });

  it.each([
    ['a bomb as a report', '/api/v1/reports?target=a', bomb, 'gzip', 413, 'report.too-large'],
    ['a bomb as a blob', '/api/v1/blobs', bomb, 'gzip', 413, 'blob.too-large'],
    ['a bomb in a bomb, which is unpacked once', '/api/v1/blobs', gzipSync(bomb), 'gzip, gzip', 400, 'blob.encoding'],
    ['half a gzip', '/api/v1/reports?target=a', gzipSync('{}').subarray(0, 15), 'gzip', 400, 'report.encoding'],
    ['no gzip', '/api/v1/reports?target=a', Buffer.from('{}'), 'gzip', 400, 'report.encoding'],
    ['an encoding of others', '/api/v1/reports?target=a', Buffer.from('{}'), 'br', 400, 'report.encoding'],
    ['JSON', '/api/v1/runs', gzipSync('{"target":"a"}'), 'gzip', 400, 'request.encoding'],
    ['an event', '/api/v1/events', gzipSync('{}'), 'gzip', 400, 'request.encoding'],
  ])('is refused: %s', async (_, url, payload, encoding, status, code) => {
    expect((await post(url, 'application/json', payload, encoding)).json()).toMatchObject({ status, code });
    nothingStored();
  });
});

describe('a length that is not what comes', () => {
  const report = 'POST /api/v1/reports?target=a';

  it('cuts off what says more than it sends', async () => {
    const line = dial(request(report, [bearer, 'content-length: 100'], '{}'));
    line.socket.end();
    expect(statusOf(await line.ended)).not.toBe(202);
    nothingStored();
  });

  it('takes no second request from behind a body', async () => {
    const line = dial(
      request(report, [bearer, 'content-length: 2', 'connection: close'], '{}GET /healthz HTTP/1.1\r\n\r\n'),
    );
    expect(await line.ended).not.toContain('"status":"ok"');
  });

  it.each([
    ['two lengths', ['content-length: 2', 'content-length: 3']],
    ['a length and chunks', ['content-length: 2', 'transfer-encoding: chunked']],
    ['a length below zero', ['content-length: -1']],
    ['a length in hex', ['content-length: 0x2']],
    ['a length with a sign', ['content-length: +2']],
    ['chunks inside something else', ['transfer-encoding: chunked, identity']],
    ['a header that is folded', ['x-a: b\r\n c']],
    ['a header without a name', [': b']],
    ['a blank before the colon', ['x-a : b']],
    ['a NUL in a header', ['x-a: b\0c']],
    ['a line end in a header', ['x-a: b\rc']],
  ])('is no HTTP with %s', async (_, headers) => {
    const line = dial(request(report, [bearer, ...headers], '{}'));
    const answer = await line.ended;
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('application/problem+json');
    nothingStored();
  });

  it.each([
    ['a header of 100 kB', request('GET /healthz', [`x-a: ${'b'.repeat(100_000)}`])],
    [
      '10 000 headers',
      request(
        'GET /healthz',
        Array.from({ length: 10_000 }, (_, n) => `x-${n}: 1`),
      ),
    ],
    ['a path of 100 kB', request(`GET /${'a'.repeat(100_000)}`, [])],
  ])('is refused with 431: %s', async (_, text) => {
    expect(statusOf(await dial(text).ended)).toBe(431);
  });
});

describe('a client that is slow', () => {
  it('is cut off when it pauses inside a body, and what it sent is not kept', async () => {
    await test.stop();
    await open({ bodyIdleMs: 100 });
    for (const url of ['/api/v1/reports?target=a', '/api/v1/blobs', '/api/v1/events']) {
      const line = dial(request(`POST ${url}`, [bearer, 'content-type: application/json', 'content-length: 9'], '{'));
      await line.ended;
    }
    nothingStored();
    expect((await test.app.inject('/healthz')).statusCode).toBe(200);
  });

  it('is cut off when it never reads what it asked for', async () => {
    await test.stop();
    await open({ bodyIdleMs: 100 });
    const accepted = once(test.app.server, 'connection');
    const line = dial();
    line.socket.pause();
    const [socket] = (await accepted) as [Socket];
    // More than what sockets hold on the way.
    line.socket.write(request('GET /docs/static/swagger-ui-bundle.js', []).repeat(30));
    await once(socket, 'close');
    expect(socket.bytesWritten).toBeGreaterThan(100_000);
  });

  it('that reads its answers keeps its connection for the next', async () => {
    await test.stop();
    await open({ bodyIdleMs: 100 });
    const line = dial();
    for (let n = 1; n <= 3; n++) {
      line.socket.write(request('POST /api/v1/blobs', [bearer, 'content-length: 1'], String(n)));
      await new Promise((resolve) => line.socket.once('data', resolve));
      expect(line.socket.destroyed).toBe(false);
    }
    expect(test.blobs.contents.size).toBe(3);
  });

  it('that has no token is answered and cut off at its headers, whatever body it goes on with', async () => {
    const line = dial(request('POST /api/v1/reports?target=a', ['content-length: 1000000'], '{'));
    expect(statusOf(await line.ended)).toBe(401);
  });

  it('has a time for its headers and for its whole request', async () => {
    await test.stop();
    await open({ requestTimeoutMs: 1000 });
    expect([test.app.server.headersTimeout, test.app.server.requestTimeout]).toEqual([15_000, 1000]);
    const line = dial('GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ');
    const drip = setInterval(() => line.socket.write('b'), 50);
    expect(statusOf(await line.ended)).toBe(408);
    clearInterval(drip);
  });

  it('is one of a bounded number, of its address and of all', async () => {
    await test.stop();
    await open({ maxConnectionsPerAddress: 2, maxConnections: 3 });
    const hello = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const held = [dial(hello), dial(hello)];
    await Promise.all(held.map(({ until }) => until('"status":"ok"')));
    expect(await dial(hello).ended).toBe('');
    const other = dial(hello, '127.0.0.2');
    await other.until('"status":"ok"');
    expect(await dial(hello, '127.0.0.3').ended).toBe('');
    held[0]?.socket.destroy();
    await held[0]?.ended;
    // The server hears of the end a moment after us.
    for (let answer = ''; answer === ''; )
      answer = await dial(hello.replace('host', 'connection: close\r\nhost'), '127.0.0.1').ended;
  });

  it('that follows events and never reads is let go, and makes room for others', async () => {
    await test.stop();
    await open({ maxFollowers: 1, slowFollowerMs: 100 });
    const deaf = dial();
    deaf.socket.pause();
    deaf.socket.write(request('GET /api/v1/events?since=all', [bearer]));
    const event = { specversion: '1.0', id: '1', source: 's', type: 'dev.assay.artifact.requested.v1' };
    const reference = 'x'.repeat(100_000);
    // More than what sockets hold on the way.
    for (let n = 0; n < 200; n++) {
      const answer = await test.app.inject({
        method: 'POST',
        url: '/api/v1/events',
        headers: { ...asAdmin, 'content-type': 'application/cloudevents+json' },
        payload: { ...event, id: String(n), data: { kind: 'image', reference } },
      });
      expect(answer.statusCode).toBe(202);
    }
    for (let status = 503; status === 503; ) {
      const next = dial(request('GET /api/v1/events', [bearer]));
      await next.until('\r\n\r\n');
      next.socket.destroy();
      status = statusOf(await next.ended);
    }
  });
});

describe('a path', () => {
  it.each([
    '/docs/static/../../package.json',
    '/docs/static/..%2f..%2fpackage.json',
    '/docs/static/%2e%2e/%2e%2e/package.json',
    '/docs/static/%252e%252e%252fpackage.json',
    '/docs/static/..%5c..%5cpackage.json',
    '/docs/static//etc/passwd',
    '/docs/static/%00',
    '/docs/static/index.html%00.js',
    '/docs/%2e%2e/api/v1/runs',
    '/docs/../api/v1/runs',
    '//api/v1/runs',
    '/./api/v1/runs',
    '/api/v1/runs/',
    '/API/V1/RUNS',
    '/api/v1/runs;x=1',
    '/api%2fv1%2fruns',
    '/%61pi/v1/runs%00',
  ])('%s leads to nothing without a token', async (path) => {
    const answer = await dial(request(`GET ${path}`, ['connection: close'])).ended;
    expect([400, 401, 403, 404]).toContain(statusOf(answer));
    expect(answer).not.toContain('"dependencies"');
    expect(answer).not.toContain('root:');
  });

  it.each([
    ['/api/v1/runs/%2e%2e', 404],
    ['/api/v1/runs/..%2f..%2ftokens', 404],
    ['/api/v1/runs/%252e%252e', 404],
    ['/api/v1/runs/a%00b', 400],
    ['/api/v1/runs/a%0d%0ab', 400],
    ['/api/v1/runs/%zz', 400],
    ['/api/v1/runs/%c3%28', 400],
    [`/api/v1/runs/${'a'.repeat(257)}`, 414],
    ['/api/v1/runs/__proto__', 404],
    ['/api/v1/reports/constructor', 404],
    ['/api/v1/findings/../tokens', 404],
    ['/api/v1/sinks/..%2ftokens', 400],
    ['/api/v1/sinks/%2a', 400],
    ['/api/v1/sinks/%3e', 400],
    ['/api/v1/dead/1e3', 404],
    ['/api/v1/dead/-1', 400],
    ['/api/v1/dead/99999999999999999999', 400],
    ['/api/v1/runs?__proto__=x', 400],
    ['/api/v1/runs?__proto__[limit]=1', 400],
    ['/api/v1/runs?limit=1&limit=2', 400],
    ['/api/v1/runs?limit=1e9', 400],
    ['/api/v1/runs?limit=NaN', 400],
    ['/api/v1/runs?target=a%00b', 400],
    ['/api/v1/runs?target=%1b%5b31m', 400],
    [`/api/v1/runs?${'a=1&'.repeat(3000)}`, 400],
    ['/api/v1/events?subject=%24JS.API.%3e', 400],
    ['/api/v1/events?subject=%3e', 400],
    ['/api/v1/events?subject=assay.dead%0d%0a.x', 400],
  ])('%s is answered with %i to who may read', async (path, status) => {
    const answer = await dial(request(`GET ${path}`, [bearer, 'connection: close'])).ended;
    expect([statusOf(answer), answer.includes('"code":"fault"')]).toEqual([status, false]);
  });
});

describe('a method', () => {
  it.each([
    ['TRACE', '/api/v1/runs', 404],
    ['OPTIONS', '/api/v1/runs', 404],
    ['HEAD', '/api/v1/runs', 404],
    ['PUT', '/api/v1/runs', 404],
    ['PATCH', '/api/v1/tokens', 404],
    ['DELETE', '/api/v1/runs', 404],
    ['PROPFIND', '/', 404],
    ['post', '/api/v1/runs', 400],
    ['GETX', '/healthz', 400],
  ])('%s %s is answered with %i', async (method, path, status) => {
    expect(statusOf(await dial(request(`${method} ${path}`, ['connection: close'])).ended)).toBe(status);
  });

  it.each([
    ['CONNECT', 'CONNECT inner.host:443 HTTP/1.1\r\nhost: inner.host:443\r\n\r\n'],
    ['an upgrade', request('GET /api/v1/runs', ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-key: x'])],
    ['HTTP/2 at once', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('is not changed to another protocol by %s', async (_, text) => {
    const line = dial(text);
    line.socket.end();
    const answer = await line.ended;
    expect([101, 200]).not.toContain(statusOf(answer));
  });

  it.each(['x-http-method-override', 'x-method-override', 'x-http-method'])(
    'is not overridden by %s',
    async (header) => {
      const answer = await test.app.inject({
        url: '/api/v1/tokens/a',
        headers: { ...asAdmin, [header]: 'DELETE' },
      });
      expect(answer.statusCode).toBe(404);
      expect(answer.json().code).toBe('route.missing');
    },
  );
});

describe('what a client says about itself', () => {
  const submit = (headers: Record<string, string>, payload = '{}') =>
    test.app.inject({ method: 'POST', url: '/api/v1/reports?target=a', headers: { ...asAdmin, ...headers }, payload });

  it.each([
    ['a line end', 'a\r\nnats-msg-id: b', 400],
    ['a control character', 'a\x1b', 400],
    ['nothing', '', 400],
    ['more than 255 characters', 'x'.repeat(256), 400],
    ['a letter beyond ASCII', 'clé', 400],
    ['a prototype’s name', '__proto__', 202],
  ])('is taken as Idempotency-Key or refused: %s', async (_, key, status) => {
    expect((await submit({ 'idempotency-key': key })).statusCode).toBe(status);
  });

  it('under one Idempotency-Key is one report of one content, and of one token', async () => {
    const first = await submit({ 'idempotency-key': 'k' });
    expect((await submit({ 'idempotency-key': 'k' })).json()).toEqual(first.json());
    expect((await submit({ 'idempotency-key': 'k' }, '{"other":1}')).json()).toMatchObject({
      status: 409,
      code: 'report.conflict',
    });
    expect(test.bus.stored).toHaveLength(1);
  });

  it('under one Idempotency-Key is one run of one request', async () => {
    const ask = (target: string) =>
      test.app.inject({
        method: 'POST',
        url: '/api/v1/runs',
        headers: { ...asAdmin, 'idempotency-key': 'k', 'content-type': 'application/json' },
        payload: { target },
      });
    const first = await ask('shop');
    test.world.now = new Date(test.world.now.getTime() + 1000);
    expect((await ask('shop')).json()).toEqual(first.json());
    expect((await ask('other')).json()).toMatchObject({ status: 409, code: 'run.conflict' });
    expect(test.bus.stored).toHaveLength(1);
  });

  it.each([
    ['forwarded-for', { 'x-forwarded-for': '127.0.0.1' }],
    ['forwarded', { forwarded: 'for=127.0.0.1' }],
    ['a host', { host: '127.0.0.1' }],
  ])('does not make it another address: %s', async (_, headers) => {
    const answer = await test.app.inject({ url: '/metrics', remoteAddress: '203.0.113.9', headers });
    expect(answer.statusCode).toBe(401);
  });

  it('does not get it another rate, under whatever name it comes', async () => {
    await test.stop();
    await open({ requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) {
      const headers = { authorization: `Bearer guess-${n}`, 'x-forwarded-for': `203.0.113.${n}` };
      const answer = await test.app.inject({ url: '/api/v1/runs', headers });
      statuses.push(answer.statusCode);
      if (answer.statusCode === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    // Nor do the addresses of one network.
    const near = [1, 2, 3, 4].map((n) => ({ url: '/api/v1/runs', remoteAddress: `2001:db8::${n}` }));
    const answers = [];
    for (const each of near) answers.push((await test.app.inject(each)).statusCode);
    expect(answers).toEqual([401, 401, 401, 429]);
    // Who has a token has a rate of its own.
    expect((await test.app.inject({ url: '/api/v1/runs', headers: asAdmin })).statusCode).toBe(200);
  });

  it.each([
    ['a trace with a line end', { traceparent: '00-x\r\nnats-msg-id: y' }],
    ['a trace that is none', { traceparent: 'x'.repeat(5000) }],
    ['a source with a line end', { source: 'a\r\nnats-msg-id: y' }],
    ['a type with a line end', { type: 'dev.assay.artifact.requested.v1\r\nx: y' }],
    ['an extension with a line end', { 'x\r\ny': 'a\r\nb' }],
  ])('never becomes a header on the bus: %s', async (_, more) => {
    const event = { specversion: '1.0', id: '1', source: 's', type: 'dev.assay.artifact.requested.v1' };
    await test.app.inject({
      method: 'POST',
      url: '/api/v1/events',
      headers: { ...asAdmin, 'content-type': 'application/cloudevents+json' },
      payload: JSON.stringify({ ...event, ...more, data: { kind: 'image', reference: 'a\r\nb' } }),
    });
    for (const { headers, subject } of test.bus.stored) {
      expect(JSON.stringify([headers, subject])).not.toMatch(/\\[rn]|nats-msg-id/);
      expect(headers['traceparent'] ?? '').toMatch(/^(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})?$/);
    }
  });

  it('is told back as JSON that no browser takes for a page', async () => {
    const script = encodeURIComponent('<script>alert(1)</script>');
    for (const url of [`/${script}`, `/api/v1/runs/${script}`, `/api/v1/runs?phase=${script}`]) {
      const { headers, statusCode } = await test.app.inject({ url, headers: asAdmin });
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    }
  });
});
