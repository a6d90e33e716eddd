import { findingEnriched, findingEnriching, findingReported, findingReturned, token } from '@assay/contracts';
import { defineService, on } from '@assay/runtime';
import { z } from 'zod';
import { type EnricherResources, enrichReported, enrichReturned } from './enrich-findings.ts';
import { preparedSteps } from './prepared-steps.ts';

const config = z.object({
  outsideSteps: z
    .string()
    .default('')
    .transform((names) => names.split(',').flatMap((name) => name.trim() || []))
    .pipe(z.array(z.string().refine((name) => token(name) === name, 'must be names of a-z, 0-9, "_" and "-"')))
    .describe('Enrichment steps that other processes serve, separated by commas; every other unknown step is an error'),
});

export const enricher = defineService<typeof config, EnricherResources>({
  name: 'enricher',
  summary: 'Runs the enrichment steps a run asks for, in order, in one process where it can.',
  config,
  subscribes: [on(findingReported, enrichReported), on(findingReturned, enrichReturned)],
  publishes: [findingEnriching, findingEnriched],
  start: async () => ({ resources: { prepareStep: preparedSteps() } }),
});
