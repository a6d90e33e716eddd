// Events, tokens and requests that are wrong, through every door of a running platform: refused with what is wrong and
// how to mend it, or in the dead letters with a code; nothing of them is published, and the platform goes on.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactRequested, reportSubmitted } from '@assay/contracts';
import { signRunToken } from '@assay/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LivePlatform } from './live-platform.suite.ts';

let live: LivePlatform;
beforeAll(async () => {
  // A refused sink is told of as soon as the consumer says so, however busy the machine is.
  live = await LivePlatform.start({ ASSAY_GATEWAY_SINK_WAIT_MS: '20000' });
}, 60_000);
afterAll(() => live?.stop());
afterEach(async () => expect(await live.isReady()).toBe(true));

const corrupt = Buffer.from('0affffffff0f', 'hex');
const good = { target: { name: 'shop' }, text: '[]', format: 'gitleaks' };
const binary = (more: Record<string, string> = {}) => ({
  'ce-specversion': '1.0',
  'ce-id': randomUUID(),
  'ce-source': '/spec',
  'ce-type': reportSubmitted.type,
  'content-type': 'application/json',
  ...more,
});
const structured = (more: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/spec',
  type: reportSubmitted.type,
  data: good,
  ...more,
});

/** What is wrong with an event, in each of the three forms that HTTP takes. */
const wrongEvents: [
  string,
  { headers?: Record<string, string>; body?: string | Buffer; event?: unknown },
  string,
  RegExp,
][] = [
  [
    'an unknown type',
    { headers: { 'ce-type': 'com.example.thing' }, event: { type: 'com.example.thing' } },
    'event.type',
    /no event type "com\.example\.thing".*may send dev\.assay\.report\.submitted\.v1/,
  ],
  [
    'a type of the platform',
    { headers: { 'ce-type': 'dev.assay.finding.changed.v1' }, event: { type: 'dev.assay.finding.changed.v1' } },
    'event.type',
    /only published by the platform/,
  ],
  [
    'no source',
    { headers: { 'ce-source': '' }, event: { source: undefined } },
    'event.attribute',
    /"source".*1 to 1024/,
  ],
  [
    'another version',
    { headers: { 'ce-specversion': '0.3' }, event: { specversion: '0.3' } },
    'event.attribute',
    /specversion must be "1\.0", not "0\.3"/,
  ],
  [
    'corrupt protobuf',
    {
      headers: { 'content-type': 'application/protobuf' },
      body: corrupt,
      event: { data: undefined, datacontenttype: 'application/protobuf', data_base64: corrupt.toString('base64') },
    },
    'event.data',
    /not a protobuf ReportSubmitted/,
  ],
  [
    'a field of the wrong type',
    { body: JSON.stringify({ ...good, target: 'shop' }), event: { data: { ...good, target: 'shop' } } },
    'event.data',
    /target.*object/,
  ],
  [
    'a field that nobody knows',
    { body: JSON.stringify({ ...good, targt: {} }), event: { data: { ...good, targt: {} } } },
    'event.data',
    /targt/,
  ],
  ['no target', { body: '{"text":"[]"}', event: { data: { text: '[]' } } }, 'event.data', /target\.name is required/],
  [
    'an empty report',
    { body: '{"target":{"name":"x"}}', event: { data: { target: { name: 'x' } } } },
    'report.empty',
    /empty: give .*content, text or blob/,
  ],
  [
    'a blob that is not there',
    {
      body: JSON.stringify({ target: { name: 'x' }, blob: { digest: `sha256:${'0'.repeat(64)}` } }),
      event: { data: { target: { name: 'x' }, blob: { digest: `sha256:${'0'.repeat(64)}` } } },
    },
    'event.data',
    /no blob sha256:0+; POST \/api\/v1\/blobs first/,
  ],
];

