import { InvalidInput, Transient } from '@assay/contracts';
import { type Expected, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Secrets, Sink, SinkContext } from '../../sink.ts';
import { compileTemplates } from '../../template.ts';
import { errorOf, findingItem, firstTry, testContext } from '../../testing/sink-context.ts';
import { slack } from './index.ts';

const items = [findingItem(1, 'G101'), findingItem(1, 'G102', { severity: 'critical' }, 1)];
const token = 'xoxb-not-a-real-one';
const hook = { method: 'POST', path: '/services/T0/B0/s3cr3t' };
const method: Expected = {
  method: 'POST',
  path: '/api/chat.postMessage',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
};

let server: ScriptedServer;
const sinks: Sink[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

async function open(config: object, secrets: Secrets, given: Partial<SinkContext> = {}): Promise<Sink> {
  const sink = await slack.open({ allowPrivate: true, ...config }, secrets, testContext(given));
  sinks.push(sink);
  return sink;
}

const byHook = (given: Partial<SinkContext> = {}) => open({}, { webhook: `${server.url}${hook.path}` }, given);
const asBot = () => open({ url: `${server.url}/api`, channel: 'C012AB3CD' }, { token });

/** https://docs.slack.dev/reference/block-kit/blocks */
function checkMessage(body: unknown): void {
  const { text, blocks } = body as { text: unknown; blocks: { type: string }[] };
  expect(typeof text).toBe('string');
  expect(blocks.map(({ type }) => type)).toEqual(['header', 'rich_text']);
}

describe('a slack sink', () => {
  it('posts one message a delivery to an incoming webhook', async () => {
    server.expect({
      ...hook,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      without: ['authorization'],
      check: (received) => {
        checkMessage(received.json());
        expect(Object.keys(received.json() as object).sort()).toEqual(['blocks', 'text']);
      },
      answer: 'ok',
    });
    await (await byHook()).deliver(items, firstTry);
  });

  it('posts as a bot, without previews of links, and says which delivery it is', async () => {
    server.expect({
      ...method,
      check: (received) => {
        checkMessage(received.json());
        expect(received.json()).toMatchObject({
          channel: 'C012AB3CD',
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: 'assay_delivery', event_payload: { id: firstTry.id } },
        });
      },
      answer: { ok: true, channel: 'C012AB3CD', ts: '1503435956.000247' },
    });
    await (await asBot()).deliver(items, firstTry);
  });

  it('previews what it would post, and posts nothing', async () => {
    const preview = await (await asBot()).preview?.(items, firstTry);
    expect(JSON.parse(preview ?? '')).toMatchObject({ channel: 'C012AB3CD', text: 'shop: 1 critical, 1 high opened' });
    expect(preview).not.toContain(token);
  });

  it('words findings and their links as the sink says', async () => {
    const given = { finding: '{{rule}} <{{title}}>', link: 'https://git.example.com/{{target}}/blob/{{path}}' };
    const templates = compileTemplates(given, slack.templates);
    const item = findingItem(1, 'G1', { title: '*x*', target: '../evil', path: 'a b/c?d#e' });
    const preview = await (await byHook({ templates })).preview?.([item], firstTry);
    expect(preview).toContain('"G1 <*x*>"');
    expect(preview).toContain('"https://git.example.com//evil/blob/a%20b/c%3Fd%23e"');
  });

  it.each([
    [400, 'invalid_payload', InvalidInput, 'sink.slack.refused'],
    [400, 'no_text', InvalidInput, 'sink.slack.refused'],
    [403, 'action_prohibited', Transient, 'sink.credential-refused'],
    [403, 'invalid_token', Transient, 'sink.credential-refused'],
    [404, 'channel_not_found', Transient, 'sink.credential-refused'],
    [404, 'no_service', Transient, 'sink.credential-refused'],
    [410, 'channel_is_archived', Transient, 'sink.credential-refused'],
    [404, '<html>', Transient, 'sink.credential-refused'],
    [500, 'rollup_error', Transient, 'sink.slack'],
    [302, '', Transient, 'sink.slack'],
    [200, '<html>Log in</html>', Transient, 'sink.slack'],
    [200, '{"ok":false,"error":"invalid_payload"}', InvalidInput, 'sink.slack.refused'],
  ])('takes %i %s of a webhook for what it is', async (status, answer, kind, code) => {
    server.expect({ ...hook, status, answer });
    const error = await errorOf((await byHook()).deliver(items, firstTry));
    expect(error).toBeInstanceOf(kind);
    expect(error.code).toBe(code);
    if (/^\w+$/.test(answer)) expect(error.message).toContain(answer);
    expect(error.message).not.toContain('s3cr3t');
  });

  it.each([
    ['invalid_blocks', InvalidInput, 'sink.slack.refused'],
    ['msg_too_long', InvalidInput, 'sink.slack.refused'],
    ['never_heard_of', InvalidInput, 'sink.slack.refused'],
    ['channel_not_found', Transient, 'sink.credential-refused'],
    ['not_in_channel', Transient, 'sink.credential-refused'],
    ['invalid_auth', Transient, 'sink.credential-refused'],
    ['missing_scope', Transient, 'sink.credential-refused'],
    ['internal_error', Transient, 'sink.slack'],
    ['ratelimited', Transient, 'sink.slack'],
  ])('takes the error %s of the API for what it is', async (error, kind, code) => {
    server.expect({ ...method, answer: { ok: false, error } });
    const thrown = await errorOf((await asBot()).deliver(items, firstTry));
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown.code).toBe(code);
    expect(thrown.message).toContain(error);
  });

  it.each(['[]', '<html>', '{"ok":"true"}', ''])('does not take %j for a success', async (answer) => {
    server.expect({ ...method, answer });
    expect(await errorOf((await asBot()).deliver(items, firstTry))).toBeInstanceOf(Transient);
  });

  it('waits as long as Slack asks', async () => {
    const answer = { ok: false, error: 'ratelimited' };
    server.expect({ ...method, status: 429, answerHeaders: { 'retry-after': '30' }, answer });
    server.expect({ ...hook, status: 429, answerHeaders: { 'retry-after': '5' }, answer: 'rate_limited' });
    const errors = [
      await errorOf((await asBot()).deliver(items, firstTry)),
      await errorOf((await byHook()).deliver(items, firstTry)),
    ];
    expect(errors).toMatchObject([{ retryAfterMs: 30_000 }, { retryAfterMs: 5000 }]);
  });

  it.each([
    ['no way in', {}, {}, 'one of credentials.webhook'],
    ['two ways in', { channel: 'C1' }, { token, webhook: 'https://hooks.slack.com/x' }, 'one of credentials.webhook'],
    ['a bot without a channel', {}, { token }, 'config.channel says'],
    ['a webhook with a channel', { channel: '#a' }, { webhook: 'https://hooks.slack.com/x' }, 'config.channel is for'],
    ['a channel that is none', { channel: '<!here>' }, { token }, 'config of a slack sink is wrong'],
    ['a webhook by http', { allowPrivate: false }, { webhook: 'http://hooks.slack.com/s3cr3t' }, 'must be https'],
    ['a webhook inside', { allowPrivate: false }, { webhook: 'https://127.0.0.1/s3cr3t' }, 'no public address'],
    ['a webhook that is no url', {}, { webhook: 's3cr3t' }, 'credentials.webhook must be a whole url'],
  ])('is refused with %s', async (_, config, secrets, reason) => {
    const error = await errorOf(open(config, secrets as Secrets));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain('s3cr3t');
  });

  it.each(['/{{path}}', '{{references}}', 'javascript:{{title}}', 'https://{{target}}/x'])(
    'is refused with the link %s',
    async (link) => {
      const error = await errorOf(byHook({ templates: compileTemplates({ link }, slack.templates) }));
      expect(error.message).toContain('template.link must begin with https://');
    },
  );
});
