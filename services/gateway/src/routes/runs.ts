// Runs: asked for by POST, looked at by GET.
import { type BlobRef, InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { requestRun } from '../accept-run.ts';
import { cancelRun } from '../cancel-run.ts';
import type { Gateway } from '../gateway.ts';
import { type App, defined, page, text } from '../zod-provider.ts';
import { requestFacts } from './request-facts.ts';

const params = z.record(z.string().min(1).max(128), z.string().max(8192));

const request = z.strictObject({
  pipeline: z.string().default('scan'),
  sourcePath: text(4096).optional().describe('Folder on the executor’s machine'),
  sourceUrl: text(2048).optional().describe('Git repository or archive (.tar, .tar.gz) that the run fetches'),
  sourceArchive: text(80).optional().describe('Digest of what was uploaded by POST /api/v1/sources'),
  target: text().optional().describe('Default: the name of the folder'),
  kind: text(64).optional(),
  revision: text(256).optional(),
  components: z.array(text(128)).max(100).default([]).describe('Empty: every one that applies'),
  params: params.default({}),
  steps: z
    .array(z.strictObject({ name: z.string().regex(/^[a-z0-9_-]{1,63}$/), params: params.default({}) }))
    .max(32)
    .default([]),
});

const run = z.looseObject({
  runId: z.string(),
  pipeline: z.string(),
  target: z.string(),
  phase: z.string(),
  updatedAt: z.string(),
});

async function archiveOf({ blobs }: Gateway, digest: string): Promise<BlobRef> {
  const found = await blobs.stat(digest);
  if (!found)
    throw new InvalidInput(`there is no blob ${digest}; POST /api/v1/sources first`, { code: 'blob.missing' });
  return { digest, size: found.size, mediaType: 'application/gzip' };
}

export const runRoutes = (gateway: Gateway) => async (app: App) => {
  app.post(
    '/api/v1/runs',
    {
      config: { scope: 'run:request', isIntake: true },
      schema: {
        tags: ['runs'],
        summary: 'Ask for a run',
        body: request,
        response: { 202: z.object({ runId: z.string() }) },
      },
    },
    async (request, reply) => {
      const { target, kind, sourcePath, sourceUrl, sourceArchive, revision, ...rest } = request.body;
      const wanted = {
        ...rest,
        sourcePath: sourcePath ?? '',
        sourceUrl: sourceUrl ?? '',
        ...(sourceArchive === undefined ? {} : { sourceArchive: await archiveOf(gateway, sourceArchive) }),
        revision: revision ?? '',
        target: { name: target ?? '', kind: kind ?? '' },
      };
      return reply.code(202).send({ runId: await requestRun(gateway, wanted, requestFacts(request)) });
    },
  );

  app.get(
    '/api/v1/runs',
    {
      config: { scope: 'run:read' },
      schema: {
        tags: ['runs'],
        summary: 'List runs, newest first',
        querystring: z.strictObject({
          target: text().optional(),
          phase: z.enum(['requested', 'started', 'finished', 'assessed']).optional(),
          ...page,
        }),
        response: { 200: z.object({ items: z.array(run), next: z.string().optional() }) },
      },
    },
    async (request) => gateway.store.runs.list(defined(request.query)),
  );

  app.get(
    '/api/v1/runs/:id',
    {
      config: { scope: 'run:read' },
      schema: { tags: ['runs'], summary: 'Show a run', params: z.object({ id: text(128) }), response: { 200: run } },
    },
    async (request) => {
      const found = await gateway.store.runs.get(request.params.id);
      if (!found) throw new InvalidInput(`there is no run ${request.params.id} (yet)`, { code: 'run.missing' });
      return found;
    },
  );

  app.post(
    '/api/v1/runs/:id/cancel',
    {
      config: { scope: 'run:cancel' },
      schema: {
        tags: ['runs'],
        summary: 'Have a run ended',
        params: z.object({ id: text(128) }),
        body: z.strictObject({ reason: text(256).optional() }).default({}),
        response: { 202: z.object({ runId: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await cancelRun(gateway, id, request.body.reason, requestFacts(request));
      return reply.code(202).send({ runId: id });
    },
  );
};
