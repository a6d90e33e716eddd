// annotate: the same key=value on every finding, e.g. a team, an environment, a ticket.
import { z } from 'zod';
import { defineStep } from '../../step.ts';

const key = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}]*$/u, 'must have no control characters');

export const annotate = defineStep({
  name: 'annotate',
  summary: 'Adds its parameters as annotations to every finding.',
  params: z
    .record(key, z.string().max(4096))
    .refine((annotations) => Object.keys(annotations).length > 0, 'needs at least one annotation, as key=value')
    .refine((annotations) => Object.keys(annotations).length <= 64, 'takes at most 64 annotations'),
  prepare: (annotations) => annotations,
  run: (_batch, annotations) => [{ annotations }],
});
