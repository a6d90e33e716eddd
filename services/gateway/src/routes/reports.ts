// Reports: in by POST, what became of them out by GET.
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { parseStep, prepareReport, type ReportFacts, submitReport } from '../accept-report.ts';
import { awaitReading } from '../await-reading.ts';
import type { Gateway } from '../gateway.ts';
import { mediaTypeOf, rawBody, started } from '../raw-body.ts';
import { type App, defined, page, repeatable, text } from '../zod-provider.ts';
import { requestFacts } from './request-facts.ts';

const query = z.strictObject({
  format: z
    .string()
    .regex(/^[a-z0-9_-]{1,64}$/, 'must be the name of a format, e.g. sarif')
    .default('auto')
    .describe('An adapter’s name; "auto" recognises it by content'),
  target: text()
    .optional()
    .describe(
      'What was scanned, e.g. github.com/acme/shop; required unless the token is a run’s, which takes no other',
    ),
  kind: text(64).optional().describe('Kind of target; default "repository"'),
  revision: text(256).optional().describe('The commit or digest that was scanned'),
  run: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be the id of a run')
    .optional()
    .describe(
      'The run it belongs to, for the run’s own token or with run:request; without one the report is a run of its own',
    ),
  task: text(128).optional(),
  scope: text(256).optional().describe('Which part of the target the scan covers'),
  sourceRoot: text(4096).optional().describe('Folder that absolute paths in the report start with'),
  tool: text(256).optional().describe('Tool to name where the report does not: NAME or NAME@VERSION'),
  partial: z.string().max(1024).optional().describe('"true" or the reason: the scan did not cover everything'),
  step: repeatable(32).optional().describe('Enrichment step: NAME:KEY=VALUE,KEY=VALUE; may be repeated'),
});

const accepted = z.object({ reportId: z.string(), runId: z.string(), digest: z.string(), size: z.number() });
const report = z.looseObject({ reportId: z.string(), runId: z.string(), raw: z.number(), findings: z.number() });

export const reportRoutes = (gateway: Gateway) => async (app: App) => {
  await app.register(async (intake: App) => {
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', async () => undefined);
    intake.post(
      '/api/v1/reports',
      {
        config: { scope: 'report:submit', isIntake: true },
        schema: {
          tags: ['reports'],
          summary: 'Submit a tool’s raw report',
          description:
            'The body is the report as it is, of any content type, gzip if you like. With an Idempotency-Key the same request twice is one report. The answer waits a moment for the report to be read: one that cannot be is a 422; with "Prefer: respond-async", or when it takes longer, the answer is 202 and GET /api/v1/reports/{id} tells.',
          consumes: ['*/*'],
          body: z.unknown().meta({ type: 'string', format: 'binary' }),
          querystring: query,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const from = requestFacts(request);
        const { step = [], ...given } = request.query;
        const facts = await prepareReport(
          gateway,
          { ...defined(given), steps: step.map(parseStep) } as ReportFacts,
          from,
        );
        const content = await started(
          rawBody(request.raw, { maxBytes: gateway.config.maxReportBytes, noun: 'report' }),
        );
        const blob = await gateway.blobs.put(content, {
          mediaType: mediaTypeOf(request),
        });
        const submitted = await submitReport(gateway, facts, blob, from);
        await awaitReading(gateway, submitted, { ...from, prefer: request.headers.prefer });
        return reply.code(202).send(submitted);
      },
    );
  });

  app.get(
    '/api/v1/reports',
    {
      config: { scope: 'run:read' },
      schema: {
        tags: ['reports'],
        summary: 'List reports that were read',
        querystring: z.strictObject({ run: text(128).optional(), ...page }),
        response: { 200: z.object({ items: z.array(report), next: z.string().optional() }) },
      },
    },
    async (request) => gateway.store.reports.list(defined(request.query)),
  );

  app.get(
    '/api/v1/reports/:id',
    {
      config: { scope: 'run:read' },
      schema: {
        tags: ['reports'],
        summary: 'Show what became of a report',
        params: z.object({ id: text(128) }),
        response: { 200: report },
      },
    },
    async (request) => {
      const found = await gateway.store.reports.get(request.params.id);
      if (!found)
        throw new InvalidInput(`no report ${request.params.id} has been read (yet)`, { code: 'report.missing' });
      return found;
    },
  );
};
