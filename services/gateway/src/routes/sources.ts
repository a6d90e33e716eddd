// What is scanned, uploaded by whoever asks for the run, handed out to the run's own tasks.
import { Readable } from 'node:stream';
import { InvalidInput, Transient } from '@assay/contracts';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { rawBody, started } from '../raw-body.ts';
import { type App, text } from '../zod-provider.ts';

const mediaType = 'application/gzip';

export const sourceRoutes = (gateway: Gateway) => async (app: App) => {
  await app.register(async (intake: App) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', async () => undefined);
    intake.post(
      '/api/v1/sources',
      {
        config: { scope: 'run:request', isIntake: true },
        schema: {
          tags: ['runs'],
          summary: 'Upload what is to be scanned (tar, gzip) and learn the digest to ask for the run with',
          consumes: [mediaType],
          body: z.unknown().meta({ type: 'string', format: 'binary' }),
          response: { 201: z.object({ digest: z.string(), size: z.number(), mediaType: z.string() }) },
        },
      },
      async (request, reply) => {
        const { maxSourceBytes: maxBytes } = gateway.config;
        // It stays packed: the task that unpacks it bounds what comes out.
        const content = await started(rawBody(request.raw, { maxBytes, noun: 'source' }));
        return reply.code(201).send(await gateway.blobs.put(content, { mediaType }));
      },
    );
  });

  app.get(
    '/api/v1/runs/:id/source',
    {
      config: { scope: 'run:source' },
      schema: {
        tags: ['runs'],
        summary: 'What was uploaded for a run, for its own tasks',
        params: z.object({ id: text(128) }),
        produces: [mediaType],
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { run } = request.principal;
      if (run !== undefined && run.runId !== id)
        throw new InvalidInput(`the token is of run ${run.runId}, not of ${id}`, { code: 'auth.forbidden' });
      const known = await gateway.store.runs.get(id);
      // The ledger hears of a run a moment after it was accepted.
      if (!known?.requested) throw new Transient(`run ${id} is not known yet; ask again`, { code: 'run.unknown' });
      const archive = known.requested.sourceArchive;
      if (!archive) throw new InvalidInput(`nothing was uploaded for run ${id}`, { code: 'source.missing' });
      return reply.type(mediaType).send(Readable.from(gateway.blobs.get(archive.digest)));
    },
  );
};
