import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactRequested, runRequested } from '@assay/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { noon, type TestGateway, testGateway } from '../test-gateway.ts';
import { readWebhooks } from '../webhooks/read-webhooks.ts';

const secret = 'a secret of the sender';
const standardSecret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

let folder: string;
let test: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-webhooks-'));
  await writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'next'), 'the secret that comes next', { mode: 0o600 });
  await writeFile(join(folder, 'seen'), secret, { mode: 0o644 });
  await writeFile(join(folder, 'short'), 'short', { mode: 0o600 });
  await writeFile(join(folder, 'standard'), standardSecret, { mode: 0o600 });
  const file = (name: string) => `[{ file: ${join(folder, name)} }]`;
  await writeFile(
    join(folder, 'webhooks.yaml'),
    `webhooks:
  - name: github
    scheme: github
    secrets: [{ file: ${join(folder, 'next')} }, { file: ${join(folder, 'secret')} }]
    events: [push]
    when: { /ref: refs/heads/main }
    run: { target: { from: /repository/full_name }, revision: { from: /after }, params: { by: hook } }
  - name: registry
    scheme: standard
    secrets: ${file('standard')}
    artifact: { kind: image, reference: { from: /data/0/image } }
  - { name: seen, scheme: github, secrets: ${file('seen')}, artifact: { kind: image, reference: a } }
  - { name: short, scheme: github, secrets: ${file('short')}, artifact: { kind: image, reference: a } }
  - { name: away, scheme: github, secrets: [{ env: ASSAY_WEBHOOK_AWAY }], artifact: { kind: image, reference: a } }
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  test = await testGateway({}, await readWebhooks(join(folder, 'webhooks.yaml')));
});
afterEach(() => test.stop());

const push = { ref: 'refs/heads/main', after: 'c0ffee', repository: { full_name: 'acme/shop' } };
const hub = (body: string, key = secret) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
const json = { 'content-type': 'application/json' };
const post = (name: string, payload: string | Buffer, headers: Record<string, string>) =>
  test.app.inject({ method: 'POST', url: `/api/v1/webhooks/${name}`, headers: { ...json, ...headers }, payload });
const fromGitHub = (body: object | string, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return post('github', text, { 'x-github-event': 'push', 'x-hub-signature-256': hub(text), ...headers });
};
const signStandard = (id: string, seconds: string, body: string, key = standardSecret) => {
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${seconds}.${body}`).digest('base64')}`;
};
const nowSeconds = String(noon.getTime() / 1000);
const image = JSON.stringify({ data: [{ image: 'ghcr.io/acme/shop:1' }] });
const fromRegistry = (headers: Record<string, string> = {}, body = image) =>
  post('registry', body, {
    'webhook-id': 'msg_1',
    'webhook-timestamp': nowSeconds,
    'webhook-signature': signStandard('msg_1', nowSeconds, body),
    ...headers,
  });

describe('a delivery', () => {
  it('of GitHub asks for the run that the file describes, after it is stored', async () => {
    const answer = await fromGitHub(push);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ outcome: 'accepted', runId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const [message, ...others] = test.bus.stored;
    expect(others).toEqual([]);
    expect(message?.subject).toBe('assay.run.requested.scan');
    expect(runRequested.message.decode(message?.payload ?? Buffer.alloc(0))).toMatchObject({
      runId: answer.json().runId,
      target: { name: 'acme/shop' },
      revision: 'c0ffee',
      params: { by: 'hook' },
    });
  });

  it('of Standard Webhooks asks for the artifact that it names', async () => {
    expect((await fromRegistry()).json()).toEqual({ outcome: 'accepted' });
    expect(artifactRequested.message.decode(test.bus.stored[0]?.payload ?? Buffer.alloc(0))).toMatchObject({
      kind: 'image',
      reference: 'ghcr.io/acme/shop:1',
    });
  });

  it.each([
    ['another event', push, { 'x-github-event': 'issues' }],
    ['no event’s name', push, { 'x-github-event': '' }],
    ['another branch', { ...push, ref: 'refs/heads/other' }, {}],
    ['no branch', { zen: 'Keep it logically awesome.' }, {}],
  ])('with %s is none of ours: 200, and nothing is published', async (_, body, headers) => {
    const answer = await fromGitHub(body, headers);
    expect([answer.statusCode, answer.json()]).toEqual([200, { outcome: 'ignored' }]);
    expect(test.bus.stored).toEqual([]);
  });

  it('that is not stored is no success, and is accepted when it comes again', async () => {
    test.bus.isDown = true;
    expect((await fromGitHub(push)).statusCode).toBe(503);
    test.bus.isDown = false;
    expect((await fromGitHub(push)).statusCode).toBe(202);
    expect(test.bus.stored).toHaveLength(1);
  });
});

describe('a delivery that comes again', () => {
  it.each([
    ['GitHub’s, as it was', () => fromGitHub(push)],
    [
      'GitHub’s, under another delivery id, which is not signed',
      () => fromGitHub(push, { 'x-github-delivery': 'new' }),
    ],
    ['of Standard Webhooks, as it was', () => fromRegistry()],
    [
      'of Standard Webhooks, sent anew',
      () => {
        const later = String(Number(nowSeconds) + 60);
        return fromRegistry({
          'webhook-timestamp': later,
          'webhook-signature': signStandard('msg_1', later, image),
        });
      },
    ],
  ])('publishes nothing: %s', async (_, again) => {
    await fromGitHub(push, { 'x-github-delivery': 'first' });
    await fromRegistry();
    expect(test.bus.stored).toHaveLength(2);
    // The stream itself has forgotten it by then.
    const { publish } = test.bus;
    let published = 0;
    test.bus.publish = async (...given) => {
      published++;
      return publish.apply(test.bus, given);
    };
    const answer = await again();
    expect([answer.statusCode, answer.json(), published]).toEqual([200, { outcome: 'repeated' }, 0]);
  });

  it('at the same time is one event', async () => {
    const answers = await Promise.all([fromGitHub(push), fromGitHub(push), fromGitHub(push)]);
    expect(answers.every(({ statusCode }) => statusCode < 300)).toBe(true);
    expect(test.bus.stored).toHaveLength(1);
  });
});

describe('what is not proven', () => {
  const body = JSON.stringify(push);
  const other = hub(body, 'another secret of somebody');

  it.each([
    ['no signature', {}],
    ['another secret’s signature', { 'x-hub-signature-256': other }],
    ['the signature of another body', { 'x-hub-signature-256': hub(`${body} `) }],
    ['an empty signature', { 'x-hub-signature-256': 'sha256=' }],
    ['half a signature', { 'x-hub-signature-256': hub(body).slice(0, 40) }],
    ['a signature with something behind it', { 'x-hub-signature-256': `${hub(body)}00` }],
    ['a signature of an older kind', { 'x-hub-signature-256': hub(body).replace('sha256', 'sha1') }],
    ['the old header alone', { 'x-hub-signature': hub(body) }],
    ['the other scheme’s headers', { 'webhook-id': 'a', 'webhook-timestamp': nowSeconds, 'webhook-signature': 'v1,x' }],
    ['a token instead', { authorization: 'Bearer admin-token-0123456789' }],
  ] as [string, Record<string, string>][])('is refused by GitHub’s scheme with %s', async (_, headers) => {
    const answer = await post('github', body, { 'x-github-event': 'push', ...headers });
    expect(answer.json()).toMatchObject({ status: 403, code: 'webhook.forbidden' });
    expect(test.bus.stored).toEqual([]);
  });

  it('is taken with the secret that comes next, too', async () => {
    expect(
      (await fromGitHub(body, { 'x-hub-signature-256': hub(body, 'the secret that comes next') })).statusCode,
    ).toBe(202);
  });

  const at = (seconds: number) => String(Number(nowSeconds) + seconds);
  it.each([
    ['a second ago', at(-1), 202],
    ['five minutes ago', at(-300), 202],
    ['more than five minutes ago', at(-301), 403],
    ['in six minutes', at(360), 403],
    ['never', '', 403],
    ['at no time', 'soon', 403],
    ['at a time below zero', '-1', 403],
    ['in milliseconds', `${nowSeconds}000`, 403],
  ])('was signed %s', async (_, seconds, status) => {
    const headers = { 'webhook-timestamp': seconds, 'webhook-signature': signStandard('msg_1', seconds, image) };
    expect((await fromRegistry(headers)).statusCode).toBe(status);
    expect(test.bus.stored).toHaveLength(status === 202 ? 1 : 0);
  });

  it.each([
    ['another id than the signed one', { 'webhook-id': 'msg_2' }, 403],
    ['another time than the signed one', { 'webhook-timestamp': at(1) }, 403],
    ['no id', { 'webhook-id': '', 'webhook-signature': signStandard('', nowSeconds, image) }, 403],
    // "a.1" at 2 and "a" at 1.2 would be the same signed bytes.
    ['a dot in its id', { 'webhook-id': 'a.1', 'webhook-signature': signStandard('a.1', nowSeconds, image) }, 403],
    ['an unknown version', { 'webhook-signature': signStandard('msg_1', nowSeconds, image).replace('v1', 'v9') }, 403],
    [
      'the right signature among others',
      { 'webhook-signature': `v1a,x ${signStandard('msg_1', nowSeconds, image)}` },
      202,
    ],
    [
      'the right signature behind too many',
      { 'webhook-signature': `${'v1,x '.repeat(8)}${signStandard('msg_1', nowSeconds, image)}` },
      403,
    ],
  ] as [string, Record<string, string>, number][])(
    'is judged by Standard Webhooks with %s',
    async (_, headers, status) => {
      expect((await fromRegistry(headers)).statusCode).toBe(status);
    },
  );

  it.each([
    ['can be read by others', 'seen'],
    ['is too short', 'short'],
    ['is not there', 'away'],
  ])('is not taken while the secret %s; the sender is to come again', async (_, name) => {
    const answer = await post(name, body, { 'x-hub-signature-256': hub(body, name === 'short' ? 'short' : secret) });
    expect(answer.json()).toMatchObject({ status: 503, code: 'webhook.secret' });
    expect(answer.body).not.toContain(folder);
  });
});

describe('what is proven but wrong', () => {
  it.each([
    ['no JSON', 'nonsense', 400, 'request.json'],
    ['a name twice', '{"ref":"refs/heads/main","ref":"x"}', 400, 'request.json'],
    ['a prototype', '{"__proto__":{"ref":"refs/heads/main"}}', 400, 'request.json'],
    ['100 000 levels', `${'['.repeat(100_000)}`, 400, 'request.json'],
    ['nothing in it', '', 400, 'request.json'],
    ['a number for a name', { ...push, repository: { full_name: 7 } }, 400, 'webhook.data'],
    ['no name', { ref: push.ref, after: 'x' }, 400, 'webhook.data'],
    ['a line end in a name', { ...push, repository: { full_name: 'a\r\nb' } }, 400, 'webhook.data'],
    ['an endless name', { ...push, repository: { full_name: 'x'.repeat(5000) } }, 400, 'webhook.data'],
  ])('is refused: %s', async (_, body, status, code) => {
    expect((await fromGitHub(body)).json()).toMatchObject({ status, code });
    expect(test.bus.stored).toEqual([]);
  });

  it.each([
    ['an unknown webhook', 'nobody', {}, 404, 'webhook.missing'],
    ['a webhook of a prototype’s name', '__proto__', {}, 404, 'webhook.missing'],
    ['another content type', 'github', { 'content-type': 'text/plain' }, 415, 'request.content-type'],
    ['a packed body', 'github', { 'content-encoding': 'gzip' }, 400, 'request.encoding'],
  ])('is refused: %s', async (_, name, headers, status, code) => {
    const body = JSON.stringify(push);
    const answer = await post(name, body, { 'x-hub-signature-256': hub(body), ...headers } as Record<string, string>);
    expect(answer.json()).toMatchObject({ status, code });
  });

  it('is refused when it is longer than is taken', async () => {
    const body = JSON.stringify({ ...push, padding: 'x'.repeat(2 * 1024 * 1024) });
    expect((await fromGitHub(body)).json()).toMatchObject({ status: 413, code: 'request.too-large' });
  });
});

describe('many deliveries at once', () => {
  it('are not kept out by those who begin one and do not go on', async () => {
    await test.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = test.app.server.address() as { port: number };
    const body = JSON.stringify(push);
    const head = [
      'POST /api/v1/webhooks/github HTTP/1.1',
      'host: x',
      'content-type: application/json',
      'x-github-event: push',
      `x-hub-signature-256: ${hub(body)}`,
      `content-length: ${body.length}`,
    ].join('\r\n');
    const closed: string[] = [];
    const dial = (name: string) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n{`));
      socket.on('error', () => {});
      return { socket, ended: once(socket, 'close').then(() => void closed.push(name)) };
    };
    const begun = () => once(test.app.server, 'request');
    const first = dial('first');
    await begun();
    const others = [];
    for (let n = 0; n < 63; n++) {
      others.push(dial('another').socket);
      await begun();
    }
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/webhooks/github`, {
      method: 'POST',
      headers: { ...json, 'x-github-event': 'push', 'x-hub-signature-256': hub(body) },
      body,
    });
    expect(answer.status).toBe(202);
    await first.ended;
    expect(closed).toEqual(['first']);
    for (const socket of others) socket.destroy();
  });
});

describe('the file of webhooks', () => {
  it('is taken as the example has it', async () => {
    const example = join(import.meta.dirname, '../../../../examples/webhooks.yaml');
    expect([...(await readWebhooks(example)).keys()]).toEqual(['github', 'registry']);
  });

  const base = { name: 'a', scheme: 'github', secrets: [{ env: 'ASSAY_WEBHOOK_A' }], run: { target: 'shop' } };

  it.each([
    ['an unknown member', { ...base, secret: 'x' }, 'Unrecognized key'],
    ['a secret in clear', { ...base, secrets: ['x'] }, 'secrets'],
    ['a variable of another’s', { ...base, secrets: [{ env: 'ASSAY_RUN_TOKEN_KEY' }] }, 'secrets'],
    ['a relative file', { ...base, secrets: [{ file: 'secret' }] }, 'secrets'],
    ['no secret', { ...base, secrets: [] }, 'secrets'],
    ['an unknown scheme', { ...base, scheme: 'none' }, 'scheme'],
    ['nothing to do', { ...base, run: undefined }, 'either "run" or "artifact"'],
    ['two things to do', { ...base, artifact: { kind: 'image', reference: 'a' } }, 'either "run" or "artifact"'],
    ['no pointer', { ...base, run: { target: { from: 'repository' } } }, 'run.target'],
    ['a name with a slash', { ...base, name: 'a/b' }, 'name'],
    ['events of another scheme', { ...base, scheme: 'standard', events: ['push'] }, 'use "when"'],
  ])('is refused with %s, and the error names the variable', async (_, entry, why) => {
    const path = join(folder, 'wrong.yaml');
    await writeFile(path, JSON.stringify({ webhooks: [entry] }));
    await expect(readWebhooks(path)).rejects.toThrow(why);
    await expect(readWebhooks(path)).rejects.toThrow('ASSAY_GATEWAY_WEBHOOKS_FILE');
  });

  it.each([
    ['is missing', undefined, 'ENOENT'],
    ['is no YAML', '{', 'Flow map'],
    ['has two of a name', JSON.stringify({ webhooks: [base, base] }), 'two webhooks a'],
    [
      'multiplies itself',
      `a: &a [x]\n${[...'bcdefgh'].map((n, i) => `${n}: &${n} [${`*${'abcdefg'[i]},`.repeat(9)}]`).join('\n')}`,
      'alias',
    ],
    ['is too large', ' '.repeat(300_000), 'larger than'],
  ])('is refused when it %s', async (name, content, why) => {
    const path = join(folder, `${name}.yaml`);
    if (content !== undefined) await writeFile(path, content);
    await expect(readWebhooks(path)).rejects.toThrow(why);
  });
});
