import {
  artifactRequested,
  batchType,
  findingBatchType,
  findingReturned,
  reportSubmitted,
  runRequested,
  Severity,
} from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '../auth.ts';
import { asAdmin, noon, type TestGateway, testGateway } from '../test-gateway.ts';

let test: TestGateway;
beforeEach(async () => {
  test = await testGateway();
});
afterEach(() => test.stop());

const post = (payload: string | Buffer | object, headers: Record<string, string>) =>
  test.app.inject({
    method: 'POST',
    url: '/api/v1/events',
    headers: { ...asAdmin, ...headers },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  });

const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const batched = { 'content-type': 'application/cloudevents-batch+json' };
const artifact = {
  specversion: '1.0',
  id: '1',
  source: '/registry',
  type: artifactRequested.type,
  data: { kind: 'image', reference: 'alpine:3' },
};
const binary = {
  'ce-specversion': '1.0',
  'ce-id': '1',
  'ce-source': '/registry',
  'ce-type': artifactRequested.type,
};
const batch = {
  reportId: 'r',
  target: { name: 'shop', kind: 'repository' },
  findings: [{ rule: 'G101', severity: Severity.HIGH }],
  identities: Buffer.alloc(16, 1),
  severities: Buffer.of(Severity.HIGH),
  enrichments: [{ step: 'geo', annotations: { country: 'CH' } }],
};

