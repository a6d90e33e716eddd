// From a report to findings that may leave: read by an adapter, paths normalised, secrets taken out, lengths bounded,
// identified, and the same record twice merged. What handlers and the command line share.
import { type Draft, type Finding, Severity } from '@assay/contracts';
import { type Adapter, draftsOf, type FindingDraft, type Report } from './adapter.ts';
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
  key: 128,
  content: 16_384,
};

/** A secret shorter than this may well be the name of a folder. Characters. */
const minSecretInPath = 16;

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

/**
 * Yields findings in order of the report, some at a time, and counts them in the tally as they are taken. Throws what
 * the adapter throws.
 */
export async function* readFindings(options: ReadOptions): AsyncGenerator<Iterable<IdentifiedFinding>, void> {
  const { adapter, report, tally, redactor, target } = options;
  const normalise = pathNormaliser(report.sourceRoot);
  const identities = new Identities();
  const toolOf = namer(options);
  function* identified(drafts: Iterable<FindingDraft>): Iterable<IdentifiedFinding> {
    for (const draft of drafts) {
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
  for await (const some of adapter.parse(report, tally)) yield identified(draftsOf(some));
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
function prepare(draft: FindingDraft, preparation: Preparation): string | undefined {
  const { redactor, identities, target, tool } = preparation;
  const { secrets = none, fingerprint = '', purl = '', rule = '' } = draft;
  const cves = (draft.cves ?? none) as readonly string[];
  const title = oneLine(draft.title || draft.description || rule);
  const path = place(draft, secrets, preparation);
  const content = show(draft, secrets, redactor);
  const base = baseIdentity({
    target,
    tool,
    rule,
    cves,
    purl,
    path,
    fingerprint,
    content,
    title: content || fingerprint || purl ? '' : redactor.hashed(title, secrets),
  });

  draft.title = clip(redactor.shownOften(title, secrets), max.title);
  if (rule.length > max.rule) draft.rule = clip(rule, max.rule);
  if (draft.description) draft.description = clip(redactor.shownOften(draft.description, secrets), max.description);
  if (purl) draft.purl = clip(redactor.shownOften(purl, secrets), max.text);
  if (cves.length > max.entries) draft.cves = cves.slice(0, max.entries);
  if (draft.references) draft.references = addresses(draft.references as string[], secrets, redactor);
  if (draft.properties) draft.properties = properties(draft.properties as Record<string, string>, secrets, redactor);
  if (draft.suppression?.justification) {
    const justification = clip(redactor.shown(draft.suppression.justification, secrets), max.text);
    draft.suppression = { ...draft.suppression, justification };
  }
  const more = draft.description || draft.digest || draft.properties ? wordsOf(draft) : none;
  return identities.next(base, { path, purl, span: draft.location, title: draft.title, more });
}

const none: readonly string[] = [];

// Normalises the path; gives it as it is for identity. A path is no text of the tool's: that somebody's password is
// "admin" takes nothing from admin/x.py, while a value as long as a key is in no path by accident.
function place(draft: FindingDraft, secrets: readonly string[], { normalise, redactor }: Preparation): string {
  const { location } = draft;
  if (!location?.path) return '';
  const { path, isOutside } = normalise(location.path);
  if (isOutside) draft.properties = { ...draft.properties, outsideRoot: 'true' };
  const long = secrets.length === 0 ? none : secrets.filter(({ length }) => length >= minSecretInPath);
  location.path = clip(redactor.shownOften(path, long), max.text);
  return location.path === path ? path : redactor.hashed(path, long);
}

// Redacts the snippet; gives the content as it is for identity. They are mostly the same text.
function show({ location, content = '' }: FindingDraft, secrets: readonly string[], redactor: Redactor): string {
  const snippet = location?.snippet ?? '';
  const isClean = secrets.length === 0 && (snippet === '' || redactor.isClean(snippet));
  if (location && snippet !== '')
    location.snippet = clipBytes(isClean ? snippet : redactor.shown(snippet, secrets), max.snippetBytes);
  const bounded = content.length > max.content ? content.slice(0, max.content) : content;
  return isClean && bounded === snippet ? bounded : redactor.hashed(bounded, secrets);
}

function addresses(list: readonly string[], secrets: readonly string[], redactor: Redactor): string[] {
  return list.slice(0, max.entries).map((url) => clip(redactor.shownOften(url, secrets), max.text));
}

function properties(
  given: Record<string, string>,
  secrets: readonly string[],
  redactor: Redactor,
): Record<string, string> {
  const kept = Object.entries(given).filter(([, value]) => value !== '');
  return Object.fromEntries(
    kept
      .slice(0, max.entries)
      .map(([key, value]) => [clip(key, max.key), clip(redactor.shown(value, secrets), max.text)]),
  );
}

function wordsOf({ description, digest, properties: given }: FindingDraft): string[] {
  return [description ?? '', digest ?? '', ...Object.values((given ?? {}) as Record<string, string>)];
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