describe('an event by HTTP', () => {
  const post = (body: string | Buffer, headers: Record<string, string>) =>
    live.http('POST', '/api/v1/events', body, headers);
  const isPublished = async (before: number) => (await live.everyMessage()).length !== before;

  it.each(wrongEvents)(
    'with %s is a 400 that says what is wrong, in all three forms',
    async (_, wrong, code, words) => {
      const before = (await live.everyMessage()).length;
      const headers = Object.fromEntries(Object.entries(binary(wrong.headers)).filter(([, value]) => value !== ''));
      const event = structured(wrong.event as Record<string, unknown>);
      const batch = { 'content-type': 'application/cloudevents-batch+json' };
      const answers = [
        await post(wrong.body ?? JSON.stringify(good), headers),
        await post(JSON.stringify(event), { 'content-type': 'application/cloudevents+json' }),
        await post(JSON.stringify([structured(), event]), batch),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({
          status: 400,
          type: expect.stringContaining('application/problem+json'),
          json: { code, detail: expect.stringMatching(words), status: 400 },
        });
      expect(await isPublished(before)).toBe(false);
    },
  );

  it.each<[string, string, Record<string, string>, string, RegExp]>([
    ['no event at all', '{}', { 'content-type': 'application/json' }, 'event.mode', /ce-id, ce-source/],
    [
      'half a JSON',
      '{"specversion":"1.0",',
      { 'content-type': 'application/cloudevents+json' },
      'request.json',
      /JSON/,
    ],
    ['half a list', '[{}', { 'content-type': 'application/cloudevents-batch+json' }, 'request.json', /JSON/],
    ['no list', '{}', { 'content-type': 'application/cloudevents-batch+json' }, 'event.batch', /array/],
    [
      'data of a strange type',
      'a,b',
      binary({ 'content-type': 'text/csv' }),
      'event.content-type',
      /text\/csv.*application\/json/,
    ],
  ])('that is %s is a 400', async (_, body, headers, code, words) => {
    expect(await post(body, headers)).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
      json: { code, detail: expect.stringMatching(words) },
    });
  });

  it('is refused by the command line too, with exit code 2', async () => {
    const ran = await live.assay(['event', 'publish', '-'], { stdin: JSON.stringify(structured({ type: 'nope' })) });
    expect([ran.code, ran.out, ran.err]).toEqual([
      2,
      '',
      expect.stringMatching(/no event type "nope".*clients may send/),
    ]);
  });
});

describe('an event of a NATS client', () => {
  const subject = 'assay.report.submitted.gitleaks';
  const json = (value: unknown) => JSON.stringify(value);
  it.each<[string, string | Buffer, Record<string, string>, string, RegExp]>([
    [
      'says that it is something else',
      json(good),
      { 'ce-type': 'com.example.thing' },
      'event.type',
      /com\.example\.thing; expected dev\.assay\.report\.submitted\.v1/,
    ],
    [
      'says so in structured mode',
      json(structured({ type: 'com.example.thing' })),
      {},
      'event.type',
      /com\.example\.thing; expected/,
    ],
    ['is corrupt protobuf', corrupt, { 'content-type': 'application/protobuf' }, 'event.payload', /no ReportSubmitted/],
    ['is corrupt and says nothing of itself', corrupt, {}, 'event.payload', /no ReportSubmitted/],
    ['is half a JSON', '{"target":', {}, 'event.json', /no JSON/],
    ['is no object', '[1]', { 'content-type': 'application/json' }, 'event.json', /no JSON object/],
    ['has a field of the wrong type', json({ ...good, target: 'shop' }), {}, 'event.data', /target.*object/],
    ['has a field that nobody knows', json({ ...good, targt: {} }), {}, 'event.data', /targt/],
    [
      'is of a strange content type',
      'a,b',
      { 'content-type': 'text/csv' },
      'event.content-type',
      /text\/csv.*application\/protobuf or application\/json/,
    ],
    ['has no target', json({ text: '[]' }), {}, 'report.no-target', /set target\.name/],
    ['has no body', json({ target: { name: 'x' } }), {}, 'report.no-body', /content, text and blob/],
    ['is empty', '', {}, 'report.no-target', /set target\.name/],
    [
      'names a blob that is not there',
      json({ target: { name: 'x' }, blob: { digest: `sha256:${'0'.repeat(64)}` } }),
      {},
      'blob.missing',
      /0000/,
    ],
    [
      'names a blob by a path',
      json({ target: { name: 'x' }, blob: { digest: '../../secrets/token' } }),
      {},
      'blob.digest',
      /sha256:.*64/,
    ],
  ])('that %s is dead-lettered, whole', async (_, payload, headers, code, words) => {
    const letter = await live.letterOf(await live.send(subject, payload, headers));
    expect(letter).toMatchObject({
      service: 'producer',
      code,
      subject,
      attempts: 1,
      reason: expect.stringMatching(words),
    });
    expect(letter.reason).toContain(code.startsWith('event.') ? subject : '');
    expect(Buffer.from(letter.payload).equals(Buffer.from(payload))).toBe(true);
  });

  it.each([
    'assay.nope.x',
    'assay.report.submitted',
    'assay.report.submitted.a.b',
    'assay.report.parsed.gosec.00',
    'assay.finding.changed.opened.high.gosec',
    'assay.dead.producer.report.submitted',
    '$JS.API.STREAM.DELETE.assay-finding',
  ])('on %s is refused by the server at once', async (forbidden) => {
    await expect(live.send(forbidden, 'x')).rejects.toMatchObject({
      code: 'bus.forbidden',
      message: expect.stringContaining(forbidden),
    });
  });

  it('is listed for people, with its code and what to do', async () => {
    await live.letterOf(await live.send(subject, '{"target":', {}));
    const { out } = await live.assay(['dead', 'ls', '-o', 'json']);
    expect(out).toMatch(/"code":\s*"event\.json"/);
  });
});

