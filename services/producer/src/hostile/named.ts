// Adapters for specs that attack one way of reading.
import type { Adapter } from '../adapter.ts';
import { adapters } from '../adapters/by-name.ts';

export function adapterOf(format: string): Adapter {
  const adapter = adapters.get(format);
  if (!adapter) throw new Error(`no adapter is named ${format}`);
  return adapter;
}
