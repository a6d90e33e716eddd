// What the consumer is to the platform: it delivers what sinks subscribe to. Which ones they are is known at run time only.
import { join } from 'node:path';
import { deliveryFinished, deliveryRequested, deliveryTested, sinksBucket } from '@assay/contracts';
import { defineService, on } from '@assay/runtime';
import { z } from 'zod';
import { secretsFolder } from './secrets-folder.ts';
import { followSinkResources, type SinkResources, type SinkResourcesOptions } from './sink-resources/index.ts';
import { durablesBucket, superviseSinks } from './supervise-sinks.ts';
import { testSink } from './test-sink.ts';

export const consumer = defineService({
  name: 'consumer',
  summary: 'Delivers to sinks: one durable a sink, retried, replayable.',
  config: z.object({
    sinksDir: z.string().optional().describe('Folder of YAML files that declare sinks, besides those of the API'),
    sinksReloadMs: z.coerce
      .number()
      .int()
      .min(100)
      .default(5000)
      .describe('How often that folder is read again. Milliseconds'),
    filesRoot: z.string().optional().describe('The only folder that file sinks write to. Default: ASSAY_HOME/sinks'),
    secretsDir: z
      .string()
      .optional()
      .describe('The only folder that sinks read secret files from. Default: ASSAY_HOME/sink-secrets'),
    allowPrivateAddresses: z
      .stringbool()
      .default(true)
      .describe(
        'Let sinks whose config says allowPrivate, and mongodb sinks, reach the inner network; off where many may add sinks',
      ),
    sinkResources: z.stringbool().default(false).describe('Take sinks from Sink resources of the cluster too'),
    sinkNamespace: z.string().optional().describe('Where those are; default: the consumer’s own namespace'),
  }),
  subscribes: [on(deliveryRequested, testSink)],
  publishes: [deliveryFinished, deliveryTested],
  uses: { readsBuckets: [sinksBucket], writesBuckets: [durablesBucket], dynamicConsumers: true },
  start: async ({ bus, blobs, config, shared, log, now, publish }) => {
    const secretsDir = await secretsFolder(config.secretsDir, shared.home);
    const supervisor = await superviseSinks({
      bus,
      log,
      sinksDir: config.sinksDir,
      reloadMs: config.sinksReloadMs,
      resources: config.sinkResources ? await openResources(config.sinkNamespace, { secretsDir, log, now }) : undefined,
      sink: {
        bus,
        blobs,
        log,
        secrets: { env: process.env, secretsDir },
        filesRoot: config.filesRoot ?? join(shared.home, 'sinks'),
        stdout: process.stdout,
        allowsPrivateAddresses: config.allowPrivateAddresses,
        ackWaitMs: shared.ackWaitMs,
        now,
        publish,
      },
    });
    return { resources: supervisor, close: () => supervisor.stop() };
  },
});

async function openResources(
  namespace: string | undefined,
  options: Omit<SinkResourcesOptions, 'kube' | 'namespace'>,
): Promise<SinkResources> {
  // The client of Kubernetes takes 50 MB: it is loaded where a cluster is asked.
  const { connectKube } = await import('@assay/kube');
  const kube = await connectKube(namespace === undefined ? {} : { namespace });
  return followSinkResources({ ...options, kube, namespace: kube.namespace });
}