describe('a request', () => {
  const reports = '/api/v1/reports?format=gitleaks&target=shop';
  const ofAnother = signRunToken(
    { runId: 'r', pipeline: 'scan', target: 'shop', expires: 4_102_444_800 },
    'k'.repeat(32),
  );

  it.each<[string, () => Record<string, string>]>([
    ['no token', () => ({ authorization: '' })],
    ['a wrong token', () => ({ authorization: 'Bearer nope-nope-nope-nope' })],
    ['another scheme', () => ({ authorization: `Basic ${Buffer.from('a:b').toString('base64')}` })],
    ['a run token of somebody else', () => ({ authorization: `Bearer ${ofAnother}` })],
    ['a token with a line break', () => ({ authorization: 'Bearer a b' })],
  ])('with %s is a 401', async (_, headers) => {
    for (const [method, path] of [
      ['POST', reports],
      ['POST', '/api/v1/events'],
      ['GET', '/api/v1/findings'],
      ['GET', '/api/v1/dead'],
    ] as const)
      expect(await live.http(method, path, method === 'POST' ? '[]' : undefined, headers())).toMatchObject({
        status: 401,
        type: expect.stringContaining('application/problem+json'),
        json: { code: 'auth.unauthenticated', detail: expect.stringMatching(/send a valid token.*Bearer/) },
      });
  });

  it('with a token that has expired is a 401, with one that may not a 403', async () => {
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const make = await live.http(
      'POST',
      '/api/v1/tokens',
      JSON.stringify({ name: 'short', scopes: ['finding:read'], expiresAt }),
      { 'content-type': 'application/json' },
    );
    const headers = { authorization: `Bearer ${make.json.token}` };
    expect((await live.http('GET', '/api/v1/findings', undefined, headers)).status).toBe(200);
    expect(await live.http('POST', reports, '[]', headers)).toMatchObject({
      status: 403,
      json: { code: 'auth.forbidden', detail: expect.stringMatching(/"report:submit".*POST \/api\/v1\/tokens/) },
    });
    while (Date.now() <= Date.parse(expiresAt)) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await live.http('GET', '/api/v1/findings', undefined, headers)).status).toBe(401);
  });

  it.each<[string, string, string, RegExp]>([
    ['no target', '/api/v1/reports?format=gosec', 'report.target', /\?target=NAME/],
    ['a strange format', '/api/v1/reports?format=../x&target=a', 'request.invalid', /format.*e\.g\. sarif/],
    ['a parameter that nobody knows', '/api/v1/reports?format=gosec&targt=a', 'request.invalid', /targt/],
    ['a strange step', '/api/v1/reports?format=gosec&target=a&step=A%20B', 'report.step', /NAME:KEY=VALUE/],
    ['nothing there', '/api/v1/nope', 'route.missing', /see \/docs/],
  ])('with %s is a 4xx', async (_, path, code, words) => {
    const answer = await live.http('POST', path, '[]');
    expect(answer).toMatchObject({
      type: expect.stringContaining('application/problem+json'),
      json: { code, detail: expect.stringMatching(words) },
    });
    expect(Math.floor(answer.status / 100)).toBe(4);
  });
});

