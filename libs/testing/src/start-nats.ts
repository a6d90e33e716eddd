// A real nats-server for a spec: its own folder, any free port, gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, type BusUser, connectBus, type NatsServer, startNatsServer } from '@assay/bus';
import { findNatsServer } from '@assay/bus/find-nats-server';

export interface TestNats {
  server: NatsServer;
  url: string;
  dir: string;
  /** A connection that `stop` closes too. */
  connect(options?: { url?: string; credentialsFile?: string; inboxPrefix?: string }): Promise<Bus>;
  /** kill -9 and a new start on the same port and data. */
  restart(): Promise<void>;
  /** Ends the server; resolves when it has. */
  down(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNats(
  options: { users?: readonly BusUser[]; syncAlways?: boolean; maxStoreBytes?: number } = {},
): Promise<TestNats> {
  const { path, version } = await findNatsServer();
  const dir = await mkdtemp(join(tmpdir(), 'assay-nats-'));
  const start = (port: number) =>
    startNatsServer({
      binary: path,
      version,
      dir,
      port,
      maxStoreBytes: options.maxStoreBytes ?? 8 * 1024 ** 3,
      syncAlways: options.syncAlways ?? false,
      ...(options.users ? { users: options.users } : {}),
    });
  const buses: Bus[] = [];
  const nats: TestNats = {
    server: await start(0),
    url: '',
    dir,
    connect: async (settings = {}) => {
      const bus = await connectBus({ url: nats.url, name: 'spec', timeoutMs: 60_000, ...settings });
      buses.push(bus);
      return bus;
    },
    restart: async () => {
      await nats.down('SIGKILL');
      await nats.up();
    },
    down: async (signal) => {
      process.kill(nats.server.pid, signal);
      await nats.server.exited;
    },
    up: async () => {
      nats.server = await start(Number(new URL(nats.url).port));
    },
    stop: async () => {
      await Promise.all(buses.map((bus) => bus.close()));
      await nats.server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  nats.url = nats.server.url;
  return nats;
}
