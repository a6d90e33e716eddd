// Findings as a SARIF 2.1.0 log, for code-scanning dashboards and editors: one run a tool, its rules collected.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; "security-severity" and the tags are what GitHub
// reads besides: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
import type { FindingRecord } from './record.ts';

export interface SarifLog {
  $schema: string;
  version: '2.1.0';
  runs: SarifRun[];
}

export interface SarifRun {
  tool: { driver: { name: string; version?: string; rules: SarifRule[] } };
  results: SarifResult[];
}

export interface SarifRule {
  id: string;
  shortDescription?: { text: string };
  fullDescription?: { text: string };
  helpUri?: string;
  defaultConfiguration: { level: SarifLevel };
  properties: Record<string, unknown>;
}

export type SarifLevel = 'note' | 'warning' | 'error';

export interface SarifResult {
  ruleId: string;
  ruleIndex: number;
  level: SarifLevel;
  message: { text: string };
  locations: Record<string, unknown>[];
  partialFingerprints: Record<string, string>;
  baselineState?: string;
  suppressions?: { kind: 'inSource' | 'external'; status: 'accepted'; justification?: string }[];
  properties: Record<string, unknown>;
}

/** Name of the fingerprint that holds our identity (§3.27.17). */
export const sarifFingerprint = 'assayIdentity/v1';

/** A log of the given findings: a run a tool in the order tools first appear, results in the order given. */
export function sarifLog(findings: readonly FindingRecord[]): SarifLog {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [...Map.groupBy(findings, (finding) => finding.tool)].map(([tool, own]) => runOf(tool, own)),
  };
}

function runOf(tool: string, findings: readonly FindingRecord[]): SarifRun {
  const rules = new Map<string, { index: number; findings: FindingRecord[] }>();
  for (const finding of findings) {
    const rule = rules.get(finding.rule) ?? { index: rules.size, findings: [] };
    rule.findings.push(finding);
    rules.set(finding.rule, rule);
  }
  const version = findings.findLast((finding) => finding.toolVersion)?.toolVersion;
  // A baseline state says something only when every result of the run has one (§3.27.24).
  const hasBaseline = findings.every((finding) => baselineStates[finding.transition ?? ''] !== undefined);
  return {
    tool: {
      driver: {
        name: tool || 'unknown',
        ...(version ? { version } : {}),
        rules: [...rules].map(([id, rule]) => ruleOf(id, rule.findings)),
      },
    },
    results: findings.map((finding) => resultOf(finding, rules.get(finding.rule)?.index ?? -1, hasBaseline)),
  };
}

function ruleOf(id: string, findings: readonly FindingRecord[]): SarifRule {
  const worst = findings.reduce((left, right) =>
    rankOf(right.severity) > rankOf(left.severity) || scoreOf(right) > scoreOf(left) ? right : left,
  );
  const title = findings[0]?.title;
  const description = findings.find((finding) => finding.description)?.description;
  const helpUri = findings.flatMap((finding) => finding.references ?? []).find(isWebAddress);
  const score = scoreOf(worst);
  const tags = [
    'security',
    ...new Set(findings.flatMap((finding) => finding.cwes ?? []).map((cwe) => `external/cwe/cwe-${pad(cwe)}`)),
  ];
  return {
    id,
    ...(title ? { shortDescription: { text: title } } : {}),
    ...(description ? { fullDescription: { text: description } } : {}),
    ...(helpUri ? { helpUri } : {}),
    defaultConfiguration: { level: levelOf(worst.severity) },
    properties: { tags, ...(score > 0 ? { 'security-severity': score.toFixed(1) } : {}) },
  };
}

