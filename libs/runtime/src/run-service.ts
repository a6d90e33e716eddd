// A service as a process of its own: environment in, signals in, exit code out.
import { openBlobs } from '@assay/blobs';
import { type Bus, connectBus } from '@assay/bus';
import { AssayError, deliveriesBucket, explain } from '@assay/contracts';
import type { Logger } from 'pino';
import type { SharedConfig } from './config.ts';
import type { AnyService } from './define-service.ts';
import { leaseBucket } from './leases.ts';
import { createLog } from './log.ts';
import { inboxPrefixOf } from './permissions.ts';
import { type Environment, readConfig } from './read-config.ts';
import { serveHealth } from './serve-health.ts';
import { startService } from './start-service.ts';
import { startTelemetry } from './telemetry.ts';

const busBlobs = 'jetstream:';
const dayMs = 24 * 60 * 60 * 1000;
/** How long a webhook's delivery is known again. Milliseconds. */
const rememberedMs = 7 * dayMs;

/** Runs until SIGTERM or SIGINT, or until the bus is gone for good; sets the exit code. */
export async function runService(definition: AnyService, env: Environment = process.env): Promise<void> {
  let log = createLog('info');
  try {
    const { shared, config } = readConfig(definition, env);
    log = createLog(shared.logLevel);
    const endTelemetry = await startTelemetry(definition.name);
    const bus = await connectService(definition.name, shared, log);
    await setUpBus(bus, shared);
    const blobs = await openBlobs(shared.blobsUrl, { bus });
    const service = await startService(definition, { shared, config, bus, blobs, log });
    const health = await serveHealth(service, shared.httpHost, shared.httpPort);
    log.info({ service: definition.name, address: `http://${shared.httpHost}:${health.port}` }, 'health and metrics');
    const why = await Promise.race([signalled(), bus.closed.then((error) => error ?? new Error('the bus was closed'))]);
    if (why instanceof Error) log.error({ err: explain(why) }, 'bus is gone');
    await health.close();
    await service.stop();
    await blobs.close();
    await bus.close();
    await endTelemetry();
    process.exitCode = why instanceof Error ? 3 : 0;
  } catch (error) {
    log.fatal(
      { service: definition.name, err: explain(error), code: error instanceof AssayError ? error.code : 'fault' },
      'service could not start',
    );
    process.exitCode = 2;
    // What was opened before the failure must not keep the process alive.
    setImmediate(() => process.exit());
  }
}

/** The connection of one service, with its own credential and inboxes. */
export function connectService(name: string, shared: SharedConfig, log: Logger): Promise<Bus> {
  return connectBus({
    url: shared.natsUrl,
    name: `assay/${name}`,
    credentialsFile: shared.natsCredentials,
    inboxPrefix: inboxPrefixOf(name),
    onStatus: (sentence, isTrouble) => log[isTrouble ? 'warn' : 'info']({ service: name }, sentence),
  });
}

/** Streams and buckets, where this process may make them. */
export async function setUpBus(bus: Bus, shared: SharedConfig): Promise<void> {
  if (!shared.natsSetup) return;
  await bus.ensureStreams({ replicas: shared.natsReplicas, budgetBytes: shared.natsBudgetBytes });
  const replicas = shared.natsReplicas;
  await bus.ensureBucket('sinks', { replicas });
  await bus.ensureBucket('sink-durables', { replicas });
  await bus.ensureBucket('cancelled-runs', { replicas, ttlMs: dayMs });
  await bus.ensureBucket(deliveriesBucket, { replicas, ttlMs: rememberedMs });
  if (shared.blobsUrl.startsWith(busBlobs))
    await bus.ensureObjects(shared.blobsUrl.slice(busBlobs.length), { replicas });
  await bus.ensureBucket(leaseBucket, { replicas, ttlMs: shared.leaseMs });
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
