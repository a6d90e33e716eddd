// What a service's NATS credential may do, from its declarations alone: publish its topics, read its durables, nothing else.
import { nouns, streamOf } from '@assay/bus';
import { filterOf, type Topic } from '@assay/contracts';
import type { ServiceDefinition } from './define-service.ts';
import { durablesOf } from './durables.ts';
import { leaseBucket } from './leases.ts';

export interface Permissions {
  publish: string[];
  subscribe: string[];
  /** Taken out of what `publish` allows: its wildcards would reach the durables of others. */
  publishDenied: string[];
}

type Declared = Pick<ServiceDefinition, 'name' | 'subscribes' | 'publishes' | 'uses' | 'schedules'>;

/** First tokens of a service's inboxes. */
export function inboxPrefixOf(service: string): string {
  return `_INBOX_${service}`;
}

/**
 * `blobsUrl` is the deployment's: a service that keeps blobs on the bus needs their bucket. `all` are the services that
 * share the bus. A service may not make its durables (`setUpDurables` does): whoever may, may have them delivered to any
 * subject, or begin anew and forget what is unread.
 */
export function permissionsOf(definition: Declared, blobsUrl = '', all: readonly Declared[] = []): Permissions {
  const { name, subscribes, publishes, uses = {}, schedules = [] } = definition;
  const hasLeases = schedules.length > 0 || subscribes.some(({ options }) => options.partitioned);
  const writes = uses.writesBuckets ?? [];
  const publish = [
    ...publishes.map((topic: Topic) => filterOf(topic)),
    `assay.dead.${name}.>`,
    ...durablesOf(definition).flatMap(({ stream, name: durable }) => [
      ...readGrants(stream, durable),
      ...ackGrants(stream, durable),
    ]),
    ...[...writes, ...(uses.readsBuckets ?? []), ...(hasLeases ? [leaseBucket] : [])].flatMap(bucketReadGrants),
    ...writes.map((bucket) => `$KV.${bucket}.>`),
    // Its own leases: who could write another's would take its partitions away.
    ...(hasLeases ? [`$KV.${leaseBucket}.${name}.>`] : []),
    ...(uses.dynamicConsumers ? nouns.flatMap((noun) => dynamicGrants(streamOf(noun))) : []),
    ...(uses.tails ? nouns.flatMap((noun) => tailGrants(streamOf(noun))) : []),
    ...(uses.administersDeadLetters ? deadLetterGrants() : []),
    ...(uses.measuresPressure
      ? ['$JS.API.STREAM.LIST', ...nouns.map((noun) => `$JS.API.CONSUMER.LIST.${streamOf(noun)}`)]
      : []),
    ...(blobsUrl.startsWith('jetstream:') ? objectGrants(blobsUrl.slice('jetstream:'.length)) : []),
  ];
  const reachesOthers = uses.dynamicConsumers === true || uses.tails === true;
  return {
    publish: [...new Set(publish)].sort(),
    subscribe: [`${inboxPrefixOf(name)}.>`],
    publishDenied: reachesOthers ? everythingWithDurablesOf(all.filter((each) => each.name !== name)) : [],
  };
}

/** Every way to take part in the work of services: to read, ack, change or delete their durables. */
export function everythingWithDurablesOf(definitions: readonly Declared[]): string[] {
  return definitions
    .flatMap(durablesOf)
    .flatMap(({ stream, name }) => [
      `$JS.API.CONSUMER.*.${stream}.${name}`,
      `$JS.API.CONSUMER.*.${stream}.${name}.>`,
      `$JS.API.CONSUMER.*.*.${stream}.${name}`,
      ...ackGrants(stream, name),
    ]);
}

function readGrants(stream: string, durable: string): string[] {
  return [`$JS.API.CONSUMER.INFO.${stream}.${durable}`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`];
}

function ackGrants(stream: string, durable: string): string[] {
  return [
    `$JS.ACK.${stream}.${durable}.>`,
    // Servers may put domain and account before the stream.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ];
}

// NATS matches whole tokens, so "any durable" is the narrowest grant for durables whose names are not known yet.
function dynamicGrants(stream: string): string[] {
  return [
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ...readGrants(stream, '*'),
    ...ackGrants(stream, '*'),
  ];
}

// Who reads along takes nothing from anybody, so there is nothing to ack.
function tailGrants(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    // To go on where a follower broke off.
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ...readGrants(stream, '*'),
  ];
}

function bucketReadGrants(bucket: string): string[] {
  return storeReadGrants(`KV_${bucket}`);
}

function objectGrants(bucket: string): string[] {
  const stream = `OBJ_${bucket}`;
  return [`$O.${bucket}.>`, '$JS.API.INFO', `$JS.API.STREAM.PURGE.${stream}`, ...storeReadGrants(stream)];
}

// How the clients of NATS read a key-value bucket or an object store.
function storeReadGrants(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.FC.${stream}.>`,
  ];
}

// To send an event again is to publish what somebody else may publish: every topic of ours.
function deadLetterGrants(): string[] {
  const stream = streamOf('dead');
  return [
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.STREAM.MSG.DELETE.${stream}`,
    ...nouns.filter((noun) => noun !== 'dead').map((noun) => `assay.${noun}.>`),
  ];
}