function resultOf(finding: FindingRecord, ruleIndex: number, hasBaseline: boolean): SarifResult {
  const baselineState = hasBaseline ? baselineStates[finding.transition ?? ''] : undefined;
  const { suppression } = finding;
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: levelOf(finding.severity),
    message: { text: finding.title || finding.description || finding.rule },
    locations: locationsOf(finding),
    partialFingerprints: { [sarifFingerprint]: finding.id },
    ...(baselineState ? { baselineState } : {}),
    ...(suppression
      ? {
          suppressions: [
            {
              // SARIF knows two kinds (§3.35.2); a policy or a VEX statement is outside the source.
              kind: suppression.kind === 'in-source' ? ('inSource' as const) : ('external' as const),
              status: 'accepted' as const,
              ...(suppression.justification ? { justification: suppression.justification } : {}),
            },
          ],
        }
      : {}),
    properties: propertiesOf(finding),
  };
}

function locationsOf(finding: FindingRecord): Record<string, unknown>[] {
  const { path, purl } = finding;
  if (!path && !purl) return [];
  return [
    {
      ...(path
        ? { physicalLocation: { artifactLocation: { uri: uriOf(path) }, ...withMember('region', regionOf(finding)) } }
        : {}),
      ...(purl ? { logicalLocations: [{ fullyQualifiedName: purl, kind: 'package' }] } : {}),
    },
  ];
}

function regionOf(finding: FindingRecord): Record<string, unknown> | undefined {
  const { startLine, startColumn, snippet } = finding;
  if (!startLine) return undefined;
  const endLine = finding.endLine && finding.endLine >= startLine ? finding.endLine : undefined;
  // An end that lies before its start would make the whole log invalid for strict readers.
  const isColumnPair =
    startColumn && finding.endColumn && ((endLine ?? startLine) > startLine || finding.endColumn >= startColumn);
  return {
    startLine,
    ...(startColumn ? { startColumn } : {}),
    ...(endLine ? { endLine } : {}),
    ...(isColumnPair ? { endColumn: finding.endColumn } : {}),
    ...(snippet ? { snippet: { text: snippet } } : {}),
  };
}

/** A relative reference (§3.4.4): each segment percent-encoded, so that "C#/a b.ts" or "x:y" cannot be read otherwise. */
function uriOf(path: string): string {
  const encoded = path
    .toWellFormed()
    .replace(/^(\.\/)+/, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return encoded.startsWith('/') ? `file://${encoded}` : encoded;
}

function propertiesOf(finding: FindingRecord): Record<string, unknown> {
  const { target, revision, severity, confidence, kind, cves, owners, annotations, digest, transition, cvss } = finding;
  const all = { target, revision, severity, confidence, kind, cvss, cves, owners, annotations, digest, transition };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''));
}

const baselineStates: Readonly<Record<string, string>> = {
  opened: 'new',
  reopened: 'new',
  recurred: 'unchanged',
  suppressed: 'unchanged',
  fixed: 'absent',
};

// GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0, low from 0.1. A CVSS score is taken where it lies
// in the band of the severity; where an enrichment changed the severity, the band's middle.
const bands: Readonly<
  Record<string, { level: SarifLevel; rank: number; least: number; most: number; middle: number }>
> = {
  critical: { level: 'error', rank: 5, least: 9.1, most: 10, middle: 9.5 },
  high: { level: 'error', rank: 4, least: 7, most: 9, middle: 8 },
  medium: { level: 'warning', rank: 3, least: 4, most: 6.9, middle: 5.5 },
  low: { level: 'note', rank: 2, least: 0.1, most: 3.9, middle: 2 },
  info: { level: 'note', rank: 1, least: 0, most: 0, middle: 0 },
};

/** "warning" for an unknown severity: the standard's default (§3.27.10). */
function levelOf(severity: string): SarifLevel {
  return bands[severity]?.level ?? 'warning';
}

function rankOf(severity: string): number {
  return bands[severity]?.rank ?? 0;
}

function scoreOf(finding: FindingRecord): number {
  const band = bands[finding.severity];
  if (!band) return 0;
  const score = finding.cvss?.score ?? 0;
  return score >= band.least && score <= band.most ? score : band.middle;
}

function isWebAddress(reference: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(reference) && URL.canParse(reference);
}

function pad(cwe: number): string {
  return String(cwe).padStart(3, '0');
}

function withMember(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}
