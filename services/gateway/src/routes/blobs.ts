// Blobs: content that an event will refer to (a CODEOWNERS file, an SBOM). They go in here; no route hands them out.
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { mediaTypeOf, rawBody, started } from '../raw-body.ts';
import type { App } from '../zod-provider.ts';

/** Longest blob. Bytes. */
const maxBytes = 16 * 1024 * 1024;

export const blobRoutes = (gateway: Gateway) => async (app: App) => {
  await app.register(async (intake: App) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', async () => undefined);
    intake.post(
      '/api/v1/blobs',
      {
        config: { scope: 'blob:write', isIntake: true },
        schema: {
          tags: ['blobs'],
          summary: 'Store content and learn its digest',
          consumes: ['*/*'],
          body: z.unknown().meta({ type: 'string', format: 'binary' }),
          response: { 201: z.object({ digest: z.string(), size: z.number(), mediaType: z.string() }) },
        },
      },
      async (request, reply) => {
        const content = await started(rawBody(request.raw, { maxBytes, noun: 'blob' }));
        const mediaType = mediaTypeOf(request);
        return reply.code(201).send(await gateway.blobs.put(content, { mediaType }));
      },
    );
  });
};
