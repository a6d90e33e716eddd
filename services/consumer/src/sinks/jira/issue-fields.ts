// What an issue says of a finding.
import { hash } from 'node:crypto';
import type { FindingRecord } from '@assay/contracts';
import { referencesOf } from '../../link.ts';
import { shorten, shortenLines } from '../../shorten.ts';
import type { SinkContext } from '../../sink.ts';
import { compileTemplate, type Template } from '../../template.ts';
import type { Edition, Fields } from './api.ts';
import { type Paragraph, toAdf, toWiki } from './document.ts';

export interface FieldOptions {
  edition: Edition;
  project: string;
  issueType: string;
  labels: readonly string[];
  /** Names of priorities by severity; a severity without one leaves it to Jira. */
  priorities: Readonly<Record<string, string | undefined>>;
  /** Fields of the project's own; the texts in them are templates. */
  fields: Readonly<Record<string, unknown>>;
  templates: NonNullable<SinkContext['templates']>;
  link(finding: FindingRecord): string | undefined;
}

export interface IssueFields {
  /** Of a new issue. */
  created: Fields;
  /** Those that follow the finding: labels, project and type are people's once the issue is there. */
  followed: Fields;
  /** Changes when `followed` does. */
  digest: string;
}

/** Jira takes 255. */
const maxSummary = 250;
/** Jira takes 32 767, and wiki markup may need six for one. */
const maxText = 3000;
const maxFact = 300;
const maxReferences = 5;

/** By which the issue of a finding is found: the same for ever, and nobody else's. */
export function labelOf({ target, tool, id }: FindingRecord): string {
  return `assay-${hash('sha256', JSON.stringify([target, tool, id])).slice(0, 32)}`;
}

export function fieldsOf(options: FieldOptions): (finding: FindingRecord) => IssueFields {
  const { edition, project, issueType, labels, priorities, templates, link } = options;
  const own = compileFields(options.fields, 'config.fields');
  const document = edition === 'cloud' ? toAdf : toWiki;
  return (finding) => {
    const priority = priorities[finding.severity];
    const followed = {
      summary: summaryOf(finding, templates.summary),
      description: document(paragraphsOf(finding, templates.description, link(finding))),
      ...(priority === undefined ? {} : { priority: { name: priority } }),
      ...(own(finding) as Fields),
    };
    const created = {
      project: { key: project },
      issuetype: { name: issueType },
      labels: [...new Set(['assay', labelOf(finding), ...labels])],
      ...followed,
    };
    return { created, followed, digest: hash('sha256', JSON.stringify(followed)).slice(0, 32) };
  };
}

// A summary is shown as it is.
function summaryOf(finding: FindingRecord, template: Template | undefined): string {
  const { title, tool, rule } = finding;
  const text = template ? template(finding, plain) : `${title || rule}${placeOf(finding, ' in ')} (${tool} ${rule})`;
  return shorten(text, maxSummary) || 'Finding';
}

function placeOf({ path, startLine, purl }: FindingRecord, before: string): string {
  const place = path ? `${path}${startLine ? `:${startLine}` : ''}` : purl;
  return place ? `${before}${place}` : '';
}

function paragraphsOf(
  finding: FindingRecord,
  template: Template | undefined,
  link: string | undefined,
): readonly Paragraph[] {
  const urls = [...(link ? [link] : []), ...referencesOf(finding, maxReferences)];
  const links: Paragraph[] = urls.length > 0 ? [{ kind: 'links', urls }] : [];
  if (template) return [...textOf(template(finding, plain)), ...links];
  const snippet = shortenLines(finding.snippet ?? '', maxText);
  return [
    ...textOf(finding.description ?? ''),
    { kind: 'facts', facts: factsOf(finding) },
    ...(snippet.trim() ? [{ kind: 'code' as const, text: snippet }] : []),
    ...links,
  ];
}

function textOf(text: string): Paragraph[] {
  const shown = shortenLines(text, maxText).trim();
  return shown ? [{ kind: 'text', text: shown }] : [];
}

function factsOf(finding: FindingRecord): (readonly [string, string])[] {
  const { severity, tool, rule, target, revision, purl, cves, cwes, cvss, owners } = finding;
  const facts: [string, string | undefined][] = [
    ['Severity', `${severity}${cvss?.score ? ` (CVSS ${cvss.score})` : ''}`],
    ['Found by', `${tool} ${rule}`],
    ['Target', `${target}${revision ? ` at ${revision}` : ''}`],
    ['Place', finding.path && placeOf(finding, '')],
    ['Package', purl],
    ['Vulnerabilities', cves?.join(', ')],
    ['Weaknesses', cwes?.map((cwe) => `CWE-${cwe}`).join(', ')],
    ['Owners', owners?.join(', ')],
    ['Finding', finding.id],
  ];
  return facts.flatMap(([name, value]) => {
    const shown = shorten(value ?? '', maxFact);
    return shown ? [[name, shown] as const] : [];
  });
}

type Filled = (finding: FindingRecord) => unknown;

// Which format a field of one's own takes is not known: some show wiki markup. So what could be markup in any is left out.
function compileFields(value: unknown, name: string): Filled {
  if (typeof value === 'string') {
    const template = compileTemplate(name, value);
    return (finding) => template(finding, bare);
  }
  if (Array.isArray(value)) {
    const parts = value.map((part, at) => compileFields(part, `${name}.${at}`));
    return (finding) => parts.map((part) => part(finding));
  }
  if (typeof value !== 'object' || value === null) return () => value;
  const members = Object.entries(value).map(([key, part]) => [key, compileFields(part, `${name}.${key}`)] as const);
  return (finding) => Object.fromEntries(members.map(([key, part]) => [key, part(finding)]));
}

function plain(text: string): string {
  return text;
}

function bare(text: string): string {
  return shorten(text.replaceAll(/:\/\/|[^\p{L}\p{M}\p{N} .,:;=+@%/_-]/gu, ' '), maxFact);
}
