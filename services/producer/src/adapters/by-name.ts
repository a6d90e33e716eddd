// Adapters by the name of their format. What recognises a report does not depend on their order: one that several know
// is refused, not guessed.
import type { Adapter } from '../adapter.ts';
import * as registry from './registry.ts';

export const adapters: ReadonlyMap<string, Adapter> = new Map(
  Object.values<Adapter>(registry).map((adapter) => [adapter.name, adapter]),
);
