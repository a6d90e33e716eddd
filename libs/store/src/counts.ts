// Counts of findings by transition and by severity, in the words that people read.
import { severityNames, Transition, transitionNames } from '@assay/contracts';
import type { Counts } from './ledger-store.ts';

export function emptyCounts(): Counts {
  return { findings: 0, transitions: {}, severities: {} };
}

/** Adds the findings of a batch's entry. */
export function addCounts(counts: Counts, severity: number, transitions: Uint8Array): void {
  for (const transition of transitions) addOne(counts.transitions, transitionNames.of(transition));
  if (transitions.length === 0) return;
  counts.findings += transitions.length;
  const name = severityNames.of(severity);
  counts.severities[name] = (counts.severities[name] ?? 0) + transitions.length;
}

/** Adds what a closing fixed: it is counted, but is no finding of the report. What else a closing changes is not. */
export function addFixed(counts: Counts, transitions: Uint8Array): void {
  for (const transition of transitions)
    if (transition === Transition.FIXED) addOne(counts.transitions, transitionNames.of(transition));
}

function addOne(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
