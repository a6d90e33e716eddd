// Who may connect to the embedded nats-server: each service with what it declares, a client with what other systems
// need, and the administrator who makes streams.
import { type BusUser, nouns, publicKeyOf, streamOf } from '@assay/bus';
import { everythingWithDurablesOf, type Permissions, permissionsOf } from '@assay/runtime';
import type { Home } from './home.ts';
import { services } from './services.ts';

/** The name that other systems' programs use; its password is in NATS_URL (`assay env`). */
export const clientName = 'client';

export async function busUsers(home: Home, blobsUrl: string): Promise<BusUser[]> {
  const admin = await home.seed('admin');
  const own = await Promise.all(
    services.map(async (service) => ({
      name: service.name,
      nkey: publicKeyOf((await home.seed(service.name)).seed),
      ...permissionsOf(service, blobsUrl, services),
    })),
  );
  return [
    { name: 'admin', nkey: publicKeyOf(admin.seed) },
    ...own,
    { name: clientName, password: await home.secret('nats-client-password'), ...clientPermissions() },
  ];
}

// Publishes what a client may say, reads everything but dead letters, with durables of its own.
function clientPermissions(): Permissions {
  const readable = nouns.filter((noun) => noun !== 'dead');
  return {
    publish: [
      'assay.report.submitted.*',
      'assay.run.requested.*',
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
