// Dead letters: events nobody could handle; looked at, sent again or dropped.
import { type DeadLetterEntry, deadLetters, dropDeadLetter, redriveDeadLetter } from '@assay/bus';
import { InvalidInput } from '@assay/contracts';
import { toStructured } from '@assay/runtime';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';

const letter = z.looseObject({
  sequence: z.number(),
  service: z.string(),
  code: z.string(),
  reason: z.string(),
  subject: z.string(),
  attempts: z.number(),
  diedAt: z.string(),
  origin: z.object({ stream: z.string(), sequence: z.number() }),
  size: z.number(),
});
const place = z.object({ sequence: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

/** Longest payload that is shown as base64. Bytes. */
const maxShownBytes = 64 * 1024;

export const deadRoutes = (gateway: Gateway) => async (app: App) => {
  const { bus } = gateway;
  const config = { scope: 'dead:admin' } as const;

  app.get(
    '/api/v1/dead',
    {
      config,
      schema: {
        tags: ['dead letters'],
        summary: 'List dead letters, oldest first',
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          after: z.coerce.number().int().min(1).optional().describe('`next` of the page before'),
        }),
        response: { 200: z.object({ items: z.array(letter), next: z.string().optional() }) },
      },
    },
    async ({ query: { limit, after = 0 } }) => {
      const found = await deadLetters(bus, { from: after + 1, limit: limit + 1 });
      const items = found.slice(0, limit).map(summaryOf);
      const last = items.at(-1);
      return found.length > limit && last ? { items, next: String(last.sequence) } : { items };
    },
  );

  app.get(
    '/api/v1/dead/:sequence',
    {
      config,
      schema: { tags: ['dead letters'], summary: 'Show a dead letter', params: place, response: { 200: letter } },
    },
    async ({ params: { sequence } }) => {
      const [entry] = await deadLetters(bus, { from: sequence, limit: 1 });
      if (entry?.sequence !== sequence) throw missing(sequence);
      return { ...summaryOf(entry), headers: entry.letter.headers, ...(await contentOf(gateway, entry)) };
    },
  );

  app.post(
    '/api/v1/dead/:sequence/redrive',
    {
      config,
      schema: { tags: ['dead letters'], summary: 'Publish the event again', params: place, response: { 202: letter } },
    },
    async ({ params: { sequence } }, reply) => reply.code(202).send(summaryOf(await redriveDeadLetter(bus, sequence))),
  );

  app.delete(
    '/api/v1/dead/:sequence',
    {
      config,
      schema: { tags: ['dead letters'], summary: 'Drop a dead letter', params: place, response: { 204: z.null() } },
    },
    async ({ params: { sequence } }, reply) => {
      await dropDeadLetter(bus, sequence);
      return reply.code(204).send();
    },
  );
};

function summaryOf({ sequence, letter: dead }: DeadLetterEntry) {
  const { service, code, reason, subject, attempts, diedAt } = dead;
  const origin = { stream: dead.stream, sequence: dead.sequence };
  return { sequence, service, code, reason, subject, attempts, diedAt, origin, size: dead.payload.length };
}

/** The event as JSON, else its bytes. Of a report nothing: it may hold secrets. */
async function contentOf(gateway: Gateway, { letter: dead }: DeadLetterEntry): Promise<Record<string, unknown>> {
  if (dead.subject.startsWith('assay.report.submitted.'))
    return { withheld: 'a raw report may hold secrets; it is sent again whole by redrive' };
  const message = { ...dead, storedAt: new Date(dead.diedAt || 0) };
  try {
    const { data } = await toStructured(message, gateway.blobs);
    if (data !== undefined) return { data };
  } catch {
    // That it cannot be read may be the very reason why it is here.
  }
  return dead.payload.length <= maxShownBytes
    ? { payload: Buffer.from(dead.payload).toString('base64') }
    : { withheld: `the payload is longer than ${maxShownBytes} bytes` };
}

function missing(sequence: number): InvalidInput {
  return new InvalidInput(`there is no dead letter ${sequence}; GET /api/v1/dead lists them`, { code: 'dead.missing' });
}
