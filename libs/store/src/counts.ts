// Counts of findings by transition and by severity, in the words that people read.
import { severityNames, Transition, transitionNames } from '@assay/contracts';
import type { Counts } from './ledger-store.ts';

export function emptyCounts(): Counts {
  return { findings: 0, transitions: {}, severities: {} };
}

/** Adds the findings of one entry. What a closing fixed is counted, but is no finding of the report. */
export function addCounts(counts: Counts, severity: number, transitions: Uint8Array): void {
  let seen = 0;
  for (const transition of transitions) {
    const name = transitionNames.of(transition);
    counts.transitions[name] = (counts.transitions[name] ?? 0) + 1;
    if (transition !== Transition.FIXED) seen++;
  }
  if (seen === 0) return;
  counts.findings += seen;
  const name = severityNames.of(severity);
  counts.severities[name] = (counts.severities[name] ?? 0) + seen;
}
