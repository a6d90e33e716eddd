// What a service's NATS credential may do, from its declarations alone: publish its topics, read its durables, nothing else.
import { nouns, streamOf } from '@assay/bus';
import { filterOf, type Topic } from '@assay/contracts';
import type { ServiceDefinition } from './define-service.ts';
import { durablesOf } from './durables.ts';

export interface Permissions {
  publish: string[];
  subscribe: string[];
}

/** First tokens of a service's inboxes. */
export function inboxPrefixOf(service: string): string {
  return `_INBOX_${service}`;
}

/** `blobsUrl` is the deployment's: a service that keeps blobs on the bus needs their bucket. */
export function permissionsOf(
  definition: Pick<ServiceDefinition, 'name' | 'subscribes' | 'publishes' | 'uses' | 'schedules'>,
  blobsUrl = '',
): Permissions {
  const { name, subscribes, publishes, uses = {}, schedules = [] } = definition;
  const hasLeases = schedules.length > 0 || subscribes.some(({ options }) => options.partitioned);
  const writes = [...(uses.writesBuckets ?? []), ...(hasLeases ? ['leases'] : [])];
  const publish = [
    ...publishes.map((topic: Topic) => filterOf(topic)),
    `assay.dead.${name}.>`,
    ...durablesOf(definition).flatMap(({ stream, name: durable, filter }) => [
      `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${filter}`,
      ...consumerGrants(stream, durable),
    ]),
    ...[...writes, ...(uses.readsBuckets ?? [])].flatMap(bucketReadGrants),
    ...writes.map((bucket) => `$KV.${bucket}.>`),
    ...(uses.dynamicConsumers ? nouns.flatMap((noun) => dynamicGrants(streamOf(noun))) : []),
    ...(uses.tails ? nouns.flatMap((noun) => tailGrants(streamOf(noun))) : []),
    ...(uses.administersDeadLetters ? deadLetterGrants() : []),
    ...(uses.measuresPressure
      ? ['$JS.API.STREAM.LIST', ...nouns.map((noun) => `$JS.API.CONSUMER.LIST.${streamOf(noun)}`)]
      : []),
    ...(blobsUrl.startsWith('jetstream:') ? objectGrants(blobsUrl.slice('jetstream:'.length)) : []),
  ];
  return { publish: [...new Set(publish)].sort(), subscribe: [`${inboxPrefixOf(name)}.>`] };
}

function consumerGrants(stream: string, durable: string): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
    // Servers may put domain and account before the stream.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ];
}

// NATS matches whole tokens, so "any durable" is the narrowest grant for durables whose names are not known yet.
function dynamicGrants(stream: string): string[] {
  return [`$JS.API.CONSUMER.CREATE.${stream}.>`, `$JS.API.CONSUMER.DELETE.${stream}.*`, ...consumerGrants(stream, '*')];
}

function tailGrants(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    // To go on where a follower broke off.
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ...consumerGrants(stream, '*'),
  ];
}

function bucketReadGrants(bucket: string): string[] {
  return storeReadGrants(`KV_${bucket}`);
}

function objectGrants(bucket: string): string[] {
  const stream = `OBJ_${bucket}`;
  return [
    `$O.${bucket}.>`,
    '$JS.API.INFO',
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.PURGE.${stream}`,
    ...storeReadGrants(stream),
  ];
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
