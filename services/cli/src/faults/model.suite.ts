// What must come of the reports that a test makes, worked out from the reports alone: identities as docs/findings.md
// defines them, transitions as a finding's life says. Nothing of the platform's own code is asked.
import { createHash } from 'node:crypto';
import { type GosecIssue, gosecReportOf, issueAt, type Random } from '@assay/testing';

export const sourceRoot = '/workspace/source';

export interface Expected {
  raw: number;
  findings: number;
  merged: number;
  /** What is to be said of each finding, by identity. */
  transitions: ReadonlyMap<string, string>;
}

export interface Report extends Expected {
  text: string;
}

/** A target's life: each report in order, and what is to be known after it. */
export class TargetModel {
  readonly name: string;
  /** "open" or "fixed" by identity. */
  readonly states = new Map<string, string>();

  constructor(name: string) {
    this.name = name;
  }

  /** The next report has these issues, by number, and some of them written down twice. */
  report(indexes: readonly number[], random: Random): Report {
    const issues = indexes.map(issueAt);
    const again = issues.filter(() => random.next() < 0.01);
    const seen = new Set(issues.map((issue) => identityOf(this.name, issue)));
    const transitions = new Map<string, string>();
    for (const id of seen) {
      const before = this.states.get(id);
      transitions.set(id, before === undefined ? 'opened' : before === 'fixed' ? 'reopened' : 'recurred');
    }
    for (const [id, state] of this.states) if (state === 'open' && !seen.has(id)) transitions.set(id, 'fixed');
    for (const [id, transition] of transitions) this.states.set(id, transition === 'fixed' ? 'fixed' : 'open');
    const records = [...issues, ...again];
    return {
      text: gosecReportOf(records),
      raw: records.length,
      findings: seen.size,
      merged: again.length,
      transitions,
    };
  }
}

// docs/findings.md, "Identity".
function identityOf(target: string, issue: GosecIssue): string {
  const path = issue.file.slice(sourceRoot.length + 1);
  const flagged = issue.code.split('\n').find((line) => line.startsWith(`${issue.line}: `)) ?? '';
  const content = flagged.slice(issue.line.length + 2).trim();
  const fields = [
    ['t', 'gosec'],
    ['r', issue.rule_id],
    ['g', target],
    ['f', path],
    ['c', content],
  ] as const;
  const text = `assay-finding-1${fields.map(([letter, value]) => `|${letter}${value.length}:${value}`).join('')}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
