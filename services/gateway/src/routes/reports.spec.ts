import { hash } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { reportSubmitted } from '@assay/contracts';
import { signRunToken } from '@assay/runtime';
import type { StoredReport, StoredRun } from '@assay/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '../auth.ts';
import { asAdmin, noon, runTokenKey, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway({ maxReportBytes: 1024 * 1024 });
});
afterEach(() => test.stop());

const submit = (query: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
  test.app.inject({ method: 'POST', url: `/api/v1/reports${query}`, payload, headers: { ...asAdmin, ...headers } });
const published = () => test.bus.stored.map(({ payload }) => reportSubmitted.message.decode(payload));
const runToken = (runId: string, target = 'shop') =>
  `Bearer ${signRunToken({ runId, pipeline: 'scan', target, expires: noon.getTime() / 1000 + 60 }, runTokenKey)}`;

describe('submitting a report', () => {
  it('stores the content and publishes one event that refers to it', async () => {
    const answer = await submit(
      '?format=gosec&target=github.com/acme/shop&kind=repository&revision=abc&run=r1&task=gosec&scope=./...&sourceRoot=/src&tool=GoSec@2.1&partial=no%20go.sum&step=annotate:team=web,env=prod&step=codeowners',
      '{"Issues":[]}',
      { 'content-type': 'application/x-www-form-urlencoded', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    );
    expect(answer.statusCode).toBe(202);
    const accepted = answer.json();
    expect(accepted).toEqual({
      reportId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      runId: 'r1',
      digest: expect.stringMatching(/^sha256:/),
      size: 13,
    });
    expect(String(test.blobs.contents.get(accepted.digest))).toBe('{"Issues":[]}');
    expect(published()).toEqual([
      {
        reportId: accepted.reportId,
        runId: 'r1',
        task: 'gosec',
        format: 'gosec',
        target: { name: 'github.com/acme/shop', kind: 'repository' },
        revision: 'abc',
        sourceRoot: '/src',
        scope: './...',
        blob: { digest: accepted.digest, size: 13, mediaType: 'application/x-www-form-urlencoded' },
        steps: [
          { name: 'annotate', params: { team: 'web', env: 'prod' }, outside: false },
          { name: 'codeowners', params: {}, outside: false },
        ],
        partial: true,
        partialReason: 'no go.sum',
        submittedAt: noon.toISOString(),
        tool: { name: 'gosec', version: '2.1' },
      },
    ]);
    expect(test.bus.stored[0]).toMatchObject({
      subject: 'assay.report.submitted.gosec',
      headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
  });

  it('recognises the format by content and makes it a run of its own when nothing else is said', async () => {
    const { reportId, runId } = (await submit('?target=shop', '{}')).json();
    expect(runId).toBe(reportId);
    expect(published()[0]).toMatchObject({ format: 'auto', runId: '', partial: false, target: { kind: 'repository' } });
  });

  it.each(['application/json', 'text/plain', 'application/xml', 'application/octet-stream', ''])(
    'takes a body of type "%s"',
    async (type) => {
      const answer = await submit('?target=shop', 'not json', type ? { 'content-type': type } : {});
      expect(answer.statusCode).toBe(202);
      expect(String(test.blobs.contents.get(answer.json().digest))).toBe('not json');
    },
  );

  it.each([
    ['text/plain; charset=utf-8', 'text/plain'],
    ['Application/JSON', 'application/json'],
    [`text/${'x'.repeat(200)}`, 'application/octet-stream'],
  ])('keeps content of type %s as %s', async (given, kept) => {
    await submit('?target=shop', 'x', { 'content-type': given });
    expect(published()[0]?.blob?.mediaType).toBe(kept);
  });

  it('unpacks gzip', async () => {
    const answer = await submit('?target=shop', gzipSync('{"results":[]}'), { 'content-encoding': 'gzip' });
    expect(answer.json().size).toBe(14);
    expect(String(test.blobs.contents.get(answer.json().digest))).toBe('{"results":[]}');
  });

  it('gives the same report for the same Idempotency-Key, with one event', async () => {
    const [first, second] = [
      await submit('?target=shop', '{}', { 'idempotency-key': 'build-7' }),
      await submit('?target=shop', '{}', { 'idempotency-key': 'build-7' }),
    ];
    expect(second.json()).toEqual(first.json());
    expect(published()).toHaveLength(1);
    const other = await submit('?target=shop', '{}', { 'idempotency-key': 'build-8' });
    expect(other.json().reportId).not.toBe(first.json().reportId);
  });

  describe('that is read while the client waits', () => {
    const reading = async (headers: Record<string, string>, read: Partial<StoredReport>) => {
      await test.stop();
      test = await testGateway({ readWaitMs: 60_000 });
      const answer = submit('?target=shop', '{}', headers);
      while (test.bus.stored.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const { reportId } = published()[0] ?? {};
      test.store.allReports.push({ reportId, runId: reportId, notes: [], ...read } as StoredReport);
      return answer;
    };

    it.each<[string, Record<string, string>, Partial<StoredReport>, number]>([
      ['is accepted when it could be', {}, { errorCode: '' }, 202],
      ['is a 422 when it could not be', {}, { errorCode: 'report.truncated', notes: ['x', 'ends at byte 7'] }, 422],
      ['is accepted whatever it is when nobody wants to wait', { prefer: 'respond-async' }, { errorCode: 'x' }, 202],
    ])('%s', async (_, headers, read, status) => {
      const answer = await reading(headers, read);
      expect(answer.statusCode).toBe(status);
      if (status === 422)
        expect(answer.json()).toMatchObject({
          code: 'report.unreadable',
          detail: expect.stringMatching(/^ends at byte 7 \(report\.truncated; report \S+ is in the dead letters\)$/),
        });
    });
  });

  it('knows a key beyond the stream’s memory, and refuses it for other content', async () => {
    const { reportId, digest } = (await submit('?target=shop', '{}', { 'idempotency-key': 'k' })).json();
    test.store.allReports.push({ reportId, runId: reportId, blob: { digest, size: 2, mediaType: '' } } as StoredReport);
    test.bus.stored.length = 0;
    expect((await submit('?target=shop', '{}', { 'idempotency-key': 'k' })).json().reportId).toBe(reportId);
    const conflict = await submit('?target=shop', '{"more":1}', { 'idempotency-key': 'k' });
    expect(conflict.statusCode).toBe(409);
    expect(conflict.json()).toMatchObject({ code: 'report.conflict' });
    expect(test.bus.stored).toEqual([]);
  });

  it('refuses other content under one Idempotency-Key at once, and loses none that it accepted', async () => {
    const answers = await Promise.all(
      ['{"a":1}', '{"b":2}', '{"a":1}'].map((content) =>
        submit('?target=shop', content, { 'idempotency-key': 'at-once' }),
      ),
    );
    const kept = published().map(({ blob }) => blob?.digest);
    expect(kept).toHaveLength(1);
    const digests = ['{"a":1}', '{"b":2}', '{"a":1}'].map((text) => `sha256:${hash('sha256', text)}`);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(
      digests.map((digest) => (digest === kept[0] ? 202 : 409)),
    );
    for (const answer of answers.filter(({ statusCode }) => statusCode === 409))
      expect(answer.json()).toMatchObject({ code: 'report.conflict', detail: expect.stringContaining(`${kept[0]}`) });
  });

  it('does not vouch for a report whose first is gone from the stream', async () => {
    await submit('?target=shop', '{}', { 'idempotency-key': 'k' });
    test.bus.stored.length = 0;
    const answer = await submit('?target=shop', '{}', { 'idempotency-key': 'k' });
    expect(answer.json()).toMatchObject({ status: 503, code: 'report.gone' });
  });

  it.each([
    ['refuses a run from a token that may only submit', ['report:submit'], '&run=r1', 403],
    ['takes a run from a token that may ask for runs', ['report:submit', 'run:request'], '&run=r1', 202],
    ['takes a report of its own from a token that may only submit', ['report:submit'], '', 202],
  ])('%s', async (_, scopes, query, status) => {
    test.store.allTokens.push({ name: 'ci', scopes, hash: hashToken('ci-token'), createdAt: '' });
    const answer = await submit(`?target=shop${query}`, '{}', { authorization: 'Bearer ci-token' });
    expect(answer.statusCode).toBe(status);
    expect(published()).toHaveLength(status === 202 ? 1 : 0);
    if (status === 403)
      expect(answer.json()).toMatchObject({
        code: 'auth.forbidden',
        detail: expect.stringContaining('"run:request"'),
      });
  });

  it('takes the first report of a task that was run again after a crash', async () => {
    const headers = { 'idempotency-key': 'r7/bandit', authorization: runToken('r7') };
    const { reportId, digest } = (await submit('?target=shop', '{"at":1}', headers)).json();
    test.store.allReports.push({ reportId, runId: 'r7', blob: { digest, size: 2, mediaType: '' } } as StoredReport);
    test.bus.stored.length = 0;
    const again = await submit('?target=shop', '{"at":2}', headers);
    expect([again.statusCode, again.json().reportId]).toEqual([202, reportId]);
    expect(published()).toHaveLength(0);
  });

  it.each([
    ['nothing to name the target', '', 'x', {}, 400, 'report.target'],
    ['zero bytes', '?target=a', '', {}, 400, 'report.empty'],
    ['zero bytes after gzip', '?target=a', gzipSync(''), { 'content-encoding': 'gzip' }, 400, 'report.empty'],
    ['gzip that is none', '?target=a', 'plain', { 'content-encoding': 'gzip' }, 400, 'report.encoding'],
    [
      'gzip cut off',
      '?target=a',
      gzipSync('x'.repeat(9000)).subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      'report.encoding',
    ],
    ['an encoding nobody knows', '?target=a', 'x', { 'content-encoding': 'br' }, 400, 'report.encoding'],
    ['too many bytes', '?target=a', Buffer.alloc(1024 * 1024 + 1), {}, 413, 'report.too-large'],
    [
      'too many bytes after gzip',
      '?target=a',
      gzipSync(Buffer.alloc(1024 * 1024 + 1)),
      { 'content-encoding': 'gzip' },
      413,
      'report.too-large',
    ],
    ['a format that is none', '?target=a&format=../x', 'x', {}, 400, 'request.invalid'],
    ['a parameter that is unknown', '?target=a&fromat=sarif', 'x', {}, 400, 'request.invalid'],
    ['a target with a line end', '?target=a%0Ab', 'x', {}, 400, 'request.invalid'],
    ['a step without a value', '?target=a&step=annotate:team', 'x', {}, 400, 'report.step'],
    ['a step without a name', '?target=a&step=:a=b', 'x', {}, 400, 'report.step'],
    ['a step of a task, outside a run', '?target=a&step=task/age', 'x', {}, 400, 'report.step'],
    [
      'an Idempotency-Key that is too long',
      '?target=a',
      'x',
      { 'idempotency-key': 'k'.repeat(256) },
      400,
      'request.idempotency-key',
    ],
  ])('refuses %s, and publishes and keeps nothing', async (_, query, body, headers, status, code) => {
    const answer = await submit(query, body, headers as Record<string, string>);
    expect(answer.json()).toMatchObject({ status, code, type: `urn:assay:problem:${code}` });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(test.bus.stored).toEqual([]);
    expect(test.blobs.contents.size).toBe(0);
  });

  it('stops unpacking a bomb long before it is as large as a report may be', async () => {
    const large = await testGateway({ maxReportBytes: 1024 ** 3 });
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const headers = { ...asAdmin, 'content-encoding': 'gzip' };
    const answer = await large.app.inject({ method: 'POST', url: '/api/v1/reports?target=a', payload: bomb, headers });
    expect(answer.json()).toMatchObject({ status: 413, code: 'report.too-large' });
    expect(large.blobs.contents.size).toBe(0);
    await large.stop();
  });

  it.each([
    ['as it is', 'content-length: 100', '{"half":'],
    ['in chunks', 'transfer-encoding: chunked', '8\r\n{"half":\r\n'],
    ['as gzip', 'content-encoding: gzip\r\ncontent-length: 100', gzipSync('{"half":')],
  ])('publishes and keeps nothing of a report that is cut off, sent %s', async (_, header, body) => {
    await test.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = test.app.server.address() as { port: number };
    const refused = new Promise<void>((resolve) => {
      test.log.push = (line) => {
        if (line.includes('report.cut-off')) resolve();
        return 0;
      };
    });
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `POST /api/v1/reports?target=a HTTP/1.1\r\nhost: x\r\nauthorization: ${asAdmin.authorization}\r\n${header}\r\n\r\n`,
      );
      socket.write(body, () => socket.end());
    });
    socket.resume();
    await refused;
    expect(test.bus.stored).toEqual([]);
    expect(test.blobs.contents.size).toBe(0);
  });

  it('says when to come back when the bus is away, and publishes nothing', async () => {
    test.bus.isDown = true;
    const answer = await submit('?target=shop', '{}');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('submitting with a run’s token', () => {
  it('takes the run from the token, and the target and steps from the run', async () => {
    test.store.allRuns.push({
      runId: 'r7',
      target: 'shop',
      revision: 'abc',
      requested: { target: { name: 'shop', kind: 'image' }, steps: [{ name: 'annotate', params: { a: 'b' } }] },
    } as unknown as StoredRun);
    const answer = await submit('?format=eslint', '[]', { authorization: runToken('r7') });
    expect(answer.json()).toMatchObject({ runId: 'r7' });
    expect(published()[0]).toMatchObject({
      runId: 'r7',
      target: { name: 'shop', kind: 'image' },
      revision: 'abc',
      steps: [{ name: 'annotate', params: { a: 'b' } }],
    });
  });

  it('takes what the submit step of a task says, whether or not the run is known yet', async () => {
    const query = '?target=shop&kind=image&run=r7&revision=abc&step=task/age&step=annotate:team=web';
    const answer = await submit(query, '[]', { authorization: runToken('r7') });
    expect(answer.json()).toMatchObject({ runId: 'r7' });
    expect(published()[0]).toMatchObject({
      runId: 'r7',
      target: { name: 'shop', kind: 'image' },
      revision: 'abc',
      steps: [
        { name: 'age', params: {}, outside: true },
        { name: 'annotate', params: { team: 'web' }, outside: false },
      ],
    });
  });

  it('refuses another target than the run’s', async () => {
    const answer = await submit('?target=other&run=r7', '[]', { authorization: runToken('r7') });
    expect(answer.json()).toMatchObject({ status: 400, code: 'report.target' });
    expect([test.bus.stored.length, test.blobs.contents.size]).toEqual([0, 0]);
  });

  it('does not take the target from a store that says otherwise', async () => {
    test.store.allRuns.push({ runId: 'r7', target: 'other', revision: '' } as unknown as StoredRun);
    await submit('', '[]', { authorization: runToken('r7') });
    expect(published()[0]).toMatchObject({ target: { name: 'shop' } });
  });

  it('knows no token that names no target', async () => {
    const answer = await submit('?target=shop', '[]', { authorization: runToken('r7', '') });
    expect(answer.statusCode).toBe(401);
  });

  it('refuses another run', async () => {
    const answer = await submit('?target=shop&run=r8', '[]', { authorization: runToken('r7') });
    expect(answer.json()).toMatchObject({ status: 400, code: 'report.run' });
  });

  it('asks to come back while the run is not known and no target is said', async () => {
    const answer = await submit('', '[]', { authorization: runToken('r9') });
    expect(answer.json()).toMatchObject({ status: 503, code: 'report.target' });
    expect(test.blobs.contents.size).toBe(0);
  });
});

describe('reading reports', () => {
  beforeEach(() => {
    test.store.allReports.push(
      { reportId: 'a', runId: 'r1' } as StoredReport,
      { reportId: 'b', runId: 'r2' } as StoredReport,
    );
  });
  it.each([
    ['/api/v1/reports', 200, { items: [{ reportId: 'a' }, { reportId: 'b' }] }],
    ['/api/v1/reports?run=r2', 200, { items: [{ reportId: 'b' }] }],
    ['/api/v1/reports/a', 200, { reportId: 'a', runId: 'r1' }],
    ['/api/v1/reports/c', 404, { code: 'report.missing' }],
    ['/api/v1/reports?limit=0', 400, { code: 'request.invalid' }],
    ['/api/v1/reports?limit=1001', 400, { code: 'request.invalid' }],
  ])('answers GET %s with %i', async (url, status, body) => {
    const answer = await test.app.inject({ url, headers: asAdmin });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(body);
  });
});
