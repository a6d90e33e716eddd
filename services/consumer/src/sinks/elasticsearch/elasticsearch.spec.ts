import { InvalidInput, Transient } from '@assay/contracts';
import { type Expected, type Received, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Secrets, Sink, SinkContext, SinkItem } from '../../sink.ts';
import { errorOf, findingItem, firstTry, type TestContext, testContext } from '../../testing/sink-context.ts';
import { elasticsearch } from './index.ts';

const secrets: Secrets = { apiKey: 'VnVhQ2ZHY0JDZGJrUW0tZTVhT3g=' };
const authorization = 'ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g=';

// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-get-index-template
const hasTemplate: Expected = {
  method: 'GET',
  path: '/_index_template/assay-findings?filter_path=index_templates.name',
  headers: { authorization },
  answer: { index_templates: [{ name: 'assay-findings' }] },
};
const noTemplate = {
  ...hasTemplate,
  status: 404,
  answer: { error: { type: 'resource_not_found_exception' }, status: 404 },
};
// …/operation-indices-put-index-template
const makesTemplate: Expected = {
  method: 'PUT',
  path: '/_index_template/assay-findings',
  headers: { authorization, 'content-type': 'application/json' },
  answer: { acknowledged: true },
};
// …/operation-bulk-1
const bulk = (items: object[], change: Partial<Expected> = {}): Expected => ({
  method: 'POST',
  path: '/assay-findings/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason',
  headers: { authorization, 'content-type': 'application/x-ndjson' },
  check: ({ body }) => expect(body.at(-1)).toBe(0x0a),
  answer: { errors: items.some((item) => JSON.stringify(item).includes('error')), items },
  ...change,
});
const done = (action = 'index', status = 201) => ({ [action]: { status } });
const failed = (status: number, type: string, action = 'index') => ({
  [action]: { status, error: { type, reason: 'failed to parse field [cwes]' } },
});

