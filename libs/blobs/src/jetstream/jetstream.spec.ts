import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, connectBus, type NatsServer, startNatsServer } from '@assay/bus';
import { findNatsServer } from '@assay/bus/find-nats-server';
import { afterAll, beforeAll } from '@jest/globals';
import { blobStoreSuite } from '../blob-store.suite.ts';
import { openBlobs } from '../open-blobs.ts';

let folder: string;
let server: NatsServer;
let bus: Bus;

beforeAll(async () => {
  const { path, version } = await findNatsServer();
  folder = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
  server = await startNatsServer({
    binary: path,
    version,
    dir: folder,
    port: 0,
    maxStoreBytes: 4 * 1024 ** 3,
    syncAlways: false,
  });
  bus = await connectBus({ url: server.url, name: 'spec' });
});

afterAll(async () => {
  await bus.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

blobStoreSuite('jetstream', async () => ({
  store: await openBlobs(`jetstream:${randomUUID()}`, { bus }),
  close: async () => {},
}));
