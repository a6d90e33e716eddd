// Who we are to a registry, from where docker, podman and others keep it: $DOCKER_CONFIG/config.json. Credential helpers
// are programs of the machine and are not run.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const configSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({ auth: z.string().optional(), username: z.string().optional(), password: z.string().optional() }),
    )
    .optional(),
});

/** Undefined when there are none for that registry. Throws InvalidInput when the file is broken. */
export async function dockerCredentials(
  registry: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const file = join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}';
    throw new InvalidInput(`Cannot read ${file}; check its permissions.`, { code: 'oci.credentials', cause: error });
  });
  const parsed = configSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw broken(file);
  const names = [registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  const entry = names.map((name) => parsed.data.auths?.[name]).find((it) => it !== undefined);
  if (!entry) return undefined;
  if (entry.username && entry.password) return { username: entry.username, password: entry.password };
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(entry.auth ?? '', 'base64').toString('utf8')) ?? [];
  return username && password ? { username, password } : undefined;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its text may be a secret.
    throw broken(file);
  }
}

function broken(file: string): InvalidInput {
  return new InvalidInput(`${file} is no docker configuration; log in again or remove it.`, {
    code: 'oci.credentials',
  });
}
