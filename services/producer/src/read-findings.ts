// From a report to findings that may leave: read by an adapter, paths normalised, secrets taken out, lengths bounded,
// identified, and the same record twice merged. What handlers and the command line share.
import { type Draft, type Finding, Severity } from '@assay/contracts';
import { type Adapter, draftsOf, type FindingDraft, type Report } from './adapter.ts';
import { baseIdentity, Identities } from './identify.ts';
import { pathNormaliser } from './normalise-path.ts';
import { maxLookedAt, maxSecretChars, maxSecrets, type Redactor } from './redact.ts';
import { type Tally, toolWord } from './tally.ts';

/** Bounds of one finding, so that a batch of them stays small. Characters, or entries. */
const max = {
  title: 300,
  rule: 512,
  description: 16_384,
  text: 1024,
  name: 128,
  snippetBytes: 2048,
  entries: 32,
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
  redactor,
}: ReadOptions): (own: FindingDraft['tool']) => { name: string; version: string } {
  let current = { name: '', version: '' };
  let last: FindingDraft['tool'];
  let words = { name: '', version: '' };
  return (own) => {
    if (own && (own.name !== last?.name || own.version !== last.version)) {
      last = own;
      words = { name: toolWord(own.name, redactor).toLowerCase(), version: toolWord(own.version, redactor) };
    }
    const name = (own && words.name) || tally.toolName || tool.name.trim().toLowerCase() || adapter.name;
    const version = own ? words.version : tally.toolVersion || tool.version;
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
  const { within = '', fingerprint = '', purl = '' } = draft;
  const secrets = hideable(draft);
  const rule = text(draft.rule?.trim() ? draft.rule : 'unnamed', none, redactor, max.rule);
  straighten(draft);
  const cves = shortNames(draft.cves, redactor);
  const words = draft.title || draft.description || rule;
  const title = oneLine(words.length > maxLookedAt ? redactor.shown(words, secrets) : words);
  const path = place(draft, secrets, preparation);
  const content = show(draft, secrets, redactor);
  const base = baseIdentity({
    target,
    within,
    tool,
    rule,
    cves,
    purl,
    path,
    fingerprint,
    content,
    title: content || fingerprint || purl ? '' : redactor.hashed(title, secrets),
  });

  draft.rule = rule;
  draft.title = fit(redactor.shownOften(title, secrets), max.title);
  if (draft.description) draft.description = text(draft.description, secrets, redactor, max.description);
  if (purl) draft.purl = fit(redactor.shownAddress(purl, secrets), max.text);
  if (draft.cves) draft.cves = cves as string[];
  if (draft.digest) draft.digest = text(draft.digest, none, redactor, max.text);
  if (draft.cvss?.vector) draft.cvss.vector = text(draft.cvss.vector, none, redactor, max.text);
  if (draft.references) draft.references = addresses(draft.references as string[], secrets, redactor);
  if (draft.properties) draft.properties = properties(draft.properties as Record<string, string>, secrets, redactor);
  if (draft.suppression?.justification) {
    const justification = text(draft.suppression.justification, secrets, redactor, max.text);
    draft.suppression = { ...draft.suppression, justification };
  }
  const more = draft.description || draft.digest || draft.properties ? wordsOf(draft) : none;
  return identities.next(base, { path, purl, span: draft.location, title: draft.title, more });
}

const none: readonly string[] = [];

/** A number that is none of the wire's would become another one there: it is unknown. */
function straighten(draft: FindingDraft): void {
  const { location, cwes } = draft;
  // Written to only where it must be: this is on the way of every finding.
  if (location && !(isPosition(location.startLine) && isPosition(location.endLine)))
    Object.assign(location, { startLine: position(location.startLine), endLine: position(location.endLine) });
  if (location && !(isPosition(location.startColumn) && isPosition(location.endColumn)))
    Object.assign(location, { startColumn: position(location.startColumn), endColumn: position(location.endColumn) });
  if (cwes?.some((cwe, at) => at >= max.entries || position(cwe) === 0))
    draft.cwes = cwes.filter((cwe) => position(cwe) > 0).slice(0, max.entries);
}

function isPosition(number: number | undefined): boolean {
  return number === undefined || number >>> 0 === number;
}

function position(number: number | undefined): number {
  return number !== undefined && isPosition(number) ? number : 0;
}

/** The secrets to take out. Where there are too many, or one is too long to look for, nothing around them is shown. */
function hideable(draft: FindingDraft): readonly string[] {
  const { secrets = none } = draft;
  if (secrets.length === 0 || (secrets.length <= maxSecrets && secrets.every(({ length }) => length <= maxSecretChars)))
    return secrets;
  draft.title = draft.rule || 'secret';
  draft.description = '';
  draft.references = [];
  draft.properties = {};
  if (draft.suppression) draft.suppression = { ...draft.suppression, justification: '' };
  if (draft.location) draft.location.snippet = '';
  draft.content = (draft.content ?? '').slice(0, maxSecretChars);
  return draft.content === '' ? none : [draft.content];
}

// Normalises the path; gives it as it is for identity. A path is no text of the tool's: that somebody's password is
// "admin" takes nothing from admin/x.py, while a value as long as a key is in no path by accident.
function place(draft: FindingDraft, secrets: readonly string[], { normalise, redactor }: Preparation): string {
  const { location } = draft;
  if (!location?.path) return '';
  const raw = location.path;
  const long = secrets.length === 0 ? none : secrets.filter(({ length }) => length >= minSecretInPath);
  const isClean = long.length === 0 && raw.length <= maxLookedAt && redactor.isClean(raw);
  // Secrets first: what is tidied, "://" among it, is no longer recognised.
  const { path, isOutside } = normalise(isClean ? raw : redactor.shown(raw, long));
  if (isOutside) draft.properties = { ...draft.properties, outsideRoot: 'true' };
  // Again, as it may only now be one: "%74oken=…" of a URI.
  location.path = fit(redactor.shownOften(path, long), max.text);
  return isClean && location.path === path ? path : redactor.hashed(normalise(redactor.hashed(raw, long)).path, long);
}

// Redacts the snippet; gives the content as it is for identity. They are mostly the same text.
function show({ location, content = '' }: FindingDraft, secrets: readonly string[], redactor: Redactor): string {
  const snippet = location?.snippet ?? '';
  const isClean =
    secrets.length === 0 && snippet.length <= maxLookedAt && (snippet === '' || redactor.isClean(snippet));
  if (location && snippet !== '')
    location.snippet = clipBytes(isClean ? snippet : redactor.shown(snippet, secrets), max.snippetBytes);
  const short = content.length > max.content ? content.slice(0, max.content) : content;
  return isClean && short === snippet ? short : redactor.hashed(short, secrets);
}

function addresses(list: readonly string[], secrets: readonly string[], redactor: Redactor): string[] {
  return list.slice(0, max.entries).map((url) => fit(redactor.shownAddress(url, secrets), max.text));
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
      .map(([key, value]) => [text(key, secrets, redactor, max.name), text(value, secrets, redactor, max.text)]),
  );
}

