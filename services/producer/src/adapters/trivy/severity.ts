// Trivy's severities: those of its data sources, brought to five words.
import { Severity } from '@assay/contracts';
import { entryOf, textOf } from '../../json-values.ts';

const severities: Readonly<Record<string, Severity>> = {
  UNKNOWN: Severity.UNSPECIFIED,
  LOW: Severity.LOW,
  MEDIUM: Severity.MEDIUM,
  HIGH: Severity.HIGH,
  CRITICAL: Severity.CRITICAL,
};

export function severityOf(word: unknown): Severity {
  return (entryOf(severities, textOf(word).toUpperCase()) as Severity | undefined) ?? Severity.UNSPECIFIED;
}
