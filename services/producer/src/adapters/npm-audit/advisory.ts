// What both shapes of a report say of an advisory, in nearly the same words, as a finding draft.
import { Kind, Severity } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { severityOfScore } from '../../cvss.ts';
import { entryOf, type JsonObject, numberOf, objectOf, textOf, textsOf } from '../../json-values.ts';
import { packagePurl } from '../../purl.ts';
import { titleOf } from '../../title-of.ts';
import { isWebAddress } from '../../web-address.ts';
import { cvesIn, cwesIn } from '../sarif/weaknesses.ts';

const severities: Readonly<Record<string, Severity>> = {
  none: Severity.INFO,
  info: Severity.INFO,
  low: Severity.LOW,
  moderate: Severity.MEDIUM,
  high: Severity.HIGH,
  critical: Severity.CRITICAL,
};

export interface Subject {
  readonly name: string;
  /** "" where the report does not say. */
  readonly version: string;
}

/** `source`: the registry's number of the advisory; it names it where GitHub has no name for it. */
export function advisoryDraft(
  advisory: JsonObject,
  source: string,
  { name, version }: Subject,
  more: Readonly<Record<string, string>>,
): FindingDraft {
  const url = textOf(advisory['url']);
  const cves = cvesIn([...textsOf(advisory['cves']), url]);
  const rule = ghsaIn(textOf(advisory['github_advisory_id'])) || ghsaIn(url) || cves[0] || `npm-${source}`;
  const component = version ? `${name}@${version}` : name;
  const title = titleOf(textOf(advisory['title'])) || `${rule} in ${component}`;
  const overview = textOf(advisory['overview']).trim();
  const { score, vector } = cvssOf(objectOf(advisory['cvss']));
  const draft: FindingDraft = {
    rule,
    title,
    description: overview === title ? '' : overview,
    severity: severityOf(advisory, score),
    kind: Kind.VULNERABILITY,
    cves,
    cwes: cwesIn(textsOf(advisory['cwe'])),
    purl: packagePurl('npm', name, version),
    references: referencesOf(url, textOf(advisory['references'])),
    properties: { component, aliases: cves.filter((cve) => cve !== rule).join(' '), advisory: source, ...more },
    content: `${rule}\n${name}`,
  };
  if (score > 0 || vector) draft.cvss = { score, vector };
  return draft;
}

function severityOf(advisory: JsonObject, score: number): Severity {
  const word = textOf(advisory['severity']).toLowerCase();
  const severity = entryOf(severities, word) as Severity | undefined;
  return severity ?? severityOfScore(score || Number.NaN);
}

// 0 and null stand for an advisory without a score.
function cvssOf(cvss: JsonObject): { score: number; vector: string } {
  const score = numberOf(cvss['score']) ?? 0;
  return { score: score > 0 && score <= 10 ? score : 0, vector: textOf(cvss['vectorString']) };
}

function ghsaIn(text: string): string {
  const digits = /\bGHSA((?:-[23456789cfghjmpqrvwx]{4}){3})\b/i.exec(text)?.[1];
  return digits ? `GHSA${digits.toLowerCase()}` : '';
}

// npm 6 lists them in Markdown.
function referencesOf(url: string, markdown: string): string[] {
  const urls = [url, ...(markdown.match(/https?:\/\/[^\s()<>[\]]+/g) ?? [])];
  return [...new Set(urls.filter(isWebAddress))];
}
