// The executor: runs a pipeline's tasks on a backend and says how each went.
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { InvalidInput, runFinished, runRequested, runStarted, taskFinished, taskStarted } from '@assay/contracts';
import { defineService, on } from '@assay/runtime';
import { z } from 'zod';
import { forgetOldRuns } from './backends/local/handed-over.ts';
import { localBackend } from './backends/local/index.ts';
import { sweepTaskFolders } from './backends/local/task-folder.ts';
import { defaultCli, defaultComponents, defaultPipelines, loadComponents } from './load-components.ts';
import { type ExecutorResources, runPipeline } from './run-pipeline.ts';
import { toolPlaces } from './tools/find-tool.ts';

const config = z.object({
  backend: z.enum(['local']).default('local').describe('What runs the tasks'),
  roots: z
    .string()
    .default(() => process.cwd())
    .describe(`Folders that may be scanned, with all below them; several separated by "${delimiter}"`),
  concurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(() => Math.max(2, availableParallelism()))
    .describe('Tasks at the same time'),
  taskTimeoutMs: z.coerce.number().int().min(1000).default(600_000).describe('Time limit of one task. Milliseconds'),
  gatewayUrl: z.url().default('http://127.0.0.1:7077').describe('Where tasks hand their reports over'),
  components: z.string().default(defaultComponents).describe('Folder of components, each in a folder with a task.yaml'),
  pipelines: z.string().default(defaultPipelines).describe('Folder of pipelines, each in a folder of its name'),
  cli: z.string().default(defaultCli).describe('The file that "assay" runs in a task'),
});

export const executor = defineService<typeof config, ExecutorResources>({
  name: 'executor',
  summary: 'Runs a pipeline’s tasks on a backend and says how each went.',
  config,
  subscribes: [on(runRequested, runPipeline, { concurrency: 2, onDemand: true })],
  publishes: [runStarted, taskStarted, taskFinished, runFinished],
  async start({ config, shared, log, now }) {
    if (!shared.runTokenKey) {
      throw new InvalidInput(
        'ASSAY_RUN_TOKEN_KEY is not set: tasks could not hand over their reports. Set the same for executor and gateway.',
        { code: 'executor.run-token-key' },
      );
    }
    const components = await loadComponents(config.components);
    const swept = await sweepTaskFolders(shared.home);
    if (swept > 0) log.warn({ workspaces: swept }, 'removed what a killed executor left behind');
    await forgetOldRuns(shared.home, now());
    const places = toolPlaces(shared.home);
    const backend = localBackend({
      home: shared.home,
      places,
      cli: config.cli,
      concurrency: config.concurrency,
      taskTimeoutMs: config.taskTimeoutMs,
      now,
    });
    const plan = {
      roots: config.roots
        .split(delimiter)
        .filter(Boolean)
        .map((root) => resolve(root)),
      components: config.components,
      pipelines: config.pipelines,
      gatewayUrl: config.gatewayUrl,
      places,
    };
    // Every task may take its whole limit, and wait for the others before.
    const tokenLifeMs = config.taskTimeoutMs * (components.length + 1);
    return { resources: { backend, plan, runTokenKey: shared.runTokenKey, tokenLifeMs } };
  },
});
