// What a policy makes of a finding. Rules see the finding as it came to the policy, never what another rule did.
import { findingValue } from '@assay/cel';
import { type FindingRecord, InvalidInput, severityNames } from '@assay/contracts';
import type { Delta } from '../../step.ts';
import type { Policy, Rule } from './policy.ts';

/** A rule whose condition holds, or failed. */
export interface Answer {
  readonly rule: Rule;
  /**
   * "acts"; "expired": its suppression has ended and it does nothing else, so that the next rule may act; "shadowed": an
   * earlier rule acted, and the policy is "first"; "fails".
   */
  readonly outcome: 'acts' | 'expired' | 'shadowed' | 'fails';
  /** Why it fails. */
  readonly reason?: string;
}

/**
 * The rules that apply to a finding at a moment, in order. Throws InvalidInput "policy.rule" when a condition fails on the
 * finding: that is never "false". A thorough judge asks every rule and reports failures instead.
 */
export function judge(policy: Policy, finding: FindingRecord, at: Date, isThorough = false): Answer[] {
  const values = { finding: findingValue(finding) };
  const answers: Answer[] = [];
  let isDecided = false;
  for (const rule of policy.rules) {
    if (isDecided && !isThorough) break;
    const holds = ask(rule, values, finding, isThorough);
    if (typeof holds === 'string') answers.push({ rule, outcome: 'fails', reason: holds });
    else if (holds) {
      const outcome: Answer['outcome'] = isDecided ? 'shadowed' : isSpent(rule, at) ? 'expired' : 'acts';
      answers.push({ rule, outcome });
      isDecided ||= outcome === 'acts' && policy.match === 'first';
    }
  }
  return answers;
}

/** What rules that act or are expired add together: of severities and suppressions the last one's counts. */
export function changeOf(rules: readonly Rule[], at: Date): Delta & { annotations: Record<string, string> } {
  const annotations: Record<string, string> = {};
  const change: Delta = {};
  for (const rule of rules) {
    if (rule.severity !== undefined) change.severity = rule.severity;
    if (rule.suppress && !hasEnded(rule, at))
      change.suppression = { kind: 'policy', justification: rule.suppress.reason };
    for (const tag of rule.tags) annotations[`tag.${tag}`] = 'true';
    Object.assign(annotations, rule.annotations);
    annotations[`policy.${rule.name}`] = deedsOf(rule, at);
  }
  return { ...change, annotations };
}

/** What a rule does at a moment, for people: "severity low; suppressed until 2026-12-31". */
export function deedsOf(rule: Rule, at: Date): string {
  const { severity, tags, annotations, suppress } = rule;
  const deeds = [
    severity === undefined ? '' : `severity ${severityNames.of(severity)}`,
    tags.length > 0 ? `tags ${tags.join(' ')}` : '',
    Object.keys(annotations).length > 0 ? `annotates ${Object.keys(annotations).join(' ')}` : '',
    !suppress
      ? ''
      : hasEnded(rule, at)
        ? `suppression expired ${suppress.expires}`
        : suppress.expires === 'never'
          ? 'suppressed'
          : `suppressed until ${suppress.expires}`,
  ];
  return deeds.filter(Boolean).join('; ');
}

function ask(
  rule: Rule,
  values: Record<string, unknown>,
  finding: FindingRecord,
  isThorough: boolean,
): boolean | string {
  try {
    return rule.condition(values);
  } catch (error) {
    const { message } = error as Error;
    if (isThorough) return message;
    throw new InvalidInput(
      `rule "${rule.name}" (line ${rule.line} of the policy) fails on finding ${finding.id}: ${message}; ask has(…) for what a finding may lack`,
      { code: 'policy.rule' },
    );
  }
}

function hasEnded({ suppress }: Rule, at: Date): boolean {
  return suppress !== undefined && at.getTime() >= suppress.until;
}

function isSpent(rule: Rule, at: Date): boolean {
  const doesMore = rule.severity !== undefined || rule.tags.length > 0 || Object.keys(rule.annotations).length > 0;
  return hasEnded(rule, at) && !doesMore;
}
