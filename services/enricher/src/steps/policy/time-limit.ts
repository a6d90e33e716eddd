// How long the rules may take: long enough for the largest policy on a slow machine, short enough for one that never ends.

/** Milliseconds for so many findings: a second for each 256 that were begun, however large the batches are. */
export function timeLimitMs(findings: number): number {
  return 1000 * Math.max(1, Math.ceil(findings / 256));
}
