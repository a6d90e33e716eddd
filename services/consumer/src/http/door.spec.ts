import { InvalidInput, Transient } from '@assay/contracts';
import { type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errorOf } from '../testing/sink-context.ts';
import { type Call, type Door, type DoorOptions, openDoor } from './door.ts';

const context = { allowsPrivateAddresses: true, now: () => new Date('2026-01-31T12:00:00.000Z') };
const reach = { allowPrivate: true, allowHttp: false, timeoutMs: 2000 };
const call: Call = { method: 'POST', path: '/items?a=b', body: '{}', signal: new AbortController().signal };

const items = { method: 'POST', path: '/items?a=b' };

let server: ScriptedServer;
const doors: Door[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close();
  await server.close();
});

async function open(options: Partial<DoorOptions> = {}): Promise<Door> {
  const door = await openDoor({ type: 'test', url: server.url, reach, secrets: {}, context, ...options });
  doors.push(door);
  return door;
}

describe('a door', () => {
  it.each([
    ['', '/items?a=b', '/items?a=b'],
    ['/', '/items?a=b', '/items?a=b'],
    ['/base/', '/items', '/base/items'],
    ['/base?key=1', undefined, '/base?key=1'],
  ])('at %j sends the path %j to %s', async (base, path, line) => {
    server.expect({ method: 'POST', path: line, answer: { taken: 1 } });
    const door = await open({ url: `${server.url}${base}`, maxAnswerBytes: 100 });
    const { method, signal } = call;
    const answer = await door.ask(path === undefined ? { method, signal } : { method, path, signal });
    expect(answer).toMatchObject({ status: 200, text: '{"taken":1}' });
  });

  it('reads no answer that it was not asked to', async () => {
    server.expect({ ...items, answer: 'words' });
    expect((await (await open()).ask(call)).text).toBe('');
  });

  it.each([
    ['says that it is long', { 'content-length': '5000' }],
    ['does not say it', { 'transfer-encoding': 'chunked' }],
  ])('does not read an answer that is too long and %s', async (_, headers) => {
    server.expect({ ...items, answerHeaders: headers, answer: 'x'.repeat(5000) });
    const error = await errorOf((await open({ maxAnswerBytes: 1000 })).ask(call));
    expect(error).toBeInstanceOf(Transient);
    expect(error.code).toBe('sink.test');
  });

  it('takes no more time for an answer in drops than for one at once', async () => {
    server.expect({
      ...items,
      respond: (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
    });
    const door = await open({ maxAnswerBytes: 1_000_000, reach: { ...reach, timeoutMs: 100 } });
    expect(await errorOf(door.ask(call))).toBeInstanceOf(Transient);
  });

  it.each([
    [429, { 'retry-after': '7' }, Transient, 'sink.test', 7000],
    [503, {}, Transient, 'sink.test', undefined],
    [408, {}, Transient, 'sink.test', undefined],
    [401, {}, Transient, 'sink.credential-refused', undefined],
    [403, {}, Transient, 'sink.credential-refused', undefined],
    [302, { location: 'https://example.com/' }, InvalidInput, 'sink.test.refused', undefined],
    [400, {}, InvalidInput, 'sink.test.refused', undefined],
    [404, {}, InvalidInput, 'sink.test.refused', undefined],
  ])('takes %i with %j for an error of its kind', async (status, headers, kind, code, retryAfterMs) => {
    server.expect({ ...items, status, answerHeaders: headers as Record<string, string> });
    const error = await errorOf((await open()).ask(call));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ code, ...(error instanceof Transient ? { retryAfterMs } : {}) });
  });

  it('repeats what the other side says in one line, without secrets and not for ever', async () => {
    const door = await open({ secrets: { token: 'hunter2-hunter2' } });
    const answer = { status: 400, headers: {}, text: '' };
    const said = `no\r\n\u001b[31m hunter2-hunter2 ${'x'.repeat(5000)}`;
    const { message } = door.errorOf(answer, said);
    expect(message).toMatch(/^the receiver answered 400: no \[31m \*\*\* x+$/);
    expect(message.length).toBeLessThan(600);
  });

  it('never repeats a url that is a credential', async () => {
    for (const url of ['hooks.example.com/T0/secret', 'https://me:secret@example.com/', 'ftp://example.com/secret']) {
      const error = await errorOf(open({ url, urlMember: 'credentials.webhook' }));
      expect(error).toBeInstanceOf(InvalidInput);
      expect(error.message).toContain('credentials.webhook');
      expect(error.message).not.toContain('secret');
    }
  });
});
