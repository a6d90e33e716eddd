// Findings as people read them: a row of the table, and one with everything.
import type { FindingRecord } from '@assay/contracts';
import type { StoredFinding } from '@assay/store';
import { shortTime } from './listing.ts';
import { type Column, paint, severityStyle } from './table.ts';
import { manyLines, oneLine } from './terminal-text.ts';

export const findingColumns: readonly Column<FindingRecord & Partial<StoredFinding>>[] = [
  { title: 'SEVERITY', value: ({ severity }) => severity, style: ({ severity }) => severityStyle(severity) },
  { title: 'TOOL', value: ({ tool }) => tool },
  { title: 'RULE', value: ({ rule }) => rule, shrinkTo: 8 },
  { title: 'WHERE', value: whereOf, shrinkTo: 12, keep: 'end' },
  { title: 'TITLE', value: ({ title }) => title, shrinkTo: 10 },
  { title: 'STATE', value: stateOf },
];

/** "src/a.js:12", else the package or the digest it is about. */
export function whereOf(finding: FindingRecord): string {
  if (finding.path) return finding.startLine ? `${finding.path}:${finding.startLine}` : finding.path;
  return finding.purl ?? finding.digest ?? '';
}

const words: Readonly<Record<string, string>> = { opened: 'new', recurred: 'recurring' };

/** "new" and "recurring" in a run, else how it stands. */
export function stateOf(finding: FindingRecord & Partial<StoredFinding>): string {
  const state = finding.transition ?? finding.state ?? '';
  return words[state] ?? state;
}

/** Everything about one finding, several lines. */
export function describeFinding(finding: StoredFinding, output: { hasColor: boolean }): string {
  const severity = paint(severityStyle(finding.severity) ?? 'reset', oneLine(finding.severity), output.hasColor);
  const cvss = finding.cvss ? `${finding.cvss.score} ${finding.cvss.vector ?? ''}`.trim() : '';
  const suppression = finding.suppression
    ? `${finding.suppression.kind} ${finding.suppression.justification ?? ''}`.trim()
    : '';
  const fields: [string, string][] = [
    ['Identity', finding.id],
    ['Target', [finding.target, finding.revision].filter(Boolean).join(' at ')],
    ['Where', whereOf(finding)],
    ['Tool', [finding.tool, finding.toolVersion].filter(Boolean).join(' ')],
    ['Rule', finding.rule],
    ['Kind', finding.kind ?? ''],
    ['Confidence', finding.confidence ?? ''],
    ['CVSS', cvss],
    ['CVE', (finding.cves ?? []).join(', ')],
    ['CWE', (finding.cwes ?? []).map((cwe) => `CWE-${cwe}`).join(', ')],
    ['Package', finding.path ? (finding.purl ?? '') : ''],
    ['Owners', (finding.owners ?? []).join(' ')],
    ['State', finding.state],
    ['Suppressed', suppression],
    ['First seen', `${shortTime(finding.firstSeen)} by run ${finding.firstRun}`],
    ['Last seen', `${shortTime(finding.lastSeen)} by run ${finding.lastRun}`],
    ['Fixed', shortTime(finding.fixedAt)],
    ...Object.entries(finding.annotations ?? {}),
    ...Object.entries(finding.properties ?? {}),
  ];
  return [
    `${severity}  ${paint('bold', oneLine(finding.title), output.hasColor)}`,
    '',
    ...fields
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `  ${oneLine(name).padEnd(12)}${oneLine(value)}`),
    ...section(finding.description),
    ...section(finding.snippet),
    ...section((finding.references ?? []).join('\n')),
    '',
  ].join('\n');
}

function section(text: string | undefined): string[] {
  return text
    ? [
        '',
        ...manyLines(text.trimEnd())
          .split('\n')
          .map((line) => `  ${line}`),
      ]
    : [];
}