describe('publishing an event', () => {
  it.each([
    ['binary with JSON', { 'content-type': 'application/json', ...binary }, JSON.stringify(artifact.data)],
    [
      'binary with protobuf',
      { 'content-type': 'application/protobuf', ...binary },
      Buffer.from(artifactRequested.message.encode(artifact.data)),
    ],
    ['binary without a content type', binary, JSON.stringify(artifact.data)],
    ['structured with data', structured, artifact],
    [
      'structured with data_base64',
      structured,
      {
        ...artifact,
        data: undefined,
        datacontenttype: 'application/protobuf',
        data_base64: Buffer.from(artifactRequested.message.encode(artifact.data)).toString('base64'),
      },
    ],
  ])('takes it %s, and all of these are one event', async (_, headers, payload) => {
    const answer = await post(payload, headers as Record<string, string>);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      subject: 'assay.artifact.requested.image',
    });
    await post(artifact, structured);
    expect(test.bus.stored).toHaveLength(1);
    expect(artifactRequested.message.decode(test.bus.stored[0]?.payload ?? Buffer.alloc(0))).toEqual({
      ...artifact.data,
      platform: '',
    });
  });

  it('tells the same id of another source apart', async () => {
    await post(artifact, structured);
    await post({ ...artifact, source: '/another' }, structured);
    expect(test.bus.stored).toHaveLength(2);
  });

  it('reads percent-encoded headers, and carries the trace on', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const headers = { ...binary, 'ce-source': '/caf%C3%A9', 'content-type': 'application/json', traceparent };
    const { id } = (await post(artifact.data, headers)).json();
    await post({ ...artifact, source: '/café' }, structured);
    expect(test.bus.stored.map((each) => each.headers)).toEqual([
      expect.objectContaining({ 'ce-id': id, 'ce-source': 'assay/gateway', traceparent }),
    ]);
  });

  it('takes a batch, in order, and answers with a list', async () => {
    const answer = await post([artifact, { ...artifact, id: '2', data: { kind: 'git', reference: 'x' } }], batched);
    expect(answer.json()).toMatchObject([
      { subject: 'assay.artifact.requested.image' },
      { subject: 'assay.artifact.requested.git' },
    ]);
    expect(test.bus.stored).toHaveLength(2);
  });

  it('publishes nothing of a batch with one that is wrong', async () => {
    const answer = await post([artifact, { ...artifact, id: '2', type: 'nope' }], batched);
    expect(answer.statusCode).toBe(400);
    expect(test.bus.stored).toEqual([]);
  });

  it('lists the types that clients may send when it does not know one', async () => {
    const { detail, code } = (await post({ ...artifact, type: 'com.example.thing' }, structured)).json();
    expect(code).toBe('event.type');
    for (const topic of [reportSubmitted, runRequested, artifactRequested, findingReturned])
      expect(detail).toContain(topic.type);
  });

  it.each([
    [
      'a type of the platform',
      { ...artifact, type: 'dev.assay.finding.changed.v1' },
      structured,
      'event.type',
      'only published by the platform',
    ],
    ['no id', { ...artifact, id: undefined }, structured, 'event.attribute', '"id"'],
    ['an id that is a number', { ...artifact, id: 1 }, structured, 'event.attribute', '"id"'],
    ['an empty source', { ...artifact, source: '' }, structured, 'event.attribute', '"source"'],
    ['another version', { ...artifact, specversion: '0.3' }, structured, 'event.attribute', 'specversion'],
    [
      'a field that is unknown',
      { ...artifact, data: { kind: 'image', referense: 'x' } },
      structured,
      'event.data',
      'referense',
    ],
    [
      'a field of another kind',
      { ...artifact, data: { kind: 'image', reference: 7 } },
      structured,
      'event.data',
      'reference',
    ],
    ['data that is no object', { ...artifact, data: 'x' }, structured, 'event.data', 'must be an object'],
    ['data that lacks what matters', { ...artifact, data: { kind: 'image' } }, structured, 'event.data', 'reference'],
    ['both data and data_base64', { ...artifact, data_base64: 'AA==' }, structured, 'event.attribute', 'data_base64'],
    [
      'data_base64 that is none',
      { ...artifact, data: undefined, data_base64: '***' },
      structured,
      'event.attribute',
      'base64',
    ],
    [
      'data of a type nobody reads',
      { ...artifact, data: undefined, data_base64: 'AA==', datacontenttype: 'text/xml' },
      structured,
      'event.content-type',
      'text/xml',
    ],
    ['an event that is a string', '"event"', structured, 'event.structure', 'JSON object'],
    ['no JSON', '{', structured, 'request.json', 'not JSON'],
    ['a batch that is no list', artifact, batched, 'event.batch', 'array'],
    ['no CloudEvent at all', { kind: 'image' }, { 'content-type': 'application/json' }, 'event.mode', 'ce-id'],
    [
      'protobuf that is none',
      Buffer.from('ffff', 'hex'),
      { ...binary, 'content-type': 'application/protobuf' },
      'event.data',
      'ArtifactRequested',
    ],
    [
      'a body of a type nobody reads',
      'x',
      { ...binary, 'content-type': 'text/plain' },
      'event.content-type',
      'text/plain',
    ],
    ['nothing', '', { ...binary, 'content-type': 'application/json' }, 'request.json', 'not JSON'],
  ])('is refused with %s', async (_, payload, headers, code, part) => {
    const answer = await post(payload as string, headers as Record<string, string>);
    expect(answer.json()).toMatchObject({ status: 400, code, detail: expect.stringContaining(part) });
    expect(test.bus.stored).toEqual([]);
  });

  it('is refused in batches that are too long', async () => {
    const answer = await post(
      Array.from({ length: 101 }, (_, id) => ({ ...artifact, id: `${id}` })),
      batched,
    );
    expect(answer.json()).toMatchObject({ status: 413, code: 'event.too-large' });
  });
});

describe('publishing a report as an event', () => {
  const report = (data: object) => ({
    ...artifact,
    type: reportSubmitted.type,
    data: { target: { name: 'shop' }, ...data },
  });
  const published = () => test.bus.stored.map(({ payload }) => reportSubmitted.message.decode(payload));
  const secret = '{"match":"AKIAIOSFODNN7EXAMPLE"}';

  it.each([
    ['text', { text: secret }],
    ['content', { content: Buffer.from(secret).toString('base64') }],
  ])('moves its %s into the blob store, so that it never travels on the bus', async (_, body) => {
    const answer = await post(report({ format: 'gitleaks', ...body }), structured);
    expect(answer.json().subject).toBe('assay.report.submitted.gitleaks');
    const [event] = published();
    expect(event).toMatchObject({
      reportId: answer.json().id,
      submittedAt: noon.toISOString(),
      blob: { size: secret.length },
    });
    expect(String(test.blobs.contents.get(event?.blob?.digest ?? ''))).toBe(secret);
    expect(test.bus.stored[0]?.payload.toString()).not.toContain('AKIA');
    expect(Buffer.from(test.bus.stored[0]?.payload ?? []).toString('latin1')).not.toContain('AKIA');
  });

  it('takes a blob that is there, with the size it has', async () => {
    const blob = await test.blobs.put(Buffer.from('{}'));
    await post(report({ blob: { digest: blob.digest, size: 999 } }), structured);
    expect(published()[0]).toMatchObject({ format: 'auto', blob: { digest: blob.digest, size: 2 } });
  });

  it.each([
    ['no target', { target: {}, text: 'x' }, 'event.data'],
    ['no content', {}, 'report.empty'],
    ['empty content', { text: '' }, 'report.empty'],
    ['a blob that is not there', { blob: { digest: `sha256:${'0'.repeat(64)}` } }, 'event.data'],
    ['a target with a line end', { target: { name: 'a\nb' }, text: 'x' }, 'event.data'],
    ['too many steps', { text: 'x', steps: Array(33).fill({ name: 'a' }) }, 'event.data'],
    ['a report id that is none', { reportId: '../x', text: 'x' }, 'event.data'],
  ])('is refused with %s', async (_, data, code) => {
    expect((await post(report(data), structured)).json()).toMatchObject({ status: 400, code });
    expect(test.bus.stored).toEqual([]);
  });
});

