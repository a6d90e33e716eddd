// The platform to work with: the one that answers, else one of our own for as long as the command runs.
import { Transient } from '@assay/contracts/errors';
import { Client } from './client.ts';
import { findConnection } from './connection.ts';
import type { Io } from './io.ts';
import { oneLine } from './terminal-text.ts';

export interface OpenPlatform extends AsyncDisposable {
  readonly client: Client;
}

/** Where ASSAY_URL names a platform that does not answer, none is started: somebody meant that one. */
export async function openPlatform(io: Io): Promise<OpenPlatform> {
  const connection = await findConnection(io.env);
  // Nothing names a platform and nothing opens its door: whatever listens at the usual address is somebody else's.
  if (!io.env['ASSAY_URL'] && connection.token === undefined) return embedded(io);
  const client = new Client(connection, { signal: io.signal });
  try {
    await client.get('/api/v1/runs', { limit: 1 });
    return { client, async [Symbol.asyncDispose]() {} };
  } catch (error) {
    const isAbsent = error instanceof Transient && error.code === 'gateway.unreachable';
    if (!isAbsent || io.env['ASSAY_URL']) throw error;
    return embedded(io);
  }
}

async function embedded(io: Io): Promise<OpenPlatform> {
  io.err.put('no platform is running: starting one for this command\n');
  const { startPlatform } = await import('./up/platform.ts');
  const platform = await startPlatform({
    env: io.env,
    // Its own ports: a platform with another home may have the usual ones.
    gatewayPort: 0,
    natsPort: 0,
    onProgress: (line) => io.err.put(`${oneLine(line)}\n`),
    signal: io.signal,
  });
  return { client: new Client(platform, { signal: io.signal }), [Symbol.asyncDispose]: () => platform.stop() };
}
