// Webhooks: deliveries of other systems, proven by a signature over the bytes as they came.
import { InvalidInput } from '@assay/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { refuseEncoded } from '../raw-body.ts';
import { acceptDelivery } from '../webhooks/accept-delivery.ts';
import { checkSigned } from '../webhooks/verify-delivery.ts';
import type { App } from '../zod-provider.ts';
import { requestFacts } from './request-facts.ts';

/** Deliveries that are read at the same time: anybody may begin one, and each is held whole until it is proven. */
const maxReading = 64;

const taken = z.object({
  outcome: z
    .enum(['accepted', 'ignored', 'repeated'])
    .describe('ignored: the webhook is not for such; repeated: it was accepted before'),
  runId: z.string().optional(),
});

export const webhookRoutes = (gateway: Gateway) => async (app: App) => {
  await app.register(async (intake: App) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body);

    // Before the body is read: who cannot be right is not listened to.
    const reading = new Set<FastifyRequest>();
    intake.addHook('onRequest', async (request) => {
      refuseEncoded(request.headers);
      checkSigned(find(gateway, request.params), request.headers);
      // Who is longest at it is who does not go on: a delivery takes milliseconds.
      const [slowest] = reading.size >= maxReading ? reading : [];
      if (slowest) {
        reading.delete(slowest);
        slowest.raw.destroy();
      }
      reading.add(request);
    });
    intake.addHook('preHandler', async (request) => void reading.delete(request));
    intake.addHook('onResponse', async (request) => void reading.delete(request));
    intake.addHook('onRequestAbort', async (request) => void reading.delete(request));

    intake.post(
      '/api/v1/webhooks/:name',
      {
        bodyLimit: gateway.config.maxWebhookBytes,
        config: { scope: 'signed', isIntake: true },
        schema: {
          tags: ['webhooks'],
          summary: 'Take a delivery of another system',
          description:
            'Signed over its raw body: X-Hub-Signature-256 as GitHub does, or webhook-id, webhook-timestamp and webhook-signature as Standard Webhooks say. What becomes of it is in the gateway’s configuration.',
          consumes: ['application/json'],
          params: z.object({ name: z.string() }),
          body: z.unknown(),
          response: { 200: taken, 202: taken },
        },
      },
      async (request, reply) => {
        const webhook = find(gateway, request.params);
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { traceparent } = requestFacts(request);
        const answer = await acceptDelivery(gateway, webhook, { headers: request.headers, body }, traceparent);
        return reply.code(answer.outcome === 'accepted' ? 202 : 200).send(answer);
      },
    );
  });
};

function find(gateway: Gateway, params: unknown) {
  const { name } = params as { name: string };
  const webhook = gateway.webhooks.get(name);
  if (!webhook) throw new InvalidInput('there is no such webhook here', { code: 'webhook.missing' });
  return webhook;
}
