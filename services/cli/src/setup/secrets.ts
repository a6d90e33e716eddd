// The Secrets of an installation on Kubernetes: one a service, with what that service alone may know. Each is made once;
// what is there stays as it is, whoever made it, and what is missing in it is added.
import { randomBytes } from 'node:crypto';
import { createSeed } from '@assay/bus';
import { InvalidInput } from '@assay/contracts';
import type { Kube, KubeObject } from '@assay/kube';
import { adminName, clientName } from '../up/bus-users.ts';
import { services } from '../up/services.ts';

const random = () => randomBytes(24).toString('base64url');

/** How a key's value is made. */
const makers = {
  /** The seed of its NATS credential. */
  nkey: createSeed,
  /** Opens the gateway's door, with every right. */
  token: random,
  /** Keys the hash that stands for a secret in a finding's identity. Lost, every such finding is a new one. */
  'identity-key': random,
  /** Signs the tokens of a run's tasks. */
  'run-token-key': random,
} as const;
export type Key = keyof typeof makers;

/** Beside the credential, which each has. */
const ownKeys: Readonly<Record<string, readonly Key[]>> = {
  executor: ['run-token-key'],
  gateway: ['token', 'run-token-key'],
  producer: ['identity-key'],
};

/** Keys that all who have them must agree on. */
const sharedKeys: readonly Key[] = ['run-token-key'];

export const owners: readonly string[] = [adminName, clientName, ...services.map(({ name }) => name)];

export type Secrets = ReadonlyMap<string, Readonly<Partial<Record<Key, string>>>>;

/** What a setup asks of Kubernetes. */
export type SetupKube = Pick<Kube, 'namespace' | 'get' | 'create' | 'patch'>;

export interface SecretOptions {
  /** Name of an owner's Secret where it is not `assay-<owner>`. */
  names: Readonly<Record<string, string>>;
  onProgress: (line: string) => void;
}

/** What each owner's Secret holds then. */
export async function ensureSecrets(kube: SetupKube, { names, onProgress }: SecretOptions): Promise<Secrets> {
  const nameOf = (owner: string) => names[owner] ?? `assay-${owner}`;
  const found = new Map<string, Record<string, string> | undefined>();
  for (const owner of owners) found.set(owner, dataOf(await kube.get(secretRef(kube, nameOf(owner)))));

  const agreed = new Map(sharedKeys.map((key) => [key, agreedOn(key, found) ?? makers[key]()]));
  const result = new Map<string, Partial<Record<Key, string>>>();
  for (const owner of owners) {
    const name = nameOf(owner);
    const there = found.get(owner);
    const keys: readonly Key[] = ['nkey', ...(ownKeys[owner] ?? [])];
    const missing = keys.filter((key) => !there?.[key]);
    const made = Object.fromEntries(missing.map((key) => [key, agreed.get(key) ?? makers[key]()]));
    if (missing.length > 0) {
      await write(kube, name, made, there !== undefined);
      onProgress(`Secret ${name}: made ${missing.join(', ')}`);
    }
    result.set(owner, { ...pick(there, keys), ...made });
  }
  return result;
}

export function secretRef(kube: SetupKube, name: string) {
  return { apiVersion: 'v1', kind: 'Secret', name, namespace: kube.namespace };
}

/** A Secret's members; undefined when there is none. */
export function dataOf(secret: KubeObject | undefined): Record<string, string> | undefined {
  if (!secret) return undefined;
  const data = (secret['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

/** Makes a Secret, or adds to the one that is there. */
export async function write(
  kube: SetupKube,
  name: string,
  values: Readonly<Record<string, string>>,
  isThere: boolean,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  if (isThere) {
    await kube.patch(secretRef(kube, name), { data });
    return;
  }
  const labels = { 'app.kubernetes.io/part-of': 'assay', 'app.kubernetes.io/managed-by': 'assay-setup' };
  const { isNew } = await kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: kube.namespace, labels },
    type: 'Opaque',
    data,
  });
  if (!isNew)
    throw new InvalidInput(`the Secret ${name} was made by another setup at the same time: start this one again`, {
      code: 'setup.raced',
    });
}

function agreedOn(key: Key, found: ReadonlyMap<string, Record<string, string> | undefined>): string | undefined {
  const values = new Set([...found.values()].flatMap((data) => data?.[key] ?? []));
  if (values.size > 1) {
    const who = [...found].flatMap(([owner, data]) => (data?.[key] ? [owner] : []));
    throw new InvalidInput(`the Secrets of ${who.join(' and ')} hold different values of ${key}: make them the same`, {
      code: 'setup.differ',
    });
  }
  return [...values][0];
}

function pick(data: Record<string, string> | undefined, keys: readonly Key[]): Partial<Record<Key, string>> {
  return Object.fromEntries(keys.flatMap((key) => (data?.[key] ? [[key, data[key].trim()]] : [])));
}
