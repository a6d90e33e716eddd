// Every step the enricher has, each in a folder of its name. steps.spec.ts compares this list with the folders.
import type { AnyStep } from '../step.ts';
import { annotate } from './annotate/index.ts';
import { codeowners } from './codeowners/index.ts';

export const steps: ReadonlyMap<string, AnyStep> = new Map(
  ([annotate, codeowners] as AnyStep[]).map((step) => [step.name, step]),
);
