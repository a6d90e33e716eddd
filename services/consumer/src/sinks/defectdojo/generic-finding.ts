// A finding as DefectDojo's "Generic Findings Import" takes it; a member that it does not know fails the whole file.
// https://docs.defectdojo.com/supported_tools/parsers/generic_findings_import/
import type { FindingRecord } from '@assay/contracts';
import type { SinkItem } from '../../sink.ts';

export interface GenericFinding {
  title: string;
  severity: string;
  description: string;
  unique_id_from_tool: string;
  active: boolean;
  verified: boolean;
  is_mitigated: boolean;
  false_p: boolean;
  risk_accepted: boolean;
  static_finding: boolean;
  dynamic_finding: boolean;
  [member: string]: unknown;
}

/** DefectDojo has no word for a severity that is not known. */
const severities: Readonly<Record<string, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
};

/** 1 is certain, 4 firm, 7 tentative. */
const confidences: Readonly<Record<string, number>> = { high: 1, medium: 4, low: 7 };

/** Columns of its database. */
const maxTitle = 511;
const maxPath = 4000;
const maxName = 500;
const maxVersion = 100;
const maxCvss = 117;
const maxVulnerabilityId = 50;
const maxInteger = 2 ** 31 - 1;

/**
 * The state that an event leaves a finding in. Title, path and description are the same in every event of a finding as
 * long as the tool says the same, and the line is none of them: without a setting, DefectDojo knows a finding again by a
 * hash of title, CWE, line, path and description.
 */
export function genericFinding({ event }: SinkItem, finding: FindingRecord): GenericFinding {
  const { severity, transition, suppression, purl } = finding;
  const isFixed = transition === 'fixed';
  const isSuppressed = transition === 'suppressed';
  const isFalse = isSuppressed && suppression?.kind === 'vex';
  const cves = finding.cves?.filter((cve) => cve.length <= maxVulnerabilityId) ?? [];
  const cwe = finding.cwes?.find((each) => each <= maxInteger);
  const vector = finding.cvss?.vector ?? '';
  const component = purl ? componentOf(purl) : undefined;
  const day = dayOf(event.time);
  return storable({
    title: (finding.title || finding.rule || finding.id).slice(0, maxTitle),
    severity: severities[severity] ?? 'Info',
    description: descriptionOf(finding),
    unique_id_from_tool: finding.id,
    active: !isFixed && !isSuppressed,
    verified: false,
    is_mitigated: isFixed,
    false_p: isFalse,
    risk_accepted: isSuppressed && !isFalse,
    static_finding: true,
    dynamic_finding: false,
    ...(day ? { date: day } : {}),
    ...(isFixed && day ? { mitigated: event.time } : {}),
    ...(severities[severity] ? {} : { severity_justification: `${finding.tool} gives no severity.` }),
    ...(finding.rule ? { vuln_id_from_tool: finding.rule.slice(0, maxName) } : {}),
    ...(finding.confidence && confidences[finding.confidence]
      ? { scanner_confidence: confidences[finding.confidence] }
      : {}),
    ...(cwe ? { cwe } : {}),
    ...(cves.length > 0 ? { vulnerability_ids: cves } : {}),
    ...(/^CVSS:3\.[01]\/[A-Z:/]+$/.test(vector) && vector.length <= maxCvss ? { cvssv3: vector } : {}),
    ...(finding.path ? { file_path: finding.path.slice(0, maxPath) } : {}),
    ...(finding.startLine ? { sast_source_line: Math.min(finding.startLine, maxInteger) } : {}),
    ...(finding.snippet ? { steps_to_reproduce: fenced(finding.snippet) } : {}),
    ...(component ? { component_name: component.name.slice(0, maxName) } : {}),
    ...(component?.version ? { component_version: component.version.slice(0, maxVersion) } : {}),
    ...(finding.references?.length ? { references: finding.references.join('\n') } : {}),
  });
}

/** Without the characters that its database cannot hold: it would answer 500, which is asked again for ever. */
function storable(finding: GenericFinding): GenericFinding {
  const clean = (value: unknown) => (typeof value === 'string' ? storableText(value) : value);
  return Object.fromEntries(Object.entries(finding).map(([name, value]) => [name, clean(value)])) as GenericFinding;
}

/** A text without NUL and halves of characters. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

// The identity tells apart what would otherwise have the same hash.
function descriptionOf({ description, title, rule, id }: FindingRecord): string {
  return `${description || title || rule}\n\nAssay identity: ${id}`;
}

/** A fence of Markdown that the text cannot end. */
function fenced(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}\n${text}\n${fence}`;
}

/** "pkg:npm/%40acme/shop@1.2?x=y#z" → "@acme/shop", "1.2". https://github.com/package-url/purl-spec */
function componentOf(purl: string): { name: string; version: string } {
  const [path = ''] = purl.replace(/^pkg:(\/\/)?[^/]+\//, '').split(/[?#]/);
  const at = path.lastIndexOf('@');
  const [name, version] = at > 0 ? [path.slice(0, at), path.slice(at + 1)] : [path, ''];
  return { name: decoded(name), version: decoded(version) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "2026-01-31"; undefined when the time is none. */
function dayOf(time: string): string | undefined {
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? undefined : new Date(parsed).toISOString().slice(0, 10);
}
