// A run's findings for its own tasks: programs that enrich or consume them, with nothing but the run's token.
import type { ServerResponse } from 'node:http';
import {
  delimitedMediaType,
  explain,
  InvalidInput,
  maxBatchFindings,
  messageType,
  severityNames,
  Transient,
  withLength,
} from '@assay/contracts';
import { z } from 'zod';
import type { Principal } from '../auth.ts';
import type { Gateway } from '../gateway.ts';
import { pacedWriter } from '../paced-writer.ts';
import { gatherFindings, type WantedFindings } from '../run-findings/gather-findings.ts';
import { returnFindings } from '../run-findings/return-findings.ts';
import { type App, repeatable, text } from '../zod-provider.ts';
import { requestFacts } from './request-facts.ts';

/** Longest answer of a step that is taken at a time. Bytes. */
const maxAnswerBytes = 8 * 1024 * 1024;

const piece = messageType('RunFindings');

const stepName = z.string().regex(/^[a-z0-9_-]{1,63}$/, 'must be the name of a step: a-z, 0-9, "_" and "-"');
const runId = z.object({ id: text(128) });

const wantedQuery = z.strictObject({
  step: stepName.optional().describe('Those that wait for this step; without it those that passed every step'),
  report: repeatable(1000)
    .pipe(z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be the id of a report')))
    .optional()
    .describe('Of these reports; may be repeated. Default: every report that the run has handed over until now'),
  wait: z.coerce.number().min(0).max(3600).default(300).describe('How long what is missing is waited for. Seconds'),
});

const severity = z
  .enum(severityNames.all as [string, ...string[]])
  .transform((name) => severityNames.parse(name) ?? 0)
  .default(0);

const enrichment = z.strictObject({
  positions: z
    .array(
      z
        .int()
        .min(0)
        .max(maxBatchFindings - 1),
    )
    .max(maxBatchFindings)
    .default([])
    .describe('Of findings in the batch; empty: all'),
  annotations: z
    .record(z.string().min(1).max(128), z.string().max(4096))
    .refine((given) => Object.keys(given).length <= 64, 'at most 64')
    .default({}),
  owners: z.array(text(256)).max(64).default([]),
  severity,
  suppression: z
    .strictObject({ kind: text(64).default('external'), justification: z.string().max(4096).default('') })
    .optional(),
});

const answer = z.strictObject({
  step: stepName,
  batches: z
    .array(
      z.strictObject({
        sequence: z.int().min(1),
        enrichments: z.array(enrichment).max(maxBatchFindings).default([]).describe('Empty: nothing to add'),
      }),
    )
    .min(1)
    .max(256),
});

export const runFindingsRoutes = (gateway: Gateway) => async (app: App) => {
  let readers = 0;
  app.get(
    '/api/v1/runs/:id/findings',
    {
      config: { scope: 'run:findings' },
      schema: {
        tags: ['runs'],
        summary: 'Read a run’s findings, for a task of it',
        description:
          'Messages RunFindings (proto/assay/v1/finding.proto), each behind its length as a varint; an empty one says that the gateway still waits. The last one is an `end`, which names what did not come in time. A run’s token reads its own run only.',
        produces: [delimitedMediaType],
        params: runId,
        querystring: wantedQuery,
      },
    },
    async (request, reply) => {
      const wanted = await wantedOf(gateway, request.params.id, request.query, request.principal);
      if (readers >= gateway.config.maxFollowers)
        throw new Transient(`${readers} tasks read findings already; try again later`, {
          code: 'run-findings.readers',
          retryAfterMs: 10_000,
        });
      readers++;
      reply.hijack();
      await sendFindings(gateway, reply.raw, wanted).finally(() => {
        readers--;
      });
    },
  );

  app.post(
    '/api/v1/runs/:id/findings/returned',
    {
      bodyLimit: maxAnswerBytes,
      config: { scope: 'run:findings', isIntake: true },
      schema: {
        tags: ['runs'],
        summary: 'Return findings from a task that is a step of the run',
        description:
          'What the step adds, by batch. Each batch is named by the sequence that GET /api/v1/runs/{id}/findings gave; one that is returned twice counts once. A run’s token returns its own run’s only.',
        params: runId,
        body: answer,
        response: { 202: z.object({ returned: z.number().int() }) },
      },
    },
    async (request, reply) => {
      checkOwnRun(request.principal, request.params.id);
      const { step, batches } = request.body;
      const { traceparent } = requestFacts(request);
      const given = batches.map(({ sequence, enrichments }) => ({
        sequence,
        enrichments: enrichments.map((each) => ({ ...each, severity: each.severity as 0, anyTool: false })),
      }));
      await returnFindings(gateway, given, { runId: request.params.id, step, traceparent });
      return reply.code(202).send({ returned: batches.length });
    },
  );
};

function checkOwnRun({ run }: Principal, id: string): void {
  if (run && run.runId !== id)
    throw new InvalidInput(`the token is for run ${run.runId}, not for ${id}`, { code: 'run-findings.forbidden' });
}

/** The store's clock and the bus's may differ by this much. Milliseconds. */
const clockSkewMs = 60_000;

async function wantedOf(
  gateway: Gateway,
  id: string,
  { step, report = [], wait }: z.output<typeof wantedQuery>,
  principal: Principal,
): Promise<WantedFindings> {
  checkOwnRun(principal, id);
  const known = await gateway.store.runs.get(id);
  const target = principal.run?.target ?? known?.target;
  if (target === undefined) throw new InvalidInput(`there is no run ${id} (yet)`, { code: 'run.missing' });
  const began = Date.parse(known?.requested?.requestedAt ?? '') - clockSkewMs;
  // A time that its asker made up is no time to begin at.
  const since = began < gateway.now().getTime() ? new Date(began) : 'all';
  return { runId: id, target, since, step, reports: report, waitMs: wait * 1000 };
}

/** Writes pieces until the end, the client goes, or the service drains. Never rejects. */
async function sendFindings(gateway: Gateway, response: ServerResponse, wanted: WantedFindings): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, gateway.signal]);
  response.on('close', () => ending.abort());
  response.on('error', () => ending.abort());
  response.writeHead(200, {
    'content-type': delimitedMediaType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    'x-accel-buffering': 'no',
  });
  const write = pacedWriter(response, gateway.config.slowFollowerMs, signal);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(withLength(new Uint8Array()));
  }, gateway.config.heartbeatMs);
  let isWhole = false;
  try {
    response.flushHeaders();
    for await (const each of gatherFindings(gateway, wanted, signal)) {
      await write(withLength(piece.encode(each)));
      isWhole = each.end !== undefined;
    }
  } catch (error) {
    if (!signal.aborted) gateway.log.warn({ err: explain(error), run: wanted.runId }, 'findings of a run broke off');
  } finally {
    clearInterval(heartbeat);
    ending.abort();
    // What has no end must not look as if it had one.
    if (isWhole) response.end();
    else response.destroy();
  }
}
