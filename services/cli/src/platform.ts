// A client for the platform that the environment names.
import { Client } from './client.ts';
import { findConnection } from './connection.ts';
import type { Io } from './io.ts';

export async function connect(io: Io): Promise<Client> {
  return new Client(await findConnection(io.env), { signal: io.signal });
}