let server: ScriptedServer;
let context: TestContext;
const sinks: Sink[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

async function open(
  config: Record<string, unknown> = {},
  own: Secrets = secrets,
  change: Partial<SinkContext> = {},
): Promise<Sink> {
  context = testContext(change);
  const sink = await elasticsearch.open({ url: server.url, allowPrivate: true, ...config }, own, context);
  sinks.push(sink);
  return sink;
}

async function opened(config: Record<string, unknown> = {}): Promise<Sink> {
  server.expect(hasTemplate);
  return open(config);
}

/** The lines of the last request, each with its text: a version is no safe number. */
function lines(received: Received | undefined = server.received.at(-1)): string[] {
  return (received?.body.toString() ?? '').trimEnd().split('\n');
}
const ids = () =>
  lines()
    .filter((_, index) => index % 2 === 0)
    .map((line) => Object.values(JSON.parse(line))[0]);

describe('an index', () => {
  it('gets the latest state of each finding, by its key, with a version that grows with the stream', async () => {
    const sink = await opened();
    server.expect(bulk([done(), done('index', 200)]));
    const low = findingItem(2, 'a', { severity: 'low' });
    await sink.deliver([findingItem(1, 'a'), findingItem(1, 'b', {}, 1), low], firstTry);
    const [first, document, second] = lines();
    const version = (ms: number, sequence: number) => (BigInt(ms) << 20n) + BigInt(sequence);
    const day = Date.UTC(2026, 0, 31);
    expect(first).toBe(
      `{"index":{"_id":"shop/gosec/a","version":${version(day + 2000, 2)},"version_type":"external_gte"}}`,
    );
    expect(second).toBe(
      `{"index":{"_id":"shop/gosec/b","version":${version(day + 1000, 1)},"version_type":"external_gte"}}`,
    );
    expect(JSON.parse(document ?? '')).toEqual({
      '@timestamp': '2026-01-31T00:00:02.000Z',
      ...low.finding,
      event: { id: 'e2', type: low.event.type, subject: low.event.subject, time: low.event.time },
    });
  });

  it('keeps the newer state when an older one comes late', async () => {
    const sink = await opened();
    server.expect(bulk([failed(409, 'version_conflict_engine_exception')]));
    await sink.deliver([findingItem(1, 'a')], firstTry);
    const older = findingItem(3, 'b');
    server.expect(bulk([done()]));
    await sink.deliver([findingItem(4, 'b', { severity: 'low' }), older], firstTry);
    expect(lines()).toHaveLength(2);
    expect(JSON.parse(lines()[1] ?? '')).toMatchObject({ severity: 'low' });
  });

  it('gets every change once in mode log, and takes what is there for done', async () => {
    const sink = await opened({ mode: 'log' });
    server.expect(bulk([done('create'), failed(409, 'version_conflict_engine_exception', 'create')]));
    await sink.deliver([findingItem(1, 'a'), findingItem(2, 'a')], firstTry);
    expect(lines().filter((_, index) => index % 2 === 0)).toEqual([
      '{"create":{"_id":"e1:a"}}',
      '{"create":{"_id":"e2:a"}}',
    ]);
  });

  it('gets other events in mode log', async () => {
    server.expect(hasTemplate);
    const sink = await open({ mode: 'log' }, secrets, { hasFindings: false });
    const event = {
      id: 'r1',
      type: 'dev.assay.run.finished.v1',
      subject: 's',
      time: '2026-01-31T00:00:00Z',
      order: '1',
    };
    const item: SinkItem = { id: 'r1', event, position: 0, data: { runId: 'r' } };
    server.expect(bulk([done('create')]));
    await sink.deliver([item], firstTry);
    const { order: _, ...attributes } = event;
    expect(JSON.parse(lines()[1] ?? '')).toEqual({ '@timestamp': event.time, data: { runId: 'r' }, event: attributes });
  });

  it('gets ids of at most 512 bytes', async () => {
    const sink = await opened({ mode: 'log' });
    server.expect(bulk([done('create')]));
    await sink.deliver([{ ...findingItem(1, 'a'), id: 'ü'.repeat(257) }], firstTry);
    expect(ids()).toEqual([{ _id: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it('gets what it was too busy for once more, alone', async () => {
    const sink = await opened();
    const items = ['a', 'b', 'c', 'd'].map((rule, position) => findingItem(1, rule, {}, position));
    server.expect(
      bulk([
        done(),
        failed(429, 'es_rejected_execution_exception'),
        failed(503, 'unavailable_shards_exception'),
        failed(409, 'version_conflict_engine_exception'),
      ]),
    );
    const error = await errorOf(sink.deliver(items, firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error.message).toContain('2 of 4 documents, the first with 429 es_rejected_execution_exception');
    server.expect(bulk([done(), done()]));
    await sink.deliver(items, { ...firstTry, attempt: 2 });
    expect(ids()).toMatchObject([{ _id: 'shop/gosec/b' }, { _id: 'shop/gosec/c' }]);
  });

  it('refuses only the document that it cannot take', async () => {
    const sink = await opened();
    const [good, bad] = [findingItem(1, 'a'), findingItem(2, 'b')];
    server.expect(bulk([done(), failed(400, 'document_parsing_exception')]));
    const error = await errorOf(sink.deliver([good, bad], firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain('1 of 2 documents, the first with 400 document_parsing_exception: failed to parse');
    await sink.deliver([good], firstTry);
    expect(server.received).toHaveLength(2);
    server.expect(bulk([failed(400, 'document_parsing_exception')]));
    expect(await errorOf(sink.deliver([bad], firstTry))).toBeInstanceOf(InvalidInput);
  });

  it('is asked later while it is too busy for one document and refuses another', async () => {
    const sink = await opened();
    server.expect(bulk([failed(400, 'mapper_parsing_exception'), failed(429, 'es_rejected_execution_exception')]));
    const error = await errorOf(sink.deliver([findingItem(1, 'a'), findingItem(1, 'b', {}, 1)], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error.message).toContain('429');
  });

  it.each([
    [403, 'security_exception', 'sink.credential-refused', 'may not write to the index'],
    [404, 'index_not_found_exception', 'sink.elasticsearch', 'make the index'],
  ])('waits for repair when a document is answered with %i %s', async (status, type, code, words) => {
    const sink = await opened();
    server.expect(bulk([failed(status, type)]));
    const error = await errorOf(sink.deliver([findingItem(1, 'a')], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(words);
  });

  it('gets large deliveries in several requests', async () => {
    const sink = await opened();
    const items = [1, 2, 3].map((order) => findingItem(order, `r${order}`, { description: 'x'.repeat(3_000_000) }));
    server.expect(bulk([done()]), bulk([done()]), bulk([done()]));
    await sink.deliver(items, firstTry);
    expect(server.received.slice(1).map((received) => lines(received).length)).toEqual([2, 2, 2]);
  });

  it('gets less at a time from where on it says that a request is too large', async () => {
    const sink = await opened();
    const items = ['a', 'b', 'c', 'd'].map((rule, index) => findingItem(index + 1, rule));
    const tooLarge = bulk([], { status: 413, answer: '<html>too large</html>' });
    server.expect(tooLarge, bulk([done(), done()]), bulk([done(), done()]));
    await sink.deliver(items, firstTry);
    server.expect(bulk([done(), done()]), bulk([done()]));
    await sink.deliver(items.slice(0, 3), firstTry);
    expect(server.received.slice(1).map((received) => lines(received).length)).toEqual([8, 4, 4, 4, 2]);
  });

  it('refuses only the document that is too large by itself', async () => {
    const sink = await opened();
    const tooLarge = bulk([], { status: 413, answer: '' });
    server.expect(tooLarge, tooLarge, bulk([done()]));
    const items = [findingItem(1, 'a', { description: 'x'.repeat(1000) }), findingItem(2, 'b')];
    const error = await errorOf(sink.deliver(items, firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain('1 of 2 documents, the first with 413 too large');
    await sink.deliver(items.slice(1), firstTry);
    expect(server.received).toHaveLength(4);
  });

  it.each([
    [429, {}, Transient, 'answered 429'],
    [
      503,
      { error: { type: 'cluster_block_exception', reason: 'blocked' } },
      Transient,
      'cluster_block_exception: blocked',
    ],
    [401, {}, Transient, 'credentials are not taken'],
    [404, '<html>default backend</html>', Transient, 'look what is at config.url'],
    [302, '', Transient, 'look what is at config.url'],
    [413, '', InvalidInput, 'or what a proxy takes, larger'],
    [
      400,
      { error: { type: 'illegal_argument_exception', reason: 'no' } },
      InvalidInput,
      'illegal_argument_exception: no',
    ],
  ])('is read when it answers the whole request with %i', async (status, answer, kind, words) => {
    const sink = await opened();
    server.expect(bulk([], { status, answer }));
    const error = await errorOf(sink.deliver([findingItem(1, 'a')], firstTry));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(words);
  });

  it.each([['<html>welcome</html>'], [{ errors: false, items: [] }]])(
    'is not believed when it answers %j',
    async (answer) => {
      const sink = await opened();
      server.expect(bulk([], { answer }));
      const error = await errorOf(sink.deliver([findingItem(1, 'a')], firstTry));
      expect(error).toBeInstanceOf(Transient);
      expect(error.message).toContain('not as the bulk API does');
    },
  );

  it('is not asked for nothing', async () => {
    const sink = await opened();
    await sink.deliver([], firstTry);
    expect(server.received).toHaveLength(1);
  });
});

describe('the index template', () => {
  it('is made where there is none, with types that both servers have', async () => {
    server.expect(noTemplate, makesTemplate);
    await open();
    expect(server.received[1]?.json()).toMatchObject({
      index_patterns: ['assay-findings'],
      template: {
        mappings: {
          dynamic: false,
          properties: { severity: { type: 'keyword' }, cwes: { type: 'long' }, startLine: { type: 'long' } },
        },
      },
    });
    expect(server.received[1]?.json()).not.toHaveProperty('data_stream');
  });

  it('makes a data stream where that is asked for', async () => {
    server.expect(noTemplate, makesTemplate);
    await open({ mode: 'log', dataStream: true });
    expect(server.received[1]?.json()).toMatchObject({ data_stream: {} });
  });

  it('is left out where credentials may not make one', async () => {
    server.expect(noTemplate, { ...makesTemplate, status: 403, answer: { error: { type: 'security_exception' } } });
    await open();
    expect(JSON.stringify(context.logged)).toContain('may not make the index template');
    server.expect({ ...hasTemplate, status: 403, answer: {} });
    await open();
  });

  it('is left alone where that is asked for', async () => {
    await open({ manageTemplate: false });
    expect(server.received).toEqual([]);
  });

  it.each([
    [503, Transient],
    [401, Transient],
    [405, Transient],
    [400, InvalidInput],
  ])('keeps the sink from opening when the server answers %i', async (status, kind) => {
    server.expect({ ...hasTemplate, status, answer: {} });
    expect(await errorOf(open())).toBeInstanceOf(kind);
  });
});

describe('the config of an elasticsearch sink', () => {
  it('takes a user name and a password', async () => {
    server.expect({ ...hasTemplate, headers: { authorization: `Basic ${Buffer.from('me:pw').toString('base64')}` } });
    await open({}, { username: 'me', password: 'pw' });
  });

  it('never shows what it was given, whatever the server repeats of it', async () => {
    const own = { username: 'me', password: 'hunter22' };
    const encoded = Buffer.from('me:hunter22').toString('base64');
    const answer = { error: { type: 'security_exception', reason: `no user for [Basic ${encoded}] or hunter22` } };
    server.expect({ ...hasTemplate, headers: {}, status: 401, answer });
    const error = await errorOf(open({}, own));
    expect(error.message).toContain('no user for [Basic ***] or ***');
  });

  it('takes a server that wants no credentials', async () => {
    server.expect({ ...hasTemplate, headers: {}, without: ['authorization'] });
    await open({}, {});
  });

  it.each([
    [{ dataStream: true }, secrets, 'use mode log with dataStream'],
    [{ index: '_all' }, secrets, 'config of a elasticsearch sink is wrong'],
    [{ index: 'a/../b' }, secrets, 'config of a elasticsearch sink is wrong'],
    [{}, { apiKey: 'a', username: 'b', password: 'c' }, 'not both'],
    [{}, { username: 'b' }, 'belong together'],
  ])('refuses %j', async (config, own: Secrets, reason) => {
    const error = await errorOf(open(config, own));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  it('refuses mode latest for other events than findings', async () => {
    const error = await errorOf(open({}, secrets, { hasFindings: false }));
    expect(error.message).toContain('mode latest is for findings');
  });
});
