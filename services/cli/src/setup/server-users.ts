// What nats-server includes into its configuration: who may connect with which rights, and where its peers are. It is
// made of what the services declare, so an upgrade can change it; nats-server is restarted then.
import { createHash, randomBytes } from 'node:crypto';
import { publicKeyOf, usersConfig } from '@assay/bus';
import { InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { clientName, usersOf } from '../up/bus-users.ts';
import { dataOf, type Secrets, type SetupKube, secretRef, write } from './secrets.ts';

/** The Secret that nats-server mounts. */
export const serverSecret = 'assay-nats';

export interface ServerOptions {
  blobsUrl: string;
  /** The StatefulSet of nats-server; without it the Secret is for a server that others run. */
  statefulSet?: string | undefined;
  onProgress: (line: string) => void;
}

const statefulSetSchema = z.object({
  spec: z.object({ replicas: z.number().int().min(0).default(1), serviceName: z.string().default('') }),
});

export async function ensureServerUsers(kube: SetupKube, secrets: Secrets, options: ServerOptions): Promise<void> {
  const { statefulSet, onProgress } = options;
  const there = dataOf(await kube.get(secretRef(kube, serverSecret)));
  const password = there?.['route-password'] ?? randomBytes(24).toString('hex');
  const wanted: Record<string, string> = {
    'users.conf': `${usersConfig(usersOf(seedsOf(secrets), clientOf(secrets), options.blobsUrl))}\n`,
    'routes.conf': routesConfig(password, statefulSet ? await peersOf(kube, statefulSet) : []),
    'route-password': password,
  };
  const changed = Object.keys(wanted).filter((key) => there?.[key] !== wanted[key]);
  if (changed.length === 0) return;
  await write(kube, serverSecret, wanted, there !== undefined);
  onProgress(`Secret ${serverSecret}: wrote ${changed.join(', ')}`);
  // The first time it waits for the Secret.
  if (!there || !statefulSet) return;
  await restart(kube, statefulSet, createHash('sha256').update(JSON.stringify(wanted)).digest('hex'));
  onProgress(`StatefulSet ${statefulSet}: restarts with them`);
}

function seedsOf(secrets: Secrets): Map<string, string> {
  return new Map([...secrets].map(([owner, { nkey = '' }]) => [owner, nkey]));
}

function clientOf(secrets: Secrets): { nkey: string } {
  return { nkey: publicKeyOf(secrets.get(clientName)?.nkey ?? '') };
}

async function peersOf(kube: SetupKube, name: string): Promise<string[]> {
  const found = await kube.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', name, namespace: kube.namespace });
  if (!found)
    throw new InvalidInput(
      `there is no StatefulSet ${name} in ${kube.namespace}: leave out --server for a nats-server elsewhere`,
      {
        code: 'setup.server',
      },
    );
  const { replicas, serviceName } = statefulSetSchema.parse(found).spec;
  return Array.from({ length: replicas }, (_, index) => `${name}-${index}.${serviceName}.${kube.namespace}.svc:6222`);
}

// Peers have every right, so that they prove who they are, whatever the network lets through.
function routesConfig(password: string, peers: readonly string[]): string {
  const urls = peers.map((peer) => `  "nats-route://assay:${password}@${peer}"`);
  return [`authorization { user: "assay", password: "${password}" }`, 'routes: [', ...urls, ']', ''].join('\n');
}

async function restart(kube: SetupKube, name: string, hash: string): Promise<void> {
  await kube.patch(
    { apiVersion: 'apps/v1', kind: 'StatefulSet', name, namespace: kube.namespace },
    { spec: { template: { metadata: { annotations: { 'assay.dev/users': hash } } } } },
  );
}