function shortNames(names: FindingDraft['cves'], redactor: Redactor): readonly string[] {
  if (!names || names.length === 0) return none;
  return (names as string[]).slice(0, max.entries).map((name) => text(name, none, redactor, max.name));
}

function wordsOf({ description, digest, properties: given }: FindingDraft): string[] {
  return [description ?? '', digest ?? '', ...Object.values((given ?? {}) as Record<string, string>)];
}

function oneLine(line: string): string {
  return /[\r\n\t]|\s\s/.test(line) ? line.replace(/\s+/g, ' ').trim() : line;
}

/** A text for people. */
function text(given: string, secrets: readonly string[], redactor: Redactor, length: number): string {
  return fit(redactor.shownOften(given, secrets), length);
}

// Half a character, which JSON can say and UTF-8 cannot, is replaced: nobody could read the batch.
function fit(given: string, length: number): string {
  if (given.length <= length) return given.isWellFormed() ? given : given.toWellFormed();
  return `${given.slice(0, length - 1).toWellFormed()}…`;
}

// Bytes in UTF-8; never half a character.
function clipBytes(given: string, bytes: number): string {
  if (given.length * 3 <= bytes || Buffer.byteLength(given) <= bytes) return given.toWellFormed();
  const cut = Buffer.from(given)
    .subarray(0, bytes - 3)
    .toString();
  return `${cut.replace(/\ufffd+$/, '')}…`;
}
