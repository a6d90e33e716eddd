// The durables of a service: their names and filters, from its subscriptions alone.
import { streamOf } from '@assay/bus';
import { filterOf, partitionTokens } from '@assay/contracts';
import type { ServiceDefinition, SubscriptionSpec } from './define-service.ts';

export interface Durable {
  stream: string;
  name: string;
  filter: string;
  /** The partition's token, for partitioned subscriptions. */
  partition?: string;
  subscription: SubscriptionSpec;
}

export function durablesOf({ name, subscribes }: Pick<ServiceDefinition, 'name' | 'subscribes'>): Durable[] {
  return subscribes.flatMap((subscription) => {
    const { topic, options } = subscription;
    const durable = [name, topic.noun, topic.verb, ...(options.name ? [options.name] : [])].join('-');
    const stream = streamOf(topic.noun);
    if (!options.partitioned) return [{ stream, name: durable, filter: filterOf(topic, options.keys), subscription }];
    return partitionTokens.map((partition) => ({
      stream,
      name: `${durable}-p${partition}`,
      filter: filterOf(topic, { ...options.keys, partition }),
      partition,
      subscription,
    }));
  });
}
