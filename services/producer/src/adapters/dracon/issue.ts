// One issue of Dracon to one finding draft.
import { Confidence, Kind, Severity } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { exposedCredentials } from '../../credential-weaknesses.ts';
import { flaggedLines } from '../../flagged-lines.ts';
import { keyLinesOf } from '../../redact.ts';
import { titleOf } from '../../title-of.ts';
import { isAboutSecrets, secretsOf } from '../sarif/secrets.ts';
import { traitsOf } from '../sarif/tools.ts';
import { cvesIn, cwesIn, isVulnerabilityId } from '../sarif/weaknesses.ts';
import type { EnrichedIssue, Issue } from './messages.ts';
import { type Place, placeOf } from './target.ts';

/** By number. */
const severities: readonly Severity[] = [
  Severity.UNSPECIFIED,
  Severity.INFO,
  Severity.LOW,
  Severity.MEDIUM,
  Severity.HIGH,
  Severity.CRITICAL,
];

/** By number: unspecified, info, low, medium, high, critical. */
const confidences: readonly Confidence[] = [
  Confidence.UNSPECIFIED,
  Confidence.LOW,
  Confidence.LOW,
  Confidence.MEDIUM,
  Confidence.HIGH,
  Confidence.HIGH,
];

/** gosec's and bandit's names for them say nothing. */
const secretRules = new Set(['G101', 'B105', 'B106', 'B107']);

/** Lines that Dracon's tools put around the flagged ones. */
const contextLines = 10;

export interface IssueContext {
  readonly tool: string;
  readonly sourceRoot: string;
}

export function issueDraft(issue: Issue, { tool, sourceRoot }: IssueContext): FindingDraft {
  const place = placeOf(issue.target, sourceRoot);
  const cves = cvesIn([issue.cve, issue.type, issue.title]);
  const cwes = cwesOf(issue.cwe);
  const traits = traitsOf(tool);
  const isSecret =
    traits.kind === Kind.SECRET ||
    isAboutSecrets(issue.type, undefined) ||
    secretRules.has(issue.type) ||
    cwes.some((cwe) => exposedCredentials.has(cwe));
  const title = titleOf(issue.title || issue.description) || issue.type || '(issue without words)';
  const snippet = snippetOf(issue.contextSegment, place);
  // A type such as "Container image vulnerability" names no vulnerability.
  const rule = isVulnerabilityId(issue.type) || !cves[0] ? issue.type.trim() || 'unnamed' : cves[0];
  const isVulnerability = cves.length > 0 || place.purl !== '' || isVulnerabilityId(rule);
  const draft: FindingDraft = {
    rule,
    title,
    // What a tool says of a secret quotes it, and nobody says which part of it that is.
    description: isSecret || issue.description === title ? '' : issue.description,
    severity: severities[issue.severity] ?? Severity.UNSPECIFIED,
    confidence: confidences[issue.confidence] ?? Confidence.UNSPECIFIED,
    kind: isSecret ? Kind.SECRET : (traits.kind ?? (isVulnerability ? Kind.VULNERABILITY : Kind.WEAKNESS)),
    cves,
    cwes,
    purl: place.purl,
    digest: place.digest,
    properties: {
      target: place.path || place.purl ? '' : issue.target,
      type: rule === issue.type ? '' : issue.type,
      source: issue.source,
    },
    content:
      snippet || [issue.type, place.path || place.purl ? '' : issue.target, issue.title].filter(Boolean).join('\n'),
    secrets: isSecret ? secretsOf(issue.title, snippet) : keyLinesOf(issue.contextSegment || issue.description),
  };
  const { path, startLine, endLine } = place;
  if (path) draft.location = { path, startLine, endLine, snippet };
  if (issue.cvss > 0 && issue.cvss <= 10) draft.cvss = { score: issue.cvss, vector: '' };
  return draft;
}

/** With what Dracon's enrichers said. */
export function enrichedDraft(enriched: EnrichedIssue, issue: Issue, context: IssueContext): FindingDraft {
  const draft = issueDraft(issue, context);
  const { firstSeen, count, falsePositive, annotations } = enriched;
  const seen = firstSeen && firstSeen.seconds > 0 ? new Date(firstSeen.seconds * 1000) : undefined;
  draft.properties = {
    ...(draft.properties as Record<string, string>),
    firstSeen: seen && !Number.isNaN(seen.getTime()) ? seen.toISOString() : '',
    seen: count > 1 ? String(count) : '',
    ...Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`annotation.${key}`, value])),
  };
  if (falsePositive) draft.suppression = { kind: 'external', justification: 'marked as a false positive in Dracon' };
  return draft;
}

/** The flagged lines out of those around them, where they are the lines of a file. */
function snippetOf(segment: string, { path, startLine, endLine }: Place): string {
  if (!path || startLine === 0 || segment === '') return '';
  const before = Math.max(0, startLine - contextLines);
  const lines = segment.split('\n');
  return flaggedLines(lines, { startLine: startLine - before, endLine: Math.max(startLine, endLine) - before });
}

/** Numbers, packed; or text, "CWE-79" or "79", as it was for a while. */
function cwesOf(bytes: Uint8Array): number[] {
  const text = Buffer.from(bytes).toString('latin1');
  if (/cwe/i.test(text)) return cwesIn([text]);
  // As numbers they would be two to four of CWE-48 to 57, which no issue has at once.
  if (/^\d{2,4}$/.test(text)) return [Number(text)];
  const numbers = new Set<number>();
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    if (value > 0 && value < 100_000) numbers.add(value);
    value = 0;
    shift = 0;
  }
  return [...numbers].sort((a, b) => a - b);
}
