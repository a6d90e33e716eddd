// Findings to a Slack channel, one message a delivery: by an incoming webhook, or as a bot.
import { InvalidInput, maxBatchFindings } from '@assay/contracts';
import { z } from 'zod';
import { openDoor } from '../../http/door.ts';
import { reachSettings, urlSetting } from '../../http/settings.ts';
import { linkOf } from '../../link.ts';
import { defineSink, type Secrets, type SinkContext, type SinkItem } from '../../sink.ts';
import { judgeMethod, judgeWebhook } from './answers.ts';
import { type Message, messageOf, type Wording } from './message.ts';

const config = z.strictObject({
  channel: z
    .string()
    .regex(/^[#@]?[^\s<>&]{1,80}$/)
    .optional()
    .describe('Id (or #name) of the channel; with credentials.token only: a webhook has its own'),
  url: urlSetting.default('https://slack.com/api').describe('Web API; for GovSlack https://slack-gov.com/api'),
  top: z.number().int().min(0).max(20).default(5).describe('Findings shown of each target and change, the worst ones'),
  ...reachSettings,
});

/** Slack's answers are a few hundred bytes, and repeat the message. */
const maxAnswerBytes = 256 * 1024;

export const slack = defineSink({
  type: 'slack',
  summary: 'One message a delivery to a Slack channel: counts by severity, the worst findings with links.',
  config,
  credentials: ['webhook', 'token'],
  templates: ['finding', 'event', 'link'],
  // A whole event: it is cut, and told of twice, where it is larger.
  batchSize: maxBatchFindings,
  open: async ({ channel, url, top, ...reach }, secrets, context) => {
    const wording = wordingOf(top, context);
    const isBot = checkWay(channel, secrets);
    const door = await openDoor({
      type: 'slack',
      url: isBot ? url : (secrets.webhook ?? ''),
      urlMember: isBot ? 'url' : 'credentials.webhook',
      reach,
      // Errors like to name the path without its host.
      secrets: { ...secrets, ...pathOf(secrets.webhook) },
      context,
      maxAnswerBytes,
    });
    const bodyOf = (items: readonly SinkItem[], id: string) =>
      JSON.stringify(isBot ? asBot(messageOf(items, wording), channel ?? '', id) : messageOf(items, wording));
    return {
      preview: async (items, { id }) => bodyOf(items, id),
      deliver: async (items, { id, signal }) => {
        const body = bodyOf(items, id);
        const headers = { 'content-type': 'application/json; charset=utf-8' };
        if (!isBot) return judgeWebhook(door, await door.send({ method: 'POST', headers, body, signal }));
        const authorization = `Bearer ${secrets.token}`;
        const path = '/chat.postMessage';
        judgeMethod(
          door,
          await door.send({ method: 'POST', path, headers: { ...headers, authorization }, body, signal }),
        );
      },
      close: () => door.close(),
    };
  },
});

function checkWay(channel: string | undefined, { webhook, token }: Secrets): boolean {
  if ((webhook === undefined) === (token === undefined))
    throw invalid(
      'a slack sink needs one of credentials.webhook (the url of an incoming webhook) and credentials.token',
    );
  if (token !== undefined && channel === undefined) throw invalid('config.channel says where the bot writes');
  if (token === undefined && channel !== undefined)
    throw invalid('config.channel is for credentials.token; an incoming webhook has its channel');
  return token !== undefined;
}

function pathOf(webhook = ''): Secrets {
  return URL.canParse(webhook) ? { path: new URL(webhook).pathname } : {};
}

function wordingOf(top: number, context: SinkContext): Wording {
  const { finding, event } = context.templates ?? {};
  return {
    top,
    link: linkOf(context),
    // Rich text shows what it is given: there is nothing to escape.
    ...(finding ? { finding: (record) => finding(record, (value) => value) } : {}),
    ...(event
      ? { event: ({ event: { type, subject, time }, data }) => event({ type, subject, time, data }, (value) => value) }
      : {}),
  };
}

/** The metadata tells who reads the channel by API that a message came twice; Slack itself does not look. */
function asBot(message: Message, channel: string, id: string): Record<string, unknown> {
  return {
    channel,
    ...message,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: 'assay_delivery', event_payload: { id } },
  };
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.config' });
}
