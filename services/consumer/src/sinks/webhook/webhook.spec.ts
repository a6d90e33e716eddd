import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { InvalidInput, Transient } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeliveryInfo, Log, Secrets, Sink, SinkContext, SinkItem } from '../../sink.ts';
import { webhook } from './index.ts';

interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers requests as it is told, one after the other; a request nobody expected, or one that never came, is an error. */
class ScriptedServer {
  readonly received: Received[] = [];
  readonly unexpected: string[] = [];
  url = '';
  #answers: ((response: ServerResponse) => void)[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = this.#answers.shift();
    this.received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
    if (answer) answer(response);
    else {
      this.unexpected.push(`${request.method} ${request.url}`);
      response.writeHead(500).end();
    }
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  expect(status: number, headers: Record<string, string> = {}, body = ''): void {
    this.#answers.push((response) => response.writeHead(status, headers).end(body));
  }

  expectWith(answer: (response: ServerResponse) => void): void {
    this.#answers.push(answer);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    expect({ unexpected: this.unexpected, unused: this.#answers.length }).toEqual({ unexpected: [], unused: 0 });
  }
}

const now = new Date('2026-01-31T12:00:00.000Z');
const key = 'a key of more than twenty-four bytes';
const secret = `whsec_${Buffer.from(key).toString('base64')}`;
const items: SinkItem[] = ['a', 'b'].map((rule, position) => ({
  id: `e1:${rule}`,
  event: {
    id: 'e1',
    type: 'dev.assay.finding.changed.v1',
    subject: 'assay.finding.changed.opened.high.gosec',
    time: '2026-01-31T11:59:59.000Z',
    order: '1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
  position,
  finding: { id: rule, target: 'shop', tool: 'gosec', rule, title: 'ünïcode', severity: 'high' },
}));

let server: ScriptedServer;
let warnings: string[];
const sinks: Sink[] = [];
beforeEach(async () => {
  warnings = [];
  server = new ScriptedServer();
  await server.listen();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

async function open(
  config: Record<string, unknown> = {},
  secrets: Secrets = { secret },
  isInside = true,
): Promise<Sink> {
  const context: SinkContext = {
    name: 'alerts',
    generation: 1,
    hasFindings: true,
    log: { warn: (text: string) => void warnings.push(text) } as unknown as Log,
    filesRoot: '/nowhere',
    stdout: new PassThrough(),
    allowsPrivateAddresses: isInside,
    now: () => now,
  };
  const sink = await webhook.open({ url: `${server.url}/hook`, allowPrivate: true, ...config }, secrets, context);
  sinks.push(sink);
  return sink;
}

const info: DeliveryInfo = { id: 'abc', attempt: 1, signal: new AbortController().signal };

async function errorOf(work: Promise<unknown>): Promise<InvalidInput | Transient> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InvalidInput || error instanceof Transient) return error;
  throw new Error(`expected an error of ours, not ${error}`);
}

describe('a webhook', () => {
  it('posts what happened, signed so that anybody’s Standard Webhooks library verifies it', async () => {
    server.expect(204);
    const sink = await open();
    await sink.deliver(items, info);
    const [request] = server.received;
    expect(request).toMatchObject({ method: 'POST', path: '/hook' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      sink: 'alerts',
      events: items.map(({ id, event, finding }) => ({
        id,
        type: event.type,
        subject: event.subject,
        time: event.time,
        data: finding,
      })),
    });
    const signed = `alerts-abc.${now.getTime() / 1000}.${request?.body}`;
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'alerts-abc',
      'webhook-timestamp': '1769860800',
      'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
      traceparent: items[0]?.event.traceparent,
    });
    expect(warnings).toEqual([]);
  });

  it('says the same id for the same items', async () => {
    server.expect(500);
    server.expect(200);
    const sink = await open();
    await errorOf(sink.deliver(items, info));
    await sink.deliver(items, { ...info, attempt: 2 });
    expect(server.received.map(({ headers }) => headers['webhook-id'])).toEqual(['alerts-abc', 'alerts-abc']);
  });

  it('sends a credential of its own in the authorization header', async () => {
    server.expect(200);
    const sink = await open({}, { authorization: 'Bearer t0ken' });
    await sink.deliver(items, info);
    expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken' });
    expect(server.received[0]?.headers['webhook-signature']).toBeUndefined();
    expect(warnings[0]).toContain('no credentials.secret');
  });

  it.each([
    [500, {}, undefined],
    [503, { 'retry-after': '120' }, 120_000],
    [429, { 'retry-after': 'Sat, 31 Jan 2026 12:01:30 GMT' }, 90_000],
    [408, {}, undefined],
    [425, { 'retry-after': 'soon' }, undefined],
  ])('is asked again later after %i with %j', async (status, headers, wait) => {
    server.expect(status, headers);
    const error = await errorOf((await open()).deliver(items, info));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ message: `the receiver answered ${status}`, retryAfterMs: wait });
  });

  it.each([
    [401, 'sink.credential-refused', 'credentials are not taken'],
    [403, 'sink.credential-refused', 'credentials are not taken'],
    [404, 'sink.webhook', 'look what is at config.url'],
    [410, 'sink.webhook', 'look what is at config.url'],
    [301, 'sink.webhook', 'redirects are not followed'],
    [307, 'sink.webhook', 'redirects are not followed'],
  ])('waits for repair after %i, which says nothing of the events', async (status, code, words) => {
    server.expect(status, { location: `${server.url}/elsewhere` }, 'secret words of the receiver');
    const error = await errorOf((await open()).deliver(items, info));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('secret words');
  });

  it.each([400, 409, 413, 422])('is not asked again after %i', async (status) => {
    server.expect(status, { location: `${server.url}/elsewhere` }, 'secret words of the receiver');
    const error = await errorOf((await open()).deliver(items, info));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(`the receiver answered ${status}`);
    expect(error.message).not.toContain('secret words');
  });

  it('is asked again when the receiver breaks off', async () => {
    server.expectWith((response) => response.destroy());
    expect(await errorOf((await open()).deliver(items, info))).toBeInstanceOf(Transient);
  });

  it('is asked again when the receiver says nothing in time', async () => {
    server.expectWith(() => {});
    const error = await errorOf((await open({ timeoutMs: 100 })).deliver(items, info));
    expect(error).toBeInstanceOf(Transient);
    expect(error.message).toContain('Timeout');
  });

  it('does not read an answer without end', async () => {
    let isGone = false;
    server.expectWith((response) => {
      response.writeHead(200);
      response.on('error', () => {});
      response.on('close', () => {
        isGone = true;
      });
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    });
    await (await open()).deliver(items, info);
    while (!isGone) await new Promise((resolve) => setImmediate(resolve));
  });

  it('takes nobody for the receiver who listens inside', async () => {
    const port = new URL(server.url).port;
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433']) {
      const error = await errorOf(open({ url: `https://${host}:${port}/`, allowPrivate: false }));
      expect(error.message).toContain('no public address');
    }
    // A name is resolved for the connection, and refused there; nothing is thrown away for that.
    const sink = await open({ url: `https://localhost:${port}/`, allowPrivate: false });
    const error = await errorOf(sink.deliver(items, info));
    expect(error).toMatchObject({ code: 'sink.private-address' });
    expect(error).toBeInstanceOf(Transient);
  });

  it('reaches the inner network only where the service lets it', async () => {
    const url = server.url.replace('http:', 'https:');
    expect((await errorOf(open({ url, allowPrivate: true }, { secret }, false))).message).toContain(
      'no public address',
    );
  });

  it.each([
    [{ url: 'http://example.com/' }, 'url must be https'],
    [{ url: 'https://me:pw@example.com/' }, 'user name or password'],
    [{ url: 'ftp://example.com/' }, 'config of a webhook sink is wrong'],
    [{ url: 'https://example.com/', methdo: 'PUT' }, 'Unrecognized key'],
  ])('refuses the config %j', async (config, reason) => {
    const error = await errorOf(open({ allowPrivate: false, ...config }));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  it('refuses a secret that is too short to be one', async () => {
    const error = await errorOf(open({}, { secret: 'hunter2' }));
    expect(error.message).toContain('at least 24 bytes');
    expect(error.message).not.toContain('hunter2');
  });
});
