// The AsyncAPI document of the bus, from the same declarations that the services run by: https://www.asyncapi.com/docs/reference/specification/v3.0.0
import { filterOf, type MessageType, type Topic, topics } from '@assay/contracts';
import { jsonSchemaOf } from '@assay/contracts/json-schema';
import type { AnyService } from './define-service.ts';

type Document = Record<string, unknown>;

export function asyncApiOf(services: readonly AnyService[]): Document {
  const used = topics.filter((topic) =>
    services.some((service) => publishes(service, topic) || subscribes(service, topic)),
  );
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Assay',
      version: '1',
      description:
        'CloudEvents 1.0 in binary mode: attributes in headers "ce-*", data in the payload. application/protobuf by default; application/json (the protobuf JSON mapping) and application/cloudevents+json are taken from anyone. Where a channel names the header content-encoding, larger payloads are zstd; zstd and gzip are taken everywhere.',
    },
    defaultContentType: 'application/protobuf',
    channels: Object.fromEntries(used.map((topic) => [topic.name, channel(topic)])),
    operations: Object.assign({}, ...services.map((service) => operations(service, used))),
    components: {
      messages: Object.fromEntries(used.map((topic) => [topic.name, message(topic)])),
      schemas: jsonSchemaOf([...new Set(used.map((topic) => (topic.json as MessageType<unknown>).name))]),
    },
  };
}

function publishes(service: AnyService, topic: Topic): boolean {
  return service.publishes.some(({ name }) => name === topic.name);
}

function subscribes(service: AnyService, topic: Topic): boolean {
  return service.subscribes.some((subscription) => subscription.topic.name === topic.name);
}

function channel(topic: Topic): Document {
  return {
    address: `assay.${topic.noun}.${topic.verb}.${topic.keys.map((key) => `{${key}}`).join('.')}`,
    description: topic.summary,
    parameters: Object.fromEntries(
      topic.keys.map((key) => [key, { description: `One token; ${filterOf(topic)} subscribes to all.` }]),
    ),
    messages: { [topic.name]: { $ref: `#/components/messages/${topic.name}` } },
  };
}

function message(topic: Topic): Document {
  return {
    name: topic.type,
    summary: topic.summary,
    contentType: 'application/protobuf',
    headers: {
      type: 'object',
      required: ['ce-id', 'ce-type', 'ce-source', 'ce-specversion'],
      properties: {
        'ce-specversion': { const: '1.0' },
        'ce-type': { const: topic.type },
        'ce-id': { type: 'string' },
        'ce-source': { type: 'string' },
        'ce-subject': { type: 'string' },
        'ce-time': { type: 'string', format: 'date-time' },
        traceparent: { type: 'string' },
        ...(topic.isCompressed ? { 'content-encoding': { enum: ['zstd'] } } : {}),
      },
    },
    payload: { $ref: `#/components/schemas/${(topic.json as MessageType<unknown>).name}` },
  };
}

function operations(service: AnyService, used: readonly Topic[]): Document {
  const operation = (action: 'send' | 'receive', topic: Topic) => [
    `${service.name}.${action}.${topic.name}`,
    { action, summary: `${service.name}: ${service.summary}`, channel: { $ref: `#/channels/${topic.name}` } },
  ];
  return Object.fromEntries([
    ...used.filter((topic) => subscribes(service, topic)).map((topic) => operation('receive', topic)),
    ...used.filter((topic) => publishes(service, topic)).map((topic) => operation('send', topic)),
  ]);
}
