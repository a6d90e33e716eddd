// Types of sinks by the name that a declaration gives.
import { InvalidInput } from '@assay/contracts';
import type { SinkType } from '../sink.ts';
import * as registry from './registry.ts';

export const sinkTypes: ReadonlyMap<string, SinkType> = new Map(
  Object.values<SinkType>(registry).map((sink) => [sink.type, sink]),
);

export function sinkTypeOf(type: string): SinkType {
  const found = sinkTypes.get(type);
  if (found) return found;
  const known = [...sinkTypes.keys()].join(', ');
  throw new InvalidInput(`there is no sink type "${type}"; there are ${known}`, { code: 'sink.type' });
}
