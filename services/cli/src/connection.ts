// Where the platform is and what opens its door: the environment, else what a running `assay up` wrote down.
// A token never comes as an argument: a process's arguments can be read by everybody on the machine.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import { isAlive } from '@assay/runtime/is-alive';
import type { Env } from './io.ts';

export const defaultUrl = 'http://127.0.0.1:7077';

/** What `assay up` writes to $ASSAY_HOME/run/instance.json while it runs. */
export interface Instance {
  pid: number;
  /** When its process began, as beganOf tells it: one with the same pid may be another. */
  began?: string | undefined;
  url: string;
  natsUrl: string;
  /** File with the token of the person who started it. */
  tokenFile: string;
  /** File with the header line that carries it, for `curl -H @FILE`. */
  authHeaderFile?: string;
}

export interface Connection {
  /** Without a slash at its end. */
  url: string;
  token?: string;
}

export function homeFolder(env: Env): string {
  return env['ASSAY_HOME'] || join(env['HOME'] || homedir(), '.assay');
}

/** Throws InvalidInput "connection.*" when a variable or the file it names is wrong. */
export async function findConnection(env: Env): Promise<Connection> {
  const instance = await readInstance(env);
  const url = env['ASSAY_URL'] ? parseUrl(env['ASSAY_URL']) : (instance?.url ?? defaultUrl);
  // The instance's token is for the instance only, wherever ASSAY_URL points.
  const token = await findToken(env, instance?.url === url ? instance.tokenFile : undefined);
  return token === undefined ? { url } : { url, token };
}

/** The platform that runs from this home folder; undefined when none does. */
export async function readInstance(env: Env): Promise<Instance | undefined> {
  const file = join(homeFolder(env), 'run/instance.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new InvalidInput(`${file} cannot be read; check its permissions`, {
      code: 'connection.instance',
      cause: error,
    });
  });
  const instance = text === undefined ? undefined : parseInstance(text);
  return instance && isAlive(instance.pid, instance.began) ? instance : undefined;
}

function parseInstance(text: string): Instance | undefined {
  // A process that was killed while it wrote leaves half a file: that is no instance.
  try {
    const given = JSON.parse(text) as Partial<Instance>;
    if (typeof given.pid !== 'number' || typeof given.url !== 'string') return undefined;
    return {
      pid: given.pid,
      ...(typeof given.began === 'string' ? { began: given.began } : {}),
      url: parseUrl(given.url),
      natsUrl: given.natsUrl ?? '',
      tokenFile: given.tokenFile ?? '',
      ...(given.authHeaderFile ? { authHeaderFile: given.authHeaderFile } : {}),
    };
  } catch {
    return undefined;
  }
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !isHttp)
    throw new InvalidInput(`ASSAY_URL must be an http or https address like ${defaultUrl}`, { code: 'connection.url' });
  if (url.username || url.password)
    throw new InvalidInput('ASSAY_URL must not hold a name or password; put the token into ASSAY_TOKEN or a file', {
      code: 'connection.url',
    });
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

async function findToken(env: Env, instanceFile: string | undefined): Promise<string | undefined> {
  if (env['ASSAY_TOKEN']) return checked(env['ASSAY_TOKEN'], 'ASSAY_TOKEN');
  const file = env['ASSAY_TOKEN_FILE'] || instanceFile;
  if (!file) return undefined;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidInput(`the token file ${file} cannot be read; set ASSAY_TOKEN_FILE to one that can`, {
      code: 'connection.token',
      cause,
    });
  });
  return checked(text, `the token file ${file}`);
}

function checked(text: string, where: string): string {
  const token = text.trim();
  // What a header can carry; the value itself is never repeated.
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  throw new InvalidInput(`${where} does not hold a token: one line of letters, digits and signs`, {
    code: 'connection.token',
  });
}
