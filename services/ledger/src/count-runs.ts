// How runs ended and how they were assessed, for who watches the platform.
import { assessmentNames, outcomeNames } from '@assay/contracts';
import { count } from '@assay/runtime';

/** Makes every outcome known at zero: an alert sees a counter rise, never where it begins. */
export function beginCounting(): void {
  for (const name of outcomeNames.all) countOutcome(name, 0);
  for (const name of assessmentNames.all) countAssessment(name, 0);
}

export function countFinished(outcome: number): void {
  countOutcome(outcomeNames.of(outcome), 1);
}

export function countAssessed(assessment: number): void {
  countAssessment(assessmentNames.of(assessment), 1);
}

function countOutcome(outcome: string, value: number): void {
  count('assay_runs_finished', 'Runs of the executor that ended, by outcome', { outcome }, value);
}

function countAssessment(assessment: string, value: number): void {
  count('assay_runs_assessed', 'Words on runs: complete, partial, incomplete', { assessment }, value);
}
