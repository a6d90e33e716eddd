// Events: published by POST, followed by GET.
import { InvalidInput, parseSubjectFilter, Transient } from '@assay/contracts';
import { z } from 'zod';
import { publishEvents } from '../accept-event.ts';
import { readEvents } from '../cloud-event.ts';
import { followEvents, type Position, resumeAfter } from '../follow-events.ts';
import type { Gateway } from '../gateway.ts';
import { refuseEncoded } from '../raw-body.ts';
import { type App, repeatable } from '../zod-provider.ts';
import { requestFacts } from './request-facts.ts';

const published = z.object({ id: z.string(), subject: z.string() });

const following = z.strictObject({
  subject: repeatable(16)
    .default(['assay.>'])
    .describe('Subject filter, e.g. assay.finding.changed.>; may be repeated'),
  since: z
    .union([z.literal('all'), z.iso.datetime({ offset: true })])
    .optional()
    .describe('"all" or a time (RFC 3339); without it only what comes'),
});

export const eventRoutes = (gateway: Gateway) => async (app: App) => {
  await app.register(async (intake: App) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body);
    intake.post(
      '/api/v1/events',
      {
        bodyLimit: gateway.config.maxEventBytes,
        config: { scope: 'event:publish', isIntake: true },
        schema: {
          tags: ['events'],
          summary: 'Publish CloudEvents',
          description:
            'CloudEvents 1.0: binary (ce-* headers, data as JSON or protobuf), structured or a batch. Besides, run.requested needs `run:request` and finding.returned `finding:return`.',
          consumes: [
            'application/cloudevents+json',
            'application/cloudevents-batch+json',
            'application/json',
            'application/protobuf',
          ],
          body: z.unknown(),
          response: { 202: z.union([published, z.array(published)]) },
        },
      },
      async (request, reply) => {
        refuseEncoded(request.headers);
        const { events, isBatch } = readEvents(
          request.headers,
          Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        );
        const done = await publishEvents(gateway, events, requestFacts(request));
        return reply.code(202).send(isBatch ? done : done[0]);
      },
    );
  });

  let followers = 0;
  app.get(
    '/api/v1/events',
    {
      config: { scope: 'event:read' },
      schema: {
        tags: ['events'],
        summary: 'Follow events',
        description:
          'Server-sent events, each a structured CloudEvent. Last-Event-ID goes on where a connection broke off.',
        produces: ['text/event-stream'],
        querystring: following,
      },
    },
    async (request, reply) => {
      const subjects = request.query.subject.map((subject) => parseSubjectFilter(subject, 'subject'));
      const position = await positionOf(gateway, request.headers['last-event-id'], request.query.since);
      if (followers >= gateway.config.maxFollowers)
        throw new Transient(`${followers} clients follow events already; try again later`, {
          code: 'event.followers',
          retryAfterMs: 10_000,
        });
      followers++;
      reply.hijack();
      await followEvents(gateway, reply.raw, subjects, position).finally(() => {
        followers--;
      });
    },
  );
};

async function positionOf(
  gateway: Gateway,
  lastEventId: string | string[] | undefined,
  since: string | undefined,
): Promise<Position> {
  if (Array.isArray(lastEventId)) throw new InvalidInput('send Last-Event-ID once', { code: 'event.last-id' });
  if (lastEventId) return resumeAfter(gateway, lastEventId);
  if (since === undefined) return { start: 'new' };
  return { start: since === 'all' ? 'all' : new Date(since) };
}
