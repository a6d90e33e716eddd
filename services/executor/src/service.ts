// The executor: runs a pipeline's tasks on a backend and says how each went.
import { delimiter, resolve } from 'node:path';
import {
  explain,
  InvalidInput,
  runAssessed,
  runCancelled,
  runFinished,
  runRequested,
  runStarted,
  taskFinished,
  taskLogged,
  taskStarted,
} from '@assay/contracts';
import { connectKube } from '@assay/kube';
import { defineService, type Host, on } from '@assay/runtime';
import type { Backend } from './backend.ts';
import { forgetOldRuns } from './backends/local/handed-over.ts';
import { localBackend } from './backends/local/index.ts';
import { sweepTaskFolders } from './backends/local/task-folder.ts';
import { tektonBackend } from './backends/tekton/index.ts';
import { cancelledRunsBucket, cancelRun, openCancelledRuns } from './cancelled-runs.ts';
import { type ExecutorConfig, executorConfig } from './config.ts';
import { loadComponents } from './load-components.ts';
import { type ExecutorResources, runPipeline } from './run-pipeline.ts';
import { type Scans, showAssessment, showFinish, showStart, startScans } from './scans/index.ts';
import { toolPlaces } from './tools/find-tool.ts';

export const executor = defineService<typeof executorConfig, ExecutorResources>({
  name: 'executor',
  summary: 'Runs a pipeline’s tasks on a backend and says how each went.',
  config: executorConfig,
  subscribes: [
    // A run is held until it has ended; the backend says how many of them work at the same time.
    on(runRequested, runPipeline, { concurrency: 64, onDemand: true }),
    on(runCancelled, cancelRun),
    on(runStarted, showStart, { name: 'scan-status' }),
    on(runFinished, showFinish, { name: 'scan-status' }),
    on(runAssessed, showAssessment, { name: 'scan-status' }),
  ],
  publishes: [runRequested, runStarted, taskStarted, taskLogged, taskFinished, runFinished],
  uses: { readsBuckets: [cancelledRunsBucket], writesBuckets: [cancelledRunsBucket] },

  async start(host) {
    const { config, shared, bus, log, signal } = host;
    if (!shared.runTokenKey) {
      throw new InvalidInput(
        'ASSAY_RUN_TOKEN_KEY is not set: tasks could not hand over their reports. Set the same for executor and gateway.',
        { code: 'executor.run-token-key' },
      );
    }
    const components = await loadComponents(config.components);
    const backend = config.backend === 'tekton' ? await openTekton(host) : await openLocal(host);
    host.readiness('backend', () => backend.ping());
    const cancelled = await openCancelledRuns(bus);
    const following = cancelled
      .follow((runId, reason) => backend.cancel(runId, reason), signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: explain(error) }, 'cancelled runs are not followed any more');
      });
    const scans = await openScans(host);
    // Every task may take its whole limit, and wait for the others before.
    const tokenLifeMs = config.taskTimeoutMs * (components.length + 1);
    return {
      resources: { backend, cancelled, scans, runTokenKey: shared.runTokenKey, tokenLifeMs },
      close: async () => {
        await scans?.close();
        await following;
        await backend.close();
      },
    };
  },
});

async function openLocal({ config, shared, blobs, log, now }: Host<ExecutorConfig>): Promise<Backend> {
  const swept = await sweepTaskFolders(shared.home);
  if (swept > 0) log.warn({ workspaces: swept }, 'removed what a killed executor left behind');
  await forgetOldRuns(shared.home, now());
  const places = toolPlaces(shared.home);
  const { components, pipelines, gatewayUrl, cli, concurrency, taskTimeoutMs } = config;
  const roots = config.roots
    .split(delimiter)
    .filter(Boolean)
    .map((root) => resolve(root));
  const plan = { roots, components, pipelines, gatewayUrl, places, blobs };
  return localBackend({ home: shared.home, places, plan, cli, concurrency, taskTimeoutMs, now });
}

async function openTekton({ config, blobs, log, now }: Host<ExecutorConfig>): Promise<Backend> {
  const kube = await connectKube({ namespace: config.namespace });
  return tektonBackend({ kube, config, blobs, log, now });
}

async function openScans({ config, publish, log, now }: Host<ExecutorConfig>): Promise<Scans | undefined> {
  if (!config.scanResources) return undefined;
  const kube = await connectKube();
  return startScans({ kube, namespaces: config.scanNamespaces, publish, log, now });
}
