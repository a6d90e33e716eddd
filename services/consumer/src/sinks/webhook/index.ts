// Items by HTTP POST, signed as Standard Webhooks says; a 2xx means taken.
import { z } from 'zod';
import { openDoor } from '../../http/door.ts';
import { reachSettings, urlSetting } from '../../http/settings.ts';
import { defineSink, type SinkItem } from '../../sink.ts';
import { heldBack } from '../held-back.ts';
import { keyOf, sign } from './sign.ts';

const config = z.strictObject({
  url: urlSetting.describe('Where to; without user name and password'),
  ...reachSettings,
});

export const webhook = defineSink({
  type: 'webhook',
  summary: 'HTTP POST, signed (Standard Webhooks), retried, Retry-After honoured.',
  config,
  credentials: ['secret', 'authorization'],
  batchSize: 100,
  open: async ({ url, ...reach }, secrets, context) => {
    const key = secrets.secret === undefined ? undefined : keyOf(secrets.secret);
    const door = await openDoor({ type: 'webhook', url, reach, secrets, context });
    if (!key) context.log.warn('webhook has no credentials.secret: the receiver cannot tell that it is ours');
    const bodyOf = (items: readonly SinkItem[]) => JSON.stringify({ sink: context.name, events: items.map(toEvent) });
    return {
      preview: async (items) => bodyOf(items),
      deliver: async (items, { id, signal }) => {
        const body = bodyOf(items);
        const timestamp = Math.floor(context.now().getTime() / 1000);
        const traceparent = items[0]?.event.traceparent;
        const headers = {
          'content-type': 'application/json',
          'webhook-id': `${context.name}-${id}`,
          'webhook-timestamp': String(timestamp),
          ...(key ? { 'webhook-signature': sign(key, `${context.name}-${id}`, timestamp, body) } : {}),
          ...(secrets.authorization ? { authorization: secrets.authorization } : {}),
          ...(traceparent ? { traceparent } : {}),
        };
        const answer = await door.send({ method: 'POST', headers, body, signal });
        if (answer.status < 200 || answer.status >= 300) throw heldBack(answer, door.errorOf(answer));
      },
      close: () => door.close(),
    };
  },
});

function toEvent({ id, event, finding, data }: SinkItem): Record<string, unknown> {
  return { id, type: event.type, subject: event.subject, time: event.time, data: finding ?? data };
}
