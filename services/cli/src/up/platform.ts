// The embedded platform: a real nats-server and every service in this one process, with the credentials, store and
// blobs of $ASSAY_HOME.
import { type BlobStore, openBlobs } from '@assay/blobs';
import { type Bus, compareVersions, connectBus, type NatsServer, startNatsServer } from '@assay/bus';
import { findNatsServer } from '@assay/bus/find-nats-server';
import { InvalidInput, Transient } from '@assay/contracts';
import {
  type AnyService,
  connectService,
  createLog,
  type Environment,
  leaseBucket,
  type RunningService,
  readConfig,
  readSharedConfig,
  setUpBus,
  setUpDurables,
  startService,
  startTelemetry,
} from '@assay/runtime';
import { beganOf } from '@assay/runtime/is-alive';
import { homeFolder, type Instance } from '../connection.ts';
import { busUsers, clientName } from './bus-users.ts';
import { Home } from './home.ts';
import { services } from './services.ts';
import { streamBudgetOn } from './stream-budget.ts';

export interface PlatformOptions {
  env: Environment;
  /** Port of the gateway; default ASSAY_GATEWAY_PORT. 0: any. */
  gatewayPort?: number;
  /** Port of nats-server; default ASSAY_NATS_PORT or 7422. 0: any. */
  natsPort?: number;
  /** Told one line for each thing that was done. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

export interface Platform extends Instance {
  token: string;
  logFile: string;
  /** Ends with a reason when the platform cannot go on. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

const defaultNatsPort = 7422;

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const say = options.onProgress ?? (() => {});
  const home = new Home(homeFolder(options.env));
  await home.prepare();
  const closing: (() => Promise<unknown>)[] = [await home.lock()];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await start(home, options, say, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  home: Home,
  options: PlatformOptions,
  say: (line: string) => void,
  closing: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Platform> {
  const env: Environment = { ...options.env, ASSAY_HOME: home.folder };
  const logFile = home.path('logs/assay.log');
  const given = readSharedConfig(env);
  const log = createLog(given.logLevel, logFile);
  closing.push(await startTelemetry('platform'));

  const isOwn = !env['ASSAY_NATS_URL'];
  const streams = home.path('data/nats/jetstream');
  const budget = isOwn ? await streamBudgetOn(home.folder, streams, given.natsBudgetBytes) : given.natsBudgetBytes;
  const nats = isOwn ? await startNats(home, options, say, { budget, blobsUrl: given.blobsUrl }) : undefined;
  if (nats) closing.push(() => nats.stop());
  const admin = await connectAdmin(home, env, nats);
  closing.push(() => admin.close());
  const shared = { ...given, natsUrl: nats?.url ?? given.natsUrl, natsBudgetBytes: budget };
  await setUpBus(admin, shared);
  await setUpDurables(admin, services, shared);
  if (nats) await forgetLeases(admin);

  const tokenFile = await home.secretFile('token');
  const base: Environment = {
    ...env,
    ASSAY_NATS_URL: shared.natsUrl,
    ASSAY_NATS_SETUP: 'false',
    ASSAY_IDENTITY_KEY: env['ASSAY_IDENTITY_KEY'] ?? (await home.secret('identity-key')),
    ASSAY_RUN_TOKEN_KEY: env['ASSAY_RUN_TOKEN_KEY'] ?? (await home.secret('run-token-key')),
    ASSAY_GATEWAY_TOKEN_FILE: env['ASSAY_GATEWAY_TOKEN_FILE'] ?? tokenFile,
    ...(options.gatewayPort === undefined ? {} : { ASSAY_GATEWAY_PORT: String(options.gatewayPort) }),
    // Whoever starts the embedded platform owns it and may scan whatever they can read.
    ASSAY_EXECUTOR_ROOTS: env['ASSAY_EXECUTOR_ROOTS'] ?? '/',
  };

  const buses: Bus[] = [];
  let url = '';
  for (const service of services) {
    const started = await startOne(
      service,
      { ...base, ...(url ? { ASSAY_EXECUTOR_GATEWAY_URL: url } : {}) },
      { home, nats, log, closing, buses },
    );
    if (service.name === 'gateway') url = addressOf(started);
  }
  say(`${services.length} services, store ${shared.storeUrl.split(':')[0]}`);

  const password = await home.secret('nats-client-password');
  const natsUrl = nats ? nats.url.replace('//', `//${clientName}:${encodeURIComponent(password)}@`) : shared.natsUrl;
  const token = await home.secret('token');
  const authHeaderFile = home.path('secrets/auth-header');
  await home.write(authHeaderFile, `Authorization: Bearer ${token}\n`);
  const instance: Instance = {
    pid: process.pid,
    began: beganOf(process.pid),
    url,
    natsUrl,
    tokenFile,
    authHeaderFile,
  };
  await home.write(home.path('run/instance.json'), JSON.stringify(instance));
  closing.push(async () => home.write(home.path('run/instance.json'), '{}'));

  const failed = new Promise<Error>((resolve) => {
    void nats?.exited.then(async (how) => {
      // Nothing is to be waited for on these; what was on its way is redelivered after the next start.
      await Promise.all([admin, ...buses].map((bus) => bus.close({ atOnce: true })));
      const sentence = `nats-server ended (${how}), and Assay with it; nothing that was accepted is lost: start again. Its log: ${home.path('data/nats/nats-server.log')}`;
      resolve(new Transient(sentence, { code: 'bus.gone' }));
    });
    void admin.closed.then((error) => error && resolve(error));
  });
  return { ...instance, token, logFile, failed, stop };
}

async function startNats(
  home: Home,
  options: PlatformOptions,
  say: (line: string) => void,
  { budget, blobsUrl }: { budget: number; blobsUrl: string },
): Promise<NatsServer> {
  const env = { ...options.env, ASSAY_HOME: home.folder };
  const found = await findNatsServer({ env, log: say }).catch((cause: Error) => {
    throw new InvalidInput(cause.message, { code: 'bus.server-missing' });
  });
  const port = options.natsPort ?? Number(options.env['ASSAY_NATS_PORT'] ?? defaultNatsPort);
  const server = await startNatsServer({
    binary: found.path,
    version: found.version,
    dir: home.path('data/nats'),
    port,
    users: await busUsers(home, blobsUrl),
    // Beside the streams there are buckets.
    maxStoreBytes: Math.ceil(budget * 1.5),
  });
  say(`nats-server ${found.version} (${found.how}) at ${server.url}`);
  if (compareVersions(found.version, '2.10.0') < 0) {
    say(
      `nats-server ${found.version} cannot sync every event to disk: what it acknowledged last can be lost with the power`,
    );
  }
  return server;
}

async function connectAdmin(home: Home, env: Environment, nats: NatsServer | undefined): Promise<Bus> {
  if (!nats)
    return connectBus({
      url: env['ASSAY_NATS_URL'] ?? '',
      name: 'assay/up',
      credentialsFile: env['ASSAY_NATS_CREDENTIALS'],
    });
  return connectBus({ url: nats.url, name: 'assay/up', credentialsFile: (await home.seed('admin')).file });
}

// This process is the only one that holds leases here: those of a killed one must not be waited for.
async function forgetLeases(admin: Bus): Promise<void> {
  const bucket = await admin.bucket(leaseBucket);
  for (const key of await bucket.keys()) await bucket.delete(key);
}

interface Hosting {
  home: Home;
  nats: NatsServer | undefined;
  log: ReturnType<typeof createLog>;
  closing: (() => Promise<unknown>)[];
  /** Every service's connection. */
  buses: Bus[];
}

async function startOne(
  service: AnyService,
  env: Environment,
  { home, nats, log, closing, buses }: Hosting,
): Promise<RunningService> {
  const own = nats ? { ...env, ASSAY_NATS_CREDENTIALS: (await home.seed(service.name)).file } : env;
  const { shared, config } = readConfig(service, own);
  const bus = await connectService(service.name, shared, log);
  buses.push(bus);
  closing.push(() => bus.close());
  const blobs: BlobStore = await openBlobs(shared.blobsUrl, { bus });
  closing.push(() => blobs.close());
  const running = await startService(service, { shared, config, bus, blobs, log });
  closing.push(() => running.stop());
  return running;
}

function addressOf(gateway: RunningService): string {
  const { url } = gateway.resources as { url: string };
  return url;
}