describe('a command', () => {
  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['a folder that is not there', ['scan', 'nowhere'], {}, 2, /nowhere cannot be read; give a folder/],
    ['a file for a folder', ['scan', 'a-file'], {}, 2, /a-file is no folder/],
    [
      'a report that is not there',
      ['report', 'submit', '--format', 'gosec', '--target', 'x', 'nowhere.json'],
      {},
      2,
      /nowhere\.json cannot be read/,
    ],
    [
      'a folder for a report',
      ['report', 'parse', '--format', 'gosec', 'a-folder'],
      {},
      2,
      /is a folder; give the report in it/,
    ],
    ['no format', ['report', 'parse', 'a-file'], {}, 2, /--format/],
    ['a wrong token', ['finding', 'ls'], { ASSAY_TOKEN: 'nope-nope-nope-nope' }, 2, /token/],
    [
      'a token file that is not there',
      ['finding', 'ls'],
      { ASSAY_TOKEN_FILE: '/nonexistent' },
      2,
      /\/nonexistent cannot be read; set ASSAY_TOKEN_FILE/,
    ],
    ['an address where nobody is', ['finding', 'ls'], { ASSAY_URL: 'http://127.0.0.1:4' }, 3, /127\.0\.0\.1:4/],
    ['an address that is none', ['finding', 'ls'], { ASSAY_URL: 'here' }, 2, /ASSAY_URL must be an http/],
    [
      'an unknown variable',
      ['up'],
      { ASSAY_NATS_PROT: '1' },
      2,
      /ASSAY_NATS_PROT is not known: did you mean ASSAY_NATS_PORT/,
    ],
    ['a variable that is no number', ['up'], { ASSAY_LEASE_MS: 'soon' }, 2, /ASSAY_LEASE_MS/],
    ['an unknown dead letter', ['dead', 'show', '99999'], {}, 2, /no dead letter 99999/],
  ])('given %s says so and ends with its code', async (_, words, env, code, sentence) => {
    await mkdir(join(live.home.home, 'a-folder'), { recursive: true });
    await writeFile(join(live.home.home, 'a-file'), 'x');
    // Another home: this one is taken, and `up` looks at its settings only after that.
    const own = words[0] === 'up' ? { ASSAY_HOME: join(live.home.home, 'another') } : {};
    const ran = await live.assay(words, { env: { ...own, ...env } });
    expect([ran.code, ran.err]).toEqual([code, expect.stringMatching(sentence)]);
    expect(ran.err).not.toMatch(/\n\s+at /);
  });
});

describe('a sink that cannot work', () => {
  const ofFindings = { type: 'file', subject: 'assay.finding.changed.>', config: { path: 'a.jsonl' } };
  const token = () => join(live.home.home, '.assay/secrets/token');
  it.each<[string, () => Record<string, unknown>, RegExp]>([
    ['a filter that is none', () => ({ filter: 'foo(' }), /filter/],
    ['a path that leads out', () => ({ config: { path: '../../x' } }), /without "\." and "\.\."/],
    ['a type that is none', () => ({ type: 'pigeon' }), /no sink type "pigeon"/],
    [
      'the token of the platform for its secret',
      () => ({
        type: 'webhook',
        config: { url: 'https://example.com' },
        credentials: { secret: { file: token() } },
      }),
      /only files inside .*sink-secrets/,
    ],
  ])('for %s is a 422 with the reason, and exit code 2', async (_, wrong, words) => {
    const [one, two] = [`bad-${randomUUID()}`, `bad-${randomUUID()}`];
    const sink = (name: string) => JSON.stringify({ name, ...ofFindings, ...wrong() });
    expect(await live.http('POST', '/api/v1/sinks', sink(one), { 'content-type': 'application/json' })).toMatchObject({
      status: 422,
      type: expect.stringContaining('application/problem+json'),
      json: { code: 'sink.refused', detail: expect.stringMatching(words) },
    });
    const ran = await live.assay(['sink', 'add', '-'], { stdin: sink(two) });
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringMatching(words)]);
    expect(ran.err).toContain('stored but not served');
  });
});

it('what was wrong harmed nothing: a good report and a good event still go through', async () => {
  const answer = await live.submit({ format: 'gitleaks', target: 'well' }, '[]');
  expect((await live.assessed(answer.json.runId as string)).problems).toEqual([]);
  const event = structured({ type: artifactRequested.type, data: { kind: 'git', reference: 'x' } });
  const headers = { 'content-type': 'application/cloudevents+json' };
  expect((await live.http('POST', '/api/v1/events', JSON.stringify(event), headers)).status).toBe(202);
});
