// What the steps of a run wrote, as far as its backend keeps it.
import { Readable } from 'node:stream';
import { InvalidInput, type StepLog } from '@assay/contracts';
import type { StoredRun } from '@assay/store';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { type App, text } from '../zod-provider.ts';

const runId = z.object({ id: text(128) });

const stepLog = z.object({
  task: z.string(),
  step: z.string(),
  digest: z.string(),
  size: z.number(),
  truncated: z.boolean(),
});

export const runLogRoutes = (gateway: Gateway) => async (app: App) => {
  app.get(
    '/api/v1/runs/:id/logs',
    {
      config: { scope: 'run:read' },
      schema: {
        tags: ['runs'],
        summary: 'List the logs that are kept of a run’s steps',
        params: runId,
        response: { 200: z.object({ items: z.array(stepLog) }) },
      },
    },
    async (request) => ({ items: logsOf(await runOf(gateway, request.params.id)).map(describe) }),
  );

  app.get(
    '/api/v1/runs/:id/logs/:task/:step',
    {
      config: { scope: 'run:read' },
      schema: {
        tags: ['runs'],
        summary: 'What a step wrote, secrets redacted',
        params: runId.extend({ task: text(128), step: text(128) }),
        produces: ['text/plain'],
      },
    },
    async (request, reply) => {
      const { id, task, step } = request.params;
      const found = logsOf(await runOf(gateway, id)).find((each) => each.task === task && each.log.step === step);
      const blob = found?.log.blob;
      if (!blob)
        throw new InvalidInput(`no log is kept of step ${step} of ${task} in run ${id}`, { code: 'log.missing' });
      return reply
        .type('text/plain; charset=utf-8')
        .header('x-content-type-options', 'nosniff')
        .send(Readable.from(gateway.blobs.get(blob.digest)));
    },
  );
};

async function runOf(gateway: Gateway, id: string): Promise<StoredRun> {
  const run = await gateway.store.runs.get(id);
  if (!run) throw new InvalidInput(`there is no run ${id} (yet)`, { code: 'run.missing' });
  return run;
}

function logsOf({ tasks = [], finished }: StoredRun): { task: string; log: StepLog }[] {
  const byTask = new Map([...tasks, ...(finished?.tasks ?? [])].map((task) => [task.task, task]));
  return [...byTask.values()].flatMap(({ task, logs = [] }) => logs.map((log) => ({ task, log })));
}

function describe({ task, log }: { task: string; log: StepLog }): z.output<typeof stepLog> {
  const { digest = '', size = 0 } = log.blob ?? {};
  return { task, step: log.step, digest, size: Number(size), truncated: log.truncated };
}
