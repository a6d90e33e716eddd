// Steps by the name they have in a routing slip.
import type { AnyStep } from '../step.ts';
import * as registry from './registry.ts';

export const steps: ReadonlyMap<string, AnyStep> = new Map(
  Object.values<AnyStep>(registry).map((step) => [step.name, step]),
);
