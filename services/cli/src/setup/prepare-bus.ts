// Streams, buckets and every service's durables, made with the administrator's credential, so that no service's needs the
// right to.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus } from '@assay/bus';
import { AssayError, explain, Transient } from '@assay/contracts';
import { type SharedConfig, setUpBus, setUpDurables } from '@assay/runtime';
import { services } from '../up/services.ts';

/** Between two tries. Milliseconds. */
const pauseMs = 2000;

export interface BusOptions {
  shared: SharedConfig;
  /** The administrator's nkey seed. */
  seed: string;
  /** How long nats-server may take to be there. Milliseconds. */
  timeoutMs: number;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

export async function prepareBus(options: BusOptions): Promise<void> {
  const { onProgress, signal, timeoutMs } = options;
  const deadline = Date.now() + timeoutMs;
  let told = '';
  for (;;) {
    try {
      return await prepareOnce(options);
    } catch (error) {
      if (!isPassing(error) || signal.aborted || Date.now() > deadline) throw error;
      const why = explain(error);
      if (why !== told) onProgress(`waiting: ${why}`);
      told = why;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

async function prepareOnce({ shared, seed }: BusOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-setup-'));
  const file = join(folder, 'nkey');
  await writeFile(file, seed, { mode: 0o600 });
  try {
    const bus = await connectBus({ url: shared.natsUrl, name: 'assay/setup', credentialsFile: file });
    try {
      await setUpBus(bus, { ...shared, natsSetup: true });
      await setUpDurables(bus, services, shared);
    } finally {
      await bus.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// A cluster that is not whole yet has no room for three copies, and a server that has not read its users refuses them.
function isPassing(error: unknown): boolean {
  if (error instanceof Transient) return true;
  return error instanceof AssayError && ['bus.no-room', 'bus.unauthorized'].includes(error.code);
}
