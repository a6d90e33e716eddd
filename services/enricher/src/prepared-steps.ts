// What steps made of their parameters, kept for the next batch: a report's batches all name the same ones.
import { InvalidInput, type Step } from '@assay/contracts';
import { z } from 'zod';
import type { AnyStep, StepContext } from './step.ts';

/** A step ready to run on batches. */
export interface PreparedStep {
  readonly step: AnyStep;
  readonly prepared: unknown;
}

export type PrepareStep = (step: AnyStep, params: Step['params'], context: StepContext) => Promise<PreparedStep>;

/** Keeps the `size` last used ones; the same parameters at the same time are prepared once. */
export function preparedSteps(size = 64): PrepareStep {
  const kept = new Map<string, Promise<PreparedStep>>();
  return (step, params, context) => {
    const key = JSON.stringify([step.name, ...Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);
    const known = kept.get(key);
    kept.delete(key);
    const preparing = known ?? prepare(step, params, context);
    kept.set(key, preparing);
    // What failed is tried again with the next delivery.
    if (!known) preparing.catch(() => kept.get(key) === preparing && kept.delete(key));
    for (const [oldest] of kept) if (kept.size > size) kept.delete(oldest);
    return preparing;
  };
}

async function prepare(step: AnyStep, params: Step['params'], context: StepContext): Promise<PreparedStep> {
  const parsed = step.params.safeParse(params);
  if (!parsed.success) {
    throw new InvalidInput(`step "${step.name}" ${z.prettifyError(parsed.error).replace(/^✖ /, '')}`, {
      code: 'step.params',
    });
  }
  return { step, prepared: await step.prepare(parsed.data, context) };
}
