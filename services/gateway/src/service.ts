// The gateway: the only door for people and other systems.
import type { AddressInfo } from 'node:net';
import { deadStream } from '@assay/bus';
import {
  artifactRequested,
  deliveriesBucket,
  deliveryRequested,
  findingReturned,
  InvalidInput,
  reportSubmitted,
  runCancelled,
  runRequested,
  sinksBucket,
} from '@assay/contracts';
import { defineService, type Host, metricsText, observeGauge } from '@assay/runtime';
import { openStore } from '@assay/store';
import { readTokenFile } from './auth.ts';
import { type GatewayConfig, gatewayConfig } from './config.ts';
import { readinessChecks } from './routes/health.ts';
import { buildServer, closeServer } from './server.ts';
import { readWebhooks } from './webhooks/read-webhooks.ts';
import type { App } from './zod-provider.ts';

/** What the process that hosts the gateway may want to know. */
export interface GatewayResources {
  /** "http://127.0.0.1:7077" */
  url: string;
}

/** How long a client waits when the platform is too far behind. Milliseconds. */
const overloadRetryMs = 5000;

export const gateway = defineService({
  name: 'gateway',
  summary: 'The door for people and other systems: HTTP API, CloudEvents in, events out.',
  config: gatewayConfig,
  subscribes: [],
  publishes: [reportSubmitted, runRequested, runCancelled, artifactRequested, findingReturned, deliveryRequested],
  uses: {
    readsBuckets: [sinksBucket],
    writesBuckets: [sinksBucket, deliveriesBucket],
    administersDeadLetters: true,
    tails: true,
    measuresPressure: true,
  },
  start: startGateway,
});

async function startGateway(
  host: Host<GatewayConfig>,
): Promise<{ resources: GatewayResources; close: () => Promise<void> }> {
  const { config, shared, bus, blobs, log, signal } = host;
  const bootstrapHash = config.tokenFile === undefined ? undefined : await readTokenFile(config.tokenFile);
  const webhooks = config.webhooksFile === undefined ? new Map() : await readWebhooks(config.webhooksFile);
  const store = await openStore(shared.storeUrl);
  try {
    const app = await buildServer({
      config,
      bus,
      blobs,
      store,
      sinks: await bus.bucket(sinksBucket),
      webhooks,
      deliveries: await bus.bucket(deliveriesBucket),
      log,
      now: () => host.now(),
      publish: (outgoing, options) => host.publish(outgoing, options),
      isOverloaded: async () => ((await bus.pressure()) ? { retryAfterMs: overloadRetryMs } : undefined),
      bootstrapHash,
      runTokenKey: shared.runTokenKey,
      metrics: metricsText,
      signal,
    });
    for (const [name, check] of Object.entries(readinessChecks({ bus, store }))) host.readiness(name, check);
    const url = await listen(app, shared.httpHost, config.port);
    log.info({ url }, 'gateway listens');
    const forget = observeGauge('assay_dead_letters', 'Dead letters that wait for somebody', () =>
      bus.messageCount(deadStream),
    );
    return {
      resources: { url },
      close: async () => {
        forget();
        await closeServer(app);
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function listen(app: App, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw cannotListen(host, port, cause);
  }
  const address = app.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

function cannotListen(host: string, port: number, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return new InvalidInput(
      `port ${port} on ${host} is in use: stop what listens there or set ASSAY_GATEWAY_PORT to another one (0: any free one)`,
      { code: 'port.in-use', cause },
    );
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new InvalidInput(
      `cannot listen on ${host}:${port} (${code}): set ASSAY_HTTP_HOST to an address of this machine and ASSAY_GATEWAY_PORT to a port from 1024`,
      { code: 'gateway.address', cause },
    );
  return cause as Error;
}
