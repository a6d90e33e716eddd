import { Severity } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { severityOfScore } from './cvss.ts';

describe('the severity of a CVSS score', () => {
  it.each([
    [0, Severity.INFO],
    [0.1, Severity.LOW],
    [3.9, Severity.LOW],
    [4, Severity.MEDIUM],
    [6.9, Severity.MEDIUM],
    [7, Severity.HIGH],
    [8.9, Severity.HIGH],
    [9, Severity.CRITICAL],
    [10, Severity.CRITICAL],
    [10.1, Severity.UNSPECIFIED],
    [-1, Severity.UNSPECIFIED],
    [Number.NaN, Severity.UNSPECIFIED],
  ])('%d is %d', (score, severity) => {
    expect(severityOfScore(score)).toBe(severity);
  });

  it('of version 2 ends at high', () => {
    expect(severityOfScore(10, true)).toBe(Severity.HIGH);
  });
});
