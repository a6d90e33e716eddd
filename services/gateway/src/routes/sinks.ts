// Sinks: declared here, kept in the key-value bucket that the consumer watches.
import type { Bucket } from '@assay/bus';
import { InvalidInput, parseSinkSpec, parseSinkStart, type SinkSpec, Transient } from '@assay/contracts';
import { z } from 'zod';
import { awaitServing } from '../await-serving.ts';
import { awaitTest } from '../await-test.ts';
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';

const sink = z
  .looseObject({
    name: z.string(),
    type: z.string(),
    subject: z.string(),
    filter: z.string().optional(),
    start: z.union([z.string(), z.number()]).optional(),
    batch: z.object({ size: z.number().optional(), waitMs: z.number().optional() }).optional(),
    rateLimit: z
      .object({ perSecond: z.number().optional(), perMinute: z.number().optional(), burst: z.number().optional() })
      .optional(),
    dryRun: z.boolean().optional(),
    template: z.record(z.string(), z.string()).optional(),
    config: z.record(z.string(), z.unknown()).optional(),
    credentials: z
      .record(z.string(), z.union([z.object({ env: z.string() }), z.object({ file: z.string() })]))
      .optional(),
    generation: z.number().optional(),
  })
  .describe('Where events are delivered to; a credential is a reference, never the secret itself');
const named = z.object({
  name: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be 1 to 63 characters of a-z, 0-9 and "-"'),
});

const testResult = z.object({
  sink: z.string(),
  outcome: z.enum(['delivered', 'refused', 'failed', 'dry']),
  reason: z.string().optional(),
  preview: z.string().optional(),
  tookMs: z.number(),
});

export const sinkRoutes = (gateway: Gateway) => async (app: App) => {
  const { sinks } = gateway;
  const config = { scope: 'sink:admin' } as const;

  app.get(
    '/api/v1/sinks',
    {
      config,
      schema: { tags: ['sinks'], summary: 'List sinks', response: { 200: z.object({ items: z.array(sink) }) } },
    },
    async () => {
      const names = (await sinks.keys()).sort();
      const found = await Promise.all(names.map((name) => read(sinks, name)));
      return { items: found.flatMap((each) => each?.spec ?? []) };
    },
  );

  app.post(
    '/api/v1/sinks',
    {
      config,
      schema: {
        tags: ['sinks'],
        summary: 'Add a sink, or change the one of that name',
        description:
          'The answer waits half a second for the consumer to refuse the sink: one that cannot work is stored, but a 422 with the reason. With "Prefer: respond-async" nobody waits.',
        // Checked by the contract's own parser, which the consumer uses too.
        body: z.unknown().meta({
          type: 'object',
          description:
            'name, type, subject, and filter, start, batch, rateLimit, dryRun, template, config, credentials',
        }),
        response: { 200: sink, 201: sink },
      },
    },
    async (request, reply) => {
      const given = parseSinkSpec(request.body);
      const since = gateway.now();
      const { spec, isNew, isSame } = await change(sinks, given.name, (stored) => ({
        ...given,
        ...generationOf(stored),
      }));
      // The consumer does not look again at what it has.
      if (!isSame) await awaitServing(gateway, { name: spec.name, since, prefer: request.headers.prefer });
      return reply.code(isNew ? 201 : 200).send(spec);
    },
  );

  app.get(
    '/api/v1/sinks/:name',
    { config, schema: { tags: ['sinks'], summary: 'Show a sink', params: named, response: { 200: sink } } },
    async (request) => (await existing(sinks, request.params.name)).spec,
  );

  app.delete(
    '/api/v1/sinks/:name',
    { config, schema: { tags: ['sinks'], summary: 'Remove a sink', params: named, response: { 204: z.null() } } },
    async (request, reply) => {
      await existing(sinks, request.params.name);
      await sinks.delete(request.params.name);
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/v1/sinks/:name/replay',
    {
      config,
      schema: {
        tags: ['sinks'],
        summary: 'Deliver again',
        params: named,
        body: z.strictObject({
          from: z.unknown().meta({ description: '"all", a time (RFC 3339) or a stream sequence' }),
        }),
        response: { 202: sink },
      },
    },
    async (request, reply) => {
      const replayFrom = parseSinkStart(request.body.from, 'from');
      const { spec } = await change(sinks, request.params.name, (stored) => {
        if (!stored) throw missing(request.params.name);
        return { ...stored, generation: stored.generation + 1, replayFrom };
      });
      return reply.code(202).send(spec);
    },
  );

  app.post(
    '/api/v1/sinks/:name/test',
    {
      config,
      schema: {
        tags: ['sinks'],
        summary: 'Deliver a sample',
        description:
          'One finding, marked as a sample, through the sink’s real settings and credentials; its filter and rate limit are not asked. Also for sinks that the consumer reads from files.',
        params: named,
        body: z
          .strictObject({
            dryRun: z.boolean().default(false).describe('Make the sample and deliver nothing'),
            fixed: z.boolean().default(false).describe('The sample is fixed: what one before left is closed'),
          })
          .nullish(),
        response: { 200: testResult },
      },
    },
    async (request) => {
      const { dryRun = false, fixed = false } = request.body ?? {};
      return awaitTest(gateway, { sink: request.params.name, dryRun, fixed });
    },
  );
};

// A sink that is changed goes on where it is; only a replay begins a new generation.
function generationOf(stored: SinkSpec | undefined): Pick<SinkSpec, 'generation' | 'replayFrom'> {
  if (!stored) return { generation: 1 };
  const { generation, replayFrom } = stored;
  return { generation, ...(replayFrom === undefined ? {} : { replayFrom }) };
}

async function change(
  sinks: Bucket,
  name: string,
  edit: (stored: SinkSpec | undefined) => SinkSpec,
): Promise<{ spec: SinkSpec; isNew: boolean; isSame: boolean }> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const stored = await read(sinks, name);
    const spec = edit(stored?.spec);
    const isSame = stored !== undefined && JSON.stringify(stored.spec) === JSON.stringify(spec);
    if (isSame || (await sinks.put(name, Buffer.from(JSON.stringify(spec)), stored?.revision ?? 0)) !== undefined)
      return { spec, isNew: stored === undefined, isSame };
  }
  throw new Transient(`sink ${name} is being changed by others; try again`, { code: 'sink.busy' });
}

async function existing(sinks: Bucket, name: string) {
  const stored = await read(sinks, name);
  if (!stored) throw missing(name);
  return stored;
}

async function read(sinks: Bucket, name: string): Promise<{ spec: SinkSpec; revision: number } | undefined> {
  const entry = await sinks.get(name);
  return entry && { spec: parseSinkSpec(JSON.parse(Buffer.from(entry.value).toString())), revision: entry.revision };
}

function missing(name: string): InvalidInput {
  return new InvalidInput(`there is no sink ${name}; GET /api/v1/sinks lists them`, { code: 'sink.missing' });
}
