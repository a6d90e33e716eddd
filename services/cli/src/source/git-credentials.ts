// What opens a repository: the workspace git-credentials, a Secret with the keys of kubernetes.io/basic-auth or of
// kubernetes.io/ssh-auth and besides them `url`. Whoever asks for a run chooses its address, so the Secret says itself
// which addresses it is for; it goes nowhere else.
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';
import type { GitAddress } from './git-address.ts';
import { parseGitAddress } from './git-address.ts';
import type { GitOptions } from './run-git.ts';

/** Most bytes of one key. */
const maxBytes = 64 * 1024;

export type GitAccess = Pick<GitOptions, 'config' | 'sshCommand'>;

/**
 * How git reaches an address: with the credentials of that folder when they are for it, else as anybody. `workshop`:
 * a private folder. Throws InvalidInput "source.credentials" when the Secret lacks something.
 */
export async function accessTo(
  address: GitAddress,
  { folder, workshop }: { folder: string | undefined; workshop: string },
): Promise<GitAccess> {
  const secret = folder === undefined ? undefined : await readSecret(folder);
  const isFor = secret !== undefined && covers(secret.prefix, address.url);
  if (address.transport === 'ssh') {
    if (!isFor) {
      throw wrong(
        secret
          ? `the Secret git-credentials is for ${secret.prefix.text}, not for ${address.text}`
          : `${address.text} needs a key; bind the workspace git-credentials to a Secret with ssh-privatekey, known_hosts and url`,
      );
    }
    return { sshCommand: await sshCommand(secret, workshop) };
  }
  // Another host could be given what is meant for this one.
  return isFor ? { config: [...httpConfig(secret), ['http.followRedirects', 'false']] } : {};
}

interface GitSecret {
  readonly folder: string;
  readonly prefix: GitAddress;
  readonly read: (key: string) => Promise<string | undefined>;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly hasAuthority: boolean;
}

async function readSecret(folder: string): Promise<GitSecret | undefined> {
  const read = async (key: string): Promise<string | undefined> => {
    const text = await readFile(join(folder, key), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw wrong(`the key ${key} of the Secret git-credentials cannot be read`, error);
    });
    if (text !== undefined && text.length > maxBytes) throw wrong(`the key ${key} of the Secret is too long`);
    return text;
  };
  const [url, username, password, key, authority] = await Promise.all(
    ['url', 'username', 'password', 'ssh-privatekey', 'ca.crt'].map(read),
  );
  // A workspace that is not bound leads to an empty folder, or to none.
  if ([url, username, password, key, authority].every((it) => it === undefined)) return undefined;
  if (!url) {
    throw wrong('the Secret git-credentials does not say what it is for; add the key url, such as https://HOST/TEAM/');
  }
  return {
    folder,
    prefix: parseGitAddress(url.trim()),
    read,
    username: username?.trim(),
    password: password?.trim(),
    hasAuthority: authority !== undefined,
  };
}

/** Same transport, host and port, and the path begins with the prefix's, whole names only. */
function covers({ url: prefix }: GitAddress, url: URL): boolean {
  const start = prefix.pathname.replace(/\/*$/, '/');
  return prefix.protocol === url.protocol && prefix.host === url.host && `${url.pathname}/`.startsWith(start);
}

// In a variable and not in the address: git shows addresses, and keeps them in the repository.
function httpConfig({ folder, prefix, username, password, hasAuthority }: GitSecret): [string, string][] {
  const scope = `http.${prefix.url.origin}${prefix.url.pathname}`;
  const config: [string, string][] = hasAuthority ? [[`${scope}.sslCAInfo`, join(folder, 'ca.crt')]] : [];
  if (password === undefined) return config;
  const pair = Buffer.from(`${username || 'git'}:${password}`).toString('base64');
  return [...config, [`${scope}.extraHeader`, `Authorization: Basic ${pair}`]];
}

async function sshCommand({ folder, read }: GitSecret, workshop: string): Promise<string> {
  for (const key of ['ssh-privatekey', 'known_hosts']) {
    if ((await read(key)) === undefined) throw wrong(`the Secret git-credentials has no ${key}; add it to use ssh`);
  }
  // ssh refuses a key that its group can read, as a Secret's is.
  const key = join(workshop, 'key');
  await copyFile(join(folder, 'ssh-privatekey'), key);
  await chmod(key, 0o600);
  const hosts = join(workshop, 'known_hosts');
  await copyFile(join(folder, 'known_hosts'), hosts);
  // git has a shell read this.
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${hosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'ConnectTimeout=30',
  ];
  return ['ssh', '-F', '/dev/null', '-i', key, ...options.flatMap((option) => ['-o', option])].map(quoted).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function wrong(sentence: string, cause?: unknown): InvalidInput {
  return new InvalidInput(sentence, { code: 'source.credentials', cause });
}
