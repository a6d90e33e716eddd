// What an enrichment step of the enricher is: parameters from the routing slip, and what to add to a batch for them.
import type { Batch, Enrichment } from '@assay/contracts';
import type { Context } from '@assay/runtime';
import type { z } from 'zod';

/** What a step may use of the world. */
export type StepContext = Pick<Context, 'blobs' | 'log' | 'signal'>;

/** An Enrichment without its step's name, absent fields empty; no positions: all findings of the batch. */
export type Delta = Partial<Omit<Enrichment, 'step'>>;

export interface StepDefinition<Schema extends z.ZodType = z.ZodType, Prepared = unknown> {
  /** As it stands in a routing slip and in Enrichment.step; also its folder's name. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** The slip's parameters, which are strings. */
  readonly params: Schema;
  /** For how many different parameters what `prepare` gave is kept. At least 1, default 16; few where it is large. */
  readonly keeps?: number;
  /**
   * Everything that depends on the parameters alone: reading a blob, compiling rules. Done once for the same
   * parameters, so a parameter that refers to content must do so by digest.
   */
  prepare(params: z.output<Schema>, context: StepContext): Prepared | Promise<Prepared>;
  /**
   * What the step adds to a batch, which has the enrichments and severities of the steps before it. Pure, and cheap: it
   * decodes a finding only where it must. `at` is when the batch was published, the same however often it comes.
   */
  run(batch: Batch, prepared: Prepared, at: Date): Delta[];
}

// biome-ignore lint/suspicious/noExplicitAny: a list of steps holds different parameters; `defineStep` checks each.
export type AnyStep = StepDefinition<any, any>;

export function defineStep<Schema extends z.ZodType, Prepared>(
  definition: StepDefinition<Schema, Prepared>,
): StepDefinition<Schema, Prepared> {
  return definition;
}
