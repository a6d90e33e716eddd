// Who may connect to the platform's nats-server: each service with what it declares, a client with what other systems
// need, and the administrator who makes streams.
import { type BusUser, nouns, publicKeyOf, streamOf } from '@assay/bus';
import { everythingWithDurablesOf, type Permissions, permissionsOf } from '@assay/runtime';
import type { Home } from './home.ts';
import { services } from './services.ts';

/** The name that other systems' programs use; its password is in NATS_URL (`assay env`). */
export const clientName = 'client';
export const adminName = 'admin';

/** Those of the embedded nats-server, with the seeds and the password of its home. */
export async function busUsers(home: Home, blobsUrl: string): Promise<BusUser[]> {
  const seeds = new Map<string, string>();
  for (const name of [adminName, ...services.map(({ name }) => name)]) seeds.set(name, (await home.seed(name)).seed);
  return usersOf(seeds, { password: await home.secret('nats-client-password') }, blobsUrl);
}

/** `seeds`: the nkey seed of the administrator and of each service, by name. The server is given their public halves. */
export function usersOf(
  seeds: ReadonlyMap<string, string>,
  client: Pick<BusUser, 'nkey' | 'password'>,
  blobsUrl: string,
): BusUser[] {
  const nkey = (name: string) => publicKeyOf(seeds.get(name) ?? '');
  return [
    { name: adminName, nkey: nkey(adminName) },
    ...services.map((service) => ({
      name: service.name,
      nkey: nkey(service.name),
      ...permissionsOf(service, blobsUrl, services),
    })),
    { name: clientName, ...client, ...clientPermissions() },
  ];
}

// Publishes what a client may say, reads everything but dead letters, with durables of its own.
function clientPermissions(): Permissions {
  const readable = nouns.filter((noun) => noun !== 'dead');
  return {
    publish: [
      'assay.report.submitted.*',
      'assay.run.requested.*',
      'assay.run.cancelled.*',
      'assay.artifact.requested.*',
      'assay.finding.returned.*',
      '$JS.API.INFO',
      '$JS.API.STREAM.NAMES',
      ...readable
        .map(streamOf)
        .flatMap((stream) => [
          `$JS.API.STREAM.INFO.${stream}`,
          `$JS.API.CONSUMER.CREATE.${stream}.>`,
          `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.*`,
          `$JS.API.CONSUMER.INFO.${stream}.*`,
          `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
          `$JS.ACK.${stream}.>`,
          `$JS.ACK.*.*.${stream}.>`,
        ]),
    ],
    subscribe: ['_INBOX.>', ...readable.map((noun) => `assay.${noun}.>`)],
    publishDenied: everythingWithDurablesOf(services),
  };
}
