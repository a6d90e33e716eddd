// Severity of a CVSS score where nobody says a word.
import { Severity } from '@assay/contracts';

/**
 * The qualitative severity rating scale of CVSS 3.1 §5 and 4.0 §6; of version 2, which has none of its own, the NVD's,
 * which ends at high. UNSPECIFIED for what is no score from 0 to 10.
 */
export function severityOfScore(score: number, isVersion2 = false): Severity {
  if (!(score >= 0 && score <= 10)) return Severity.UNSPECIFIED;
  if (score >= 9 && !isVersion2) return Severity.CRITICAL;
  if (score >= 7) return Severity.HIGH;
  if (score >= 4) return Severity.MEDIUM;
  return score > 0 ? Severity.LOW : Severity.INFO;
}
