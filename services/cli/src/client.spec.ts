import { Fault, InvalidInput, Transient } from '@assay/contracts/errors';
import { describe, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { type Exchange, scriptedGateway } from './testing/scripted-gateway.ts';

const problem = (status: number, detail: string, headers: Record<string, string> = {}): Omit<Exchange, 'request'> => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  answer: { title: 'Title', status, detail, code: `x.${status}` },
});

function clientOf(url: string, waits: number[] = [], signal = new AbortController().signal): Client {
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  return new Client({ url, token: 'secret-token' }, { signal, sleep });
}

describe('Client', () => {
  it('sends the token as a header and reads JSON', async () => {
    await using gateway = await scriptedGateway([{ request: 'GET /api/v1/x?a=1&b=2&b=3', answer: { ok: true } }]);
    expect(await clientOf(gateway.url).get('/api/v1/x', { a: 1, b: ['2', '3'], c: undefined, d: '' })).toEqual({
      ok: true,
    });
    expect(gateway.received[0]?.headers.authorization).toBe('Bearer secret-token');
    await gateway.finish();
  });

  it.each([
    [400, InvalidInput, 'target is missing'],
    [401, InvalidInput, 'set ASSAY_TOKEN or ASSAY_TOKEN_FILE'],
    [403, InvalidInput, 'use one with the scope it needs'],
    [404, InvalidInput, 'target is missing'],
    [500, Fault, 'target is missing'],
    [302, InvalidInput, 'sends on to'],
  ])('makes a sentence of HTTP %i, tried once', async (status, type, sentence) => {
    await using gateway = await scriptedGateway([{ request: 'GET /x', ...problem(status, 'target is missing') }]);
    const refused = clientOf(gateway.url).get('/x');
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(type);
    await gateway.finish();
  });

  it('waits as long as the gateway asks, then tries again', async () => {
    await using gateway = await scriptedGateway([
      { request: 'GET /x', ...problem(503, 'busy', { 'retry-after': '2' }) },
      { request: 'GET /x', ...problem(429, 'slow down') },
      { request: 'GET /x', answer: { ok: 1 } },
    ]);
    const waits: number[] = [];
    expect(await clientOf(gateway.url, waits).get('/x')).toEqual({ ok: 1 });
    expect(waits).toEqual([2000, 1000]);
    await gateway.finish();
  });

  it('gives up after five attempts, and never waits more than half a minute', async () => {
    const busy = { request: 'GET /x', ...problem(503, 'busy', { 'retry-after': '3600' }) };
    await using gateway = await scriptedGateway([busy, busy, busy, busy, busy]);
    const waits: number[] = [];
    await expect(clientOf(gateway.url, waits).get('/x')).rejects.toBeInstanceOf(Transient);
    expect(waits).toEqual([30_000, 30_000, 30_000, 30_000]);
    await gateway.finish();
  });

  it('does not repeat a request that might do harm twice', async () => {
    await using gateway = await scriptedGateway([{ request: 'POST /x', ...problem(503, 'busy') }]);
    await expect(clientOf(gateway.url).request('POST', '/x', { json: {} })).rejects.toThrow('busy');
    await gateway.finish();
  });

  it('sends a body anew with every attempt', async () => {
    await using gateway = await scriptedGateway([
      { request: 'POST /x', ...problem(503, 'busy') },
      { request: 'POST /x', status: 202, answer: { done: true } },
    ]);
    async function* body() {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    await clientOf(gateway.url).request('POST', '/x', { body, isRepeatable: true });
    expect(gateway.received.map((request) => request.body)).toEqual(['one two', 'one two']);
    await gateway.finish();
  });

  it('says how to start a platform when nothing listens, without trying again', async () => {
    const gateway = await scriptedGateway([]);
    await gateway.finish();
    const waits: number[] = [];
    const refused = clientOf(gateway.url, waits).get('/x');
    await expect(refused).rejects.toThrow(
      `nothing answers at ${gateway.url}: start it with \`npm start\` or set ASSAY_URL`,
    );
    expect(waits).toEqual([]);
  });

  it('tells a stranger on the port from the gateway', async () => {
    await using gateway = await scriptedGateway([{ request: 'GET /x', answer: '<html>hello</html>' }]);
    await expect(clientOf(gateway.url).get('/x')).rejects.toThrow('does not answer like Assay’s gateway');
    await gateway.finish();
  });

  it('calls a connection that breaks off transient', async () => {
    const broken = (): Exchange => ({
      request: 'POST /x',
      answer: (response: import('node:http').ServerResponse) => response.destroy(),
    });
    await using gateway = await scriptedGateway([broken()]);
    await expect(clientOf(gateway.url).request('POST', '/x', { json: 1 })).rejects.toBeInstanceOf(Transient);
    await gateway.finish();
  });

  it('ends with the signal’s reason', async () => {
    const ending = new AbortController();
    await using gateway = await scriptedGateway([
      { request: 'GET /x', answer: () => ending.abort(new Error('SIGINT')) },
    ]);
    await expect(clientOf(gateway.url, [], ending.signal).get('/x')).rejects.toThrow('SIGINT');
  });
});
