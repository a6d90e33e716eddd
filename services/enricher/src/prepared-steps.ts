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

/** Keeps the last used ones of each step; the same parameters at the same time are prepared once. */
export function preparedSteps(): PrepareStep {
  const ofSteps = new Map<string, Map<string, Promise<PreparedStep>>>();
  return (step, params, context) => {
    const kept = ofSteps.get(step.name) ?? new Map<string, Promise<PreparedStep>>();
    ofSteps.set(step.name, kept);
    const key = JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = kept.get(key);
    kept.delete(key);
    const preparing = known ?? prepare(step, params, context);
    kept.set(key, preparing);
    // What failed is tried again with the next delivery.
    if (!known) preparing.catch(() => kept.get(key) === preparing && kept.delete(key));
    for (const [oldest] of kept) if (kept.size > (step.keeps ?? 16)) kept.delete(oldest);
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
