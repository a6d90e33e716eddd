// The topology page: which service takes what and says what, and what its credential may do, from the declarations.
import { filterOf, type Topic } from '@assay/contracts';
import type { AnyService } from './define-service.ts';
import { durablesOf } from './durables.ts';
import { permissionsOf } from './permissions.ts';

export function topologyOf(services: readonly AnyService[]): string {
  return [
    '<!-- Made by npm run generate from the declarations that the services run by. -->',
    '# Topology',
    'Boxes are services, arrows are topics: `run.requested` travels on `assay.run.requested.<pipeline>`.',
    ['```mermaid', 'flowchart LR', ...edges(services), '```'].join('\n'),
    ...services.map(section),
    '',
  ].join('\n\n');
}

function edges(services: readonly AnyService[]): string[] {
  return services.flatMap((from) =>
    from.publishes.map((topic: Topic) => {
      const to = services.filter(({ subscribes }) =>
        subscribes.some((subscription) => subscription.topic.name === topic.name),
      );
      // What no service takes is for sinks and for other systems.
      const names = to.length ? to.map(({ name }) => name).join(' & ') : 'anyone([sinks and subscribers])';
      return `  ${from.name} -- ${topic.name} --> ${names}`;
    }),
  );
}

function section(service: AnyService): string {
  const durables = durablesOf(service);
  const { publish, subscribe } = permissionsOf(service);
  const taken = service.subscribes.map(({ topic, options }) => {
    const own = durables.filter(({ subscription }) => subscription.topic.name === topic.name);
    const shared = options.partitioned
      ? `${own.length} partitions, each held by one replica`
      : 'shared by its replicas';
    return `- takes \`${filterOf(topic, options.keys)}\` (durable \`${own[0]?.name}\`, ${shared})`;
  });
  const said = service.publishes.map((topic: Topic) => `- publishes \`${filterOf(topic)}\``);
  const grants = [
    ...publish.map((subject) => `publish    ${subject}`),
    ...subscribe.map((subject) => `subscribe  ${subject}`),
  ];
  return [
    `## ${service.name}`,
    service.summary,
    [...taken, ...said].join('\n'),
    `<details><summary>What its NATS credential may do: ${grants.length} grants</summary>`,
    ['```text', ...grants, '```'].join('\n'),
    '</details>',
  ].join('\n\n');
}
