// A client of a registry, as this machine's user is known there.
import { dockerCredentials, Registry } from '@assay/oci';
import type { Io } from '../io.ts';

export async function openRegistry(io: Io, registry: string, flags: { plainHttp?: boolean }): Promise<Registry> {
  return new Registry(registry, {
    credentials: await dockerCredentials(registry, io.env),
    signal: io.signal,
    ...(flags.plainHttp ? { plainHttp: true } : {}),
  });
}
