// Counts of findings by transition and by severity, in the words that people read.
import { severityNames, Transition, transitionNames } from '@assay/contracts';
import type { Counts } from './ledger-store.ts';

export function emptyCounts(): Counts {
  return { findings: 0, transitions: {}, severities: {} };
}

/** Adds the findings of a batch's entry. */
export function addCounts(counts: Counts, severity: number, transitions: Uint8Array): void {
  addTransitions(counts, transitions);
  if (transitions.length === 0) return;
  counts.findings += transitions.length;
  const name = severityNames.of(severity);
  counts.severities[name] = (counts.severities[name] ?? 0) + transitions.length;
}

/** Adds what a closing fixed: it is counted, but is no finding of the report. What else a closing changes is not. */
export function addFixed(counts: Counts, transitions: Uint8Array): void {
  addTransitions(
    counts,
    transitions.filter((transition) => transition === Transition.FIXED),
  );
}

// Equal ones stand together: names are looked up once for each run of them.
function addTransitions({ transitions: sums }: Counts, transitions: Uint8Array): void {
  for (let start = 0; start < transitions.length; ) {
    const transition = transitions[start] ?? 0;
    let end = start + 1;
    while (end < transitions.length && transitions[end] === transition) end++;
    const name = transitionNames.of(transition);
    sums[name] = (sums[name] ?? 0) + end - start;
    start = end;
  }
}
