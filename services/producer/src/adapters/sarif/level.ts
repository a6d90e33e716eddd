// How bad a result is: the effective level of SARIF 2.1.0 §3.27.10, and what it is called here.
import { Severity } from '@assay/contracts';
import { entryOf, indexOf, type JsonObject, numberOf, objectOf, textOf } from '../../json-values.ts';
import type { Rule } from './rules.ts';

const severities: Readonly<Record<string, Severity>> = {
  error: Severity.HIGH,
  warning: Severity.MEDIUM,
  note: Severity.LOW,
  none: Severity.INFO,
};

/** The kind of a result (§3.27.9), "fail" by default. */
export function kindOf(result: JsonObject): string {
  return textOf(result['kind']) || 'fail';
}

/**
 * The effective level: none unless the result is a failure; then the result's own, the one its invocation configured
 * for the rule, the rule's default, "warning".
 */
export function effectiveLevel(
  result: JsonObject,
  rule: Rule | undefined,
  overrides: readonly ReadonlyMap<Rule, string>[],
): string {
  if (kindOf(result) !== 'fail') return 'none';
  const own = textOf(result['level']);
  if (own) return own;
  if (!rule) return 'warning';
  // §3.48.6: the only invocation is meant unless another one is named.
  const invocation = indexOf(objectOf(result['provenance'])['invocationIndex']) ?? (overrides.length === 1 ? 0 : -1);
  return overrides[invocation]?.get(rule) ?? (rule.level || 'warning');
}

/**
 * GitHub's convention beside the standard: a score from 0.1 to 10 in `properties["security-severity"]`, of the result
 * or of its rule, says more than the level does.
 */
export function securitySeverity(result: JsonObject, rule: Rule | undefined): number | undefined {
  return scoreOf(objectOf(result['properties'])) ?? rule?.securitySeverity;
}

export function scoreOf(properties: JsonObject): number | undefined {
  const score = numberOf(entryOf(properties, 'security-severity'));
  return score !== undefined && score > 0 && score <= 10 ? score : undefined;
}

/** A result that is no failure (open, review, informational) is not proven: its rule's score does not count for it. */
export function severityOf(result: JsonObject, rule: Rule | undefined, level: string): Severity {
  const score = kindOf(result) === 'fail' ? securitySeverity(result, rule) : undefined;
  if (score === undefined) return entryOf(severities, level) ?? Severity.UNSPECIFIED;
  if (score >= 9) return Severity.CRITICAL;
  if (score >= 7) return Severity.HIGH;
  return score >= 4 ? Severity.MEDIUM : Severity.LOW;
}
