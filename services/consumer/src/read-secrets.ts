// Secrets by reference: a sink names an environment variable or a file, the value is read when the sink opens. Only
// variables and files that were set apart for sinks can be named, so that a sink cannot carry off other secrets.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { InvalidInput, type SecretReference, Transient } from '@assay/contracts';
import type { Secrets } from './sink.ts';

export const secretPrefix = 'ASSAY_SINK_';
const maxSecretBytes = 64 * 1024;

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that secret files lie in. */
  readonly secretsDir: string;
}

/** Every secret of a sink. Throws InvalidInput for one that may not be read, Transient for one that is not there (yet). */
export async function readSecrets(
  credentials: Readonly<Record<string, SecretReference>>,
  known: readonly string[],
  sources: SecretSources,
): Promise<Secrets> {
  const secrets: Record<string, string> = {};
  for (const [name, reference] of Object.entries(credentials)) {
    if (!known.includes(name)) {
      const list = known.length ? `it takes ${known.join(', ')}` : 'it takes none';
      throw refused(`credentials.${name} is none of this type of sink; ${list}`);
    }
    secrets[name] = await read(name, reference, sources);
  }
  return secrets;
}

async function read(name: string, reference: SecretReference, { env, secretsDir }: SecretSources): Promise<string> {
  if ('file' in reference) return readFileIn(name, reference.file, secretsDir);
  if (!reference.env.startsWith(secretPrefix) || reference.env === secretPrefix) {
    throw refused(
      `credentials.${name} names ${reference.env}; only variables that begin ${secretPrefix} can be read by a sink`,
    );
  }
  const value = env[reference.env];
  if (!value) throw missing(`credentials.${name}: the consumer has no variable ${reference.env}`);
  return value;
}

async function readFileIn(name: string, path: string, secretsDir: string): Promise<string> {
  // Resolved first: a link inside the folder may lead out of it.
  const [root, real] = await Promise.all([realpath(secretsDir), realpath(path)]).catch((cause: unknown) => {
    throw missing(`credentials.${name}: ${path} cannot be read in ${secretsDir}`, cause);
  });
  const inside = relative(root, real);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
    throw refused(`credentials.${name} names ${path}; only files inside ${secretsDir} can be read by a sink`);
  }
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    throw missing(`credentials.${name}: ${path} cannot be opened`, cause);
  });
  try {
    const { size } = await file.stat();
    if (size > maxSecretBytes) throw refused(`credentials.${name}: ${path} is larger than ${maxSecretBytes} bytes`);
    const value = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    if (!value) throw missing(`credentials.${name}: ${path} is empty`);
    return value;
  } finally {
    await file.close();
  }
}

/** A text with every secret taken out: errors of drivers like to repeat what they were given. */
export function redact(text: string, secrets: Secrets): string {
  let redacted = text;
  for (const secret of Object.values(secrets)) {
    for (const form of [secret, encodeURIComponent(secret)]) {
      if (form.length >= 4) redacted = redacted.replaceAll(form, '***');
    }
  }
  // Credentials inside an address, whatever part of a secret they are.
  return redacted.replace(/:\/\/[^\s/@]+@/g, '://***@');
}

function refused(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.credential' });
}

function missing(sentence: string, cause?: unknown): Transient {
  return new Transient(`${sentence}; it is looked for again`, { code: 'sink.credential-missing', cause });
}
