// Every type of sink, by name. A spec compares it with the folders beside it.
import { InvalidInput } from '@assay/contracts';
import type { SinkType } from '../sink.ts';
import { file } from './file/index.ts';
import { mongodb } from './mongodb/index.ts';
import { stdout } from './stdout/index.ts';
import { webhook } from './webhook/index.ts';

export const sinkTypes: ReadonlyMap<string, SinkType> = new Map(
  [file, mongodb, stdout, webhook].map((sink) => [sink.type, sink]),
);

export function sinkTypeOf(type: string): SinkType {
  const found = sinkTypes.get(type);
  if (found) return found;
  const known = [...sinkTypes.keys()].join(', ');
  throw new InvalidInput(`there is no sink type "${type}"; there are ${known}`, { code: 'sink.type' });
}