describe('publishing other events', () => {
  const withScopes = (...scopes: string[]) => {
    test.store.allTokens.push({ name: 'ci', scopes, hash: hashToken('ci-token'), createdAt: '' });
    return { authorization: 'Bearer ci-token' };
  };
  const run = { ...artifact, type: runRequested.type, data: { target: { name: 'shop' }, sourcePath: '/src' } };
  const report = { ...artifact, type: reportSubmitted.type, data: { target: { name: 'shop' }, text: '{}' } };
  const reportOfRun = { ...report, data: { ...report.data, runId: 'r1' } };
  const returned = {
    ...artifact,
    type: findingReturned.type,
    data: findingBatchType.toJson(findingBatchType.create(batch as never)),
  };

  it('checks a run as POST /api/v1/runs does, and gives it an id', async () => {
    const { id } = (await post(run, structured)).json();
    expect(runRequested.message.decode(test.bus.stored[0]?.payload ?? Buffer.alloc(0))).toMatchObject({
      runId: id,
      pipeline: 'scan',
    });
    const refused = await post({ ...run, data: { ...run.data, sourcePath: '../x' } }, structured);
    expect(refused.json()).toMatchObject({ code: 'run.source-path' });
  });

  it('passes a returned batch on with its findings as they were', async () => {
    const answer = await post(returned, structured);
    expect(answer.json()).toMatchObject({ subject: 'assay.finding.returned.geo' });
    const stored = batchType.decode(test.bus.stored[0]?.payload ?? Buffer.alloc(0));
    expect(stored.findings).toHaveLength(1);
    expect(stored.enrichments[0]).toMatchObject({ step: 'geo', annotations: { country: 'CH' } });
  });

  it('refuses a batch in protobuf that holds a broken finding', async () => {
    const broken = batchType.encode({ ...(batch as object), findings: [Buffer.from('ffff', 'hex')] } as never);
    const headers = { ...binary, 'ce-type': findingReturned.type, 'content-type': 'application/protobuf' };
    expect((await post(Buffer.from(broken), headers)).json()).toMatchObject({ status: 400, code: 'event.data' });
  });

  it.each([
    ['artifact.requested with event:publish', artifact, ['event:publish'], 202],
    ['run.requested with event:publish only', run, ['event:publish'], 403],
    ['run.requested with run:request too', run, ['event:publish', 'run:request'], 202],
    ['report.submitted with event:publish only', report, ['event:publish'], 403],
    ['report.submitted with report:submit too', report, ['event:publish', 'report:submit'], 202],
    ['report.submitted of a run with report:submit', reportOfRun, ['event:publish', 'report:submit'], 403],
    [
      'report.submitted of a run with run:request too',
      reportOfRun,
      ['event:publish', 'report:submit', 'run:request'],
      202,
    ],
    ['finding.returned with event:publish only', returned, ['event:publish'], 403],
    ['finding.returned with finding:return too', returned, ['event:publish', 'finding:return'], 202],
  ])('answers %s', async (_, event, scopes, status) => {
    expect((await post(event, { ...structured, ...withScopes(...scopes) })).statusCode).toBe(status);
    expect(test.bus.stored).toHaveLength(status === 202 ? 1 : 0);
  });
});
