// From a report to findings that may leave: read by an adapter, paths normalised, secrets taken out, lengths bounded,
// identified, and the same record twice merged. What handlers and the command line share.
import { type Draft, type Finding, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Report } from './adapter.ts';
import { baseIdentity, Identities } from './identify.ts';
import { pathNormaliser } from './normalise-path.ts';
import type { Redactor } from './redact.ts';
import type { Tally } from './tally.ts';

/** Bounds of one finding, so that a batch of them stays small. Characters, or entries. */
const max = {
  title: 300,
  rule: 512,
  description: 16_384,
  text: 1024,
  snippetBytes: 2048,
  entries: 32,
  content: 16_384,
};

export interface ReadOptions {
  adapter: Adapter;
  report: Report;
  /** Name of the target. */
  target: string;
  redactor: Redactor;
  tally: Tally;
  /** Tool to name where the report does not. */
  tool: { name: string; version: string };
}

export interface IdentifiedFinding {
  finding: Draft<Finding>;
  /** 16 bytes as latin1 characters. */
  identity: string;
  severity: Severity;
  tool: { name: string; version: string };
}

/** Yields findings in order of the report and counts them in the tally. Throws what the adapter throws. */
export async function* readFindings(options: ReadOptions): AsyncGenerator<IdentifiedFinding, void> {
  const { adapter, report, tally, redactor, target } = options;
  const normalise = pathNormaliser(report.sourceRoot);
  const identities = new Identities();
  const toolOf = namer(options);
  for await (const draft of adapter.parse(report, tally)) {
    const tool = toolOf(draft.tool);
    const severity = (draft.severity ?? Severity.UNSPECIFIED) as Severity;
    const identity = prepare(draft, { normalise, redactor, identities, target, tool: tool.name });
    if (identity === undefined) {
      tally.merge('same record');
      continue;
    }
    tally.found(severity);
    yield { finding: draft, identity, severity, tool };
  }
}

// The finding's own tool, the report's, the submitter's word, the format's name: the first that is known. One object
// as long as it does not change.
function namer({
  tally,
  tool,
  adapter,
}: ReadOptions): (own: FindingDraft['tool']) => { name: string; version: string } {
  let current = { name: '', version: '' };
  return (own) => {
    const name = own?.name.trim().toLowerCase() || tally.toolName || tool.name.trim().toLowerCase() || adapter.name;
    const version = own ? own.version : tally.toolVersion || tool.version;
    if (name !== current.name || version !== current.version) current = { name, version };
    return current;
  };
}

interface Preparation {
  normalise: ReturnType<typeof pathNormaliser>;
  redactor: Redactor;
  identities: Identities;
  target: string;
  tool: string;
}

// Makes the draft, which is ours from here on, fit to leave; gives its identity, undefined when it was there before.
function prepare(
  draft: FindingDraft,
  { normalise, redactor, identities, target, tool }: Preparation,
): string | undefined {
  const { secrets = [], location } = draft;
  const shown = (text: string, length: number) => clip(redactor.shown(text, secrets), length);

  const rawTitle = oneLine(draft.title || draft.description || draft.rule || '');
  const title = shown(rawTitle, max.title);
  let path = '';
  if (location?.path) {
    const normal = normalise(location.path);
    path = redactor.hashed(normal.path, secrets);
    location.path = shown(normal.path, max.text);
    if (normal.isOutside) draft.properties = { ...draft.properties, outsideRoot: 'true' };
  }
  if (location?.snippet) location.snippet = clipBytes(redactor.shown(location.snippet, secrets), max.snippetBytes);
  const purl = draft.purl ?? '';
  const cves = draft.cves as string[] | undefined;
  const base = baseIdentity({
    target,
    tool,
    rule: draft.rule ?? '',
    cves: cves ?? [],
    purl,
    path,
    fingerprint: draft.fingerprint ?? '',
    content: draft.content ? redactor.hashed(draft.content.slice(0, max.content), secrets) : '',
    title: draft.content || draft.fingerprint || purl ? '' : redactor.hashed(rawTitle, secrets),
  });

  draft.title = title;
  if (draft.rule !== undefined) draft.rule = clip(draft.rule, max.rule);
  if (draft.description) draft.description = shown(draft.description, max.description);
  if (purl) draft.purl = shown(purl, max.text);
  if (cves && cves.length > max.entries) draft.cves = cves.slice(0, max.entries);
  if (draft.references) draft.references = entries(draft.references as string[], (value) => shown(value, max.text));
  if (draft.properties)
    draft.properties = texts(draft.properties as Record<string, string>, (value) => shown(value, max.text));
  if (draft.suppression?.justification)
    draft.suppression = { ...draft.suppression, justification: shown(draft.suppression.justification, max.text) };

  return identities.next(base, {
    path,
    purl,
    lines: [location?.startLine ?? 0, location?.endLine ?? 0, location?.startColumn ?? 0, location?.endColumn ?? 0],
    texts: [
      title,
      draft.description ?? '',
      draft.digest ?? '',
      ...Object.values((draft.properties ?? {}) as Record<string, string>),
    ],
  });
}

function entries(list: readonly string[], shown: (value: string) => string): string[] {
  return list.slice(0, max.entries).map(shown);
}

function texts(properties: Record<string, string>, shown: (value: string) => string): Record<string, string> {
  const result: Record<string, string> = {};
  let left = max.entries;
  for (const [key, value] of Object.entries(properties)) {
    if (value === '' || left-- <= 0) continue;
    // Object.defineProperty: "__proto__" is a name like any other here.
    if (key === '__proto__') continue;
    result[clip(key, 128)] = shown(value);
  }
  return result;
}

function oneLine(text: string): string {
  return /[\r\n\t]|\s\s/.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
}

function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).toWellFormed()}…`;
}

// Bytes in UTF-8; never half a character.
function clipBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const cut = Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString();
  return `${cut.replace(/\ufffd+$/, '')}…`;
}
