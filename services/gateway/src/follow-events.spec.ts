import { connect, type Socket } from 'node:net';
import { artifactRequested, runRequested } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { adminToken, asAdmin, noon, type TestGateway, testGateway } from './test-gateway.ts';

let test: TestGateway;
let port: number;

const start = async (overrides: Record<string, unknown> = {}) => {
  test = await testGateway(overrides);
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  port = (test.app.server.address() as { port: number }).port;
};
beforeEach(() => start());
afterEach(() => test.stop());

const request = (reference: string) =>
  test.gateway.publish(
    { topic: artifactRequested, data: artifactRequested.message.create({ kind: 'image', reference }) },
    { id: reference },
  );

interface Frame {
  id: string;
  data: { id: string; type: string; data?: Record<string, unknown> } & Record<string, unknown>;
}

/** A client that reads whole frames as they come. */
async function follow(query: string, headers: Record<string, string> = {}) {
  const aborter = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/events${query}`, {
    headers: { ...asAdmin, ...headers },
    signal: aborter.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const part = async (): Promise<string | undefined> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end >= 0) {
        const found = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return found;
      }
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return undefined;
      rest += value;
    }
  };
  const frame = async (): Promise<Frame | undefined> => {
    for (;;) {
      const text = await part();
      if (text === undefined) return undefined;
      const [, id, data] = /^id: (.*)\ndata: (.*)$/s.exec(text) ?? [];
      if (id !== undefined && data !== undefined) return { id, data: JSON.parse(data) };
    }
  };
  return { response, part, frame, stop: () => aborter.abort() };
}
const referencesOf = async (frame: () => Promise<Frame | undefined>, count: number) => {
  const found = [];
  for (let index = 0; index < count; index++) found.push((await frame())?.data.data?.['reference']);
  return found;
};

describe('following events', () => {
  it('gives what is published from then on as structured CloudEvents', async () => {
    await request('before');
    const { response, part, frame } = await follow('?subject=assay.artifact.>');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await part()).toMatch(/^: following/);
    await request('alpine:3');
    expect(await frame()).toMatchObject({
      id: 'assay-artifact:2',
      data: {
        specversion: '1.0',
        id: 'alpine:3',
        source: 'assay/gateway',
        type: artifactRequested.type,
        subject: 'alpine:3',
        time: noon.toISOString(),
        assaysubject: 'assay.artifact.requested.image',
        datacontenttype: 'application/json',
        data: { kind: 'image', reference: 'alpine:3' },
      },
    });
  });

  it('begins where it is asked to', async () => {
    await request('old');
    test.world.now = new Date('2026-01-31T13:00:00Z');
    await request('new');
    expect(await referencesOf((await follow('?subject=assay.artifact.>&since=all')).frame, 2)).toEqual(['old', 'new']);
    const later = await follow('?subject=assay.artifact.>&since=2026-01-31T12:30:00Z');
    expect(await referencesOf(later.frame, 1)).toEqual(['new']);
  });

  it('gives only what the filters name, from several streams', async () => {
    const { frame } = await follow('?subject=assay.run.*.scan&subject=assay.artifact.requested.git&since=all');
    await request('image');
    await test.gateway.publish(
      { topic: runRequested, data: runRequested.message.create({ runId: 'r', pipeline: 'scan' }) },
      { id: 'r' },
    );
    expect(await frame()).toMatchObject({ id: 'assay-run:1', data: { data: { runId: 'r' } } });
  });

  it('goes on after Last-Event-ID, with nothing twice and nothing left out', async () => {
    for (const reference of ['a', 'b', 'c']) await request(reference);
    const { frame } = await follow('?subject=assay.artifact.>', { 'last-event-id': 'assay-artifact:1' });
    expect(await referencesOf(frame, 2)).toEqual(['b', 'c']);
  });

  it('goes on after an event that is gone since', async () => {
    for (const reference of ['a', 'b', 'c']) await request(reference);
    await test.bus.deleteMessage('assay-artifact', 2);
    const { frame } = await follow('?subject=assay.artifact.>', { 'last-event-id': 'assay-artifact:2' });
    expect(await referencesOf(frame, 1)).toEqual(['c']);
  });

  it('shows no raw report and no dead payload, and names what cannot be read', async () => {
    const secret = Buffer.from(JSON.stringify({ format: 'gitleaks', text: 'AKIAIOSFODNN7EXAMPLE' }));
    const headers = { 'content-type': 'application/json' };
    await test.bus.publish({ subject: 'assay.report.submitted.gitleaks', headers, payload: secret }, '1');
    await test.bus.publish(
      { subject: 'assay.report.submitted.gitleaks', headers, payload: secret.subarray(0, 30) },
      '2',
    );
    await test.bus.publish({ subject: 'assay.dead.producer.report.submitted', headers: {}, payload: secret }, '3');
    const { frame } = await follow('?since=all');
    const frames = [await frame(), await frame(), await frame()];
    expect(JSON.stringify(frames)).not.toContain('AKIA');
    expect(JSON.stringify(frames)).not.toContain(secret.toString('base64').slice(0, 20));
    expect(frames[0]?.data.data).toMatchObject({ format: 'gitleaks' });
    expect(frames[1]?.data).toMatchObject({
      assayerror: expect.any(String),
      assaysubject: 'assay.report.submitted.gitleaks',
    });
  });

  it.each([
    ['a subject of others', '?subject=orders.>', {}, 400, 'subject.filter'],
    ['a subject that matches nothing', '?subject=assay.run', {}, 400, 'subject.filter'],
    ['a time in words', '?since=yesterday', {}, 400, 'request.invalid'],
    ['a Last-Event-ID of others', '', { 'last-event-id': '42' }, 400, 'event.last-id'],
    ['a Last-Event-ID of a stream that is none', '', { 'last-event-id': 'assay-x:1' }, 400, 'event.last-id'],
    ['too many subjects', `?${'subject=assay.run.>&'.repeat(17)}`, {}, 400, 'request.invalid'],
  ])('is refused with %s', async (_, query, headers, status, code) => {
    const answer = await test.app.inject({ url: `/api/v1/events${query}`, headers: { ...asAdmin, ...headers } });
    expect(answer.json()).toMatchObject({ status, code });
  });
});

describe('followers', () => {
  it('are kept by heartbeats while nothing happens', async () => {
    await test.stop();
    await start({ heartbeatMs: 10 });
    const { part } = await follow('');
    await part();
    expect(await part()).toBe(': still here');
  });

  it('are bounded in number, and one that goes makes room', async () => {
    await test.stop();
    await start({ maxFollowers: 1 });
    const first = await follow('?since=all');
    await first.part();
    const refused = await follow('');
    expect(refused.response.status).toBe(503);
    expect(refused.response.headers.get('retry-after')).toBe('10');
    first.stop();
    let status = 0;
    while (status !== 200) status = (await follow('')).response.status;
    expect(status).toBe(200);
  });

  it('are told when the gateway stops', async () => {
    const { part } = await follow('');
    await part();
    const last = part();
    await test.stop();
    expect(await last).toBe(': the gateway stops; connect again');
    await start();
  });

  it('are told when the bus is away', async () => {
    test.bus.isDown = true;
    const { part } = await follow('');
    await part();
    expect(await part()).toBe(': the bus is not there; connect again');
  });

  it('that do not read are disconnected, and the others are not', async () => {
    await test.stop();
    await start({ slowFollowerMs: 50 });
    const large = 'x'.repeat(500_000);
    const closed = new Promise<void>((resolve) => {
      const socket: Socket = connect(port, '127.0.0.1', () => {
        socket.pause();
        socket.write(`GET /api/v1/events?since=all HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminToken}\r\n\r\n`);
      });
      socket.on('error', () => {});
      test.app.server.once('connection', (other) => other.once('close', () => resolve()));
    });
    for (let index = 0; index < 40; index++) await request(`${index}${large}`);
    await closed;
    const { frame } = await follow('?since=all');
    expect(await referencesOf(frame, 40)).toHaveLength(40);
  });
});
