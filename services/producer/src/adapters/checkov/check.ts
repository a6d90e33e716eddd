// One failed or skipped check to one finding draft. What was checked is a resource ("aws_s3_bucket.logs"), and its name
// is what the finding is known by: the lines of a resource change with everything else in it, and --compact has none.
import { Kind, Severity } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { type Fields, list, object, requiredText, text, texts } from '../../fields.ts';
import { entryOf } from '../../json-values.ts';
import { isWebAddress } from '../../web-address.ts';
import { kindOf } from './kinds.ts';
import { isAboutSecrets, keysAndPeopleIn, maskedIn } from './secrets.ts';

const severities: Readonly<Record<string, Severity>> = {
  INFO: Severity.INFO,
  LOW: Severity.LOW,
  MEDIUM: Severity.MEDIUM,
  MODERATE: Severity.MEDIUM,
  HIGH: Severity.HIGH,
  IMPORTANT: Severity.HIGH,
  CRITICAL: Severity.CRITICAL,
};

/** More of its lines or of a comment is not shown. Characters. */
const maxChars = 4096;

export interface CheckContext {
  /** The report's check_type. */
  readonly framework: string;
  readonly isSkipped: boolean;
  readonly sourceRoot: string;
}

export function draftOf(
  check: Fields,
  where: string,
  { framework, isSkipped, sourceRoot }: CheckContext,
): FindingDraft {
  const checkId = requiredText(check, 'check_id', where);
  const name = text(check, 'check_name', where);
  const resource = text(check, 'resource', where);
  const result = object(check, 'check_result', where) ?? {};
  const package_ = object(check, 'vulnerability_details', where);
  const kind = isAboutSecrets(name) ? Kind.SECRET : kindOf(framework, checkId);
  const code = codeOf(check, where);
  const comment = text(result, 'suppress_comment', where).trim().slice(0, maxChars);
  const [startLine, lastLine] = linesOf(check, where);
  // A secret of the framework "secrets" stands on the first of its lines; its resource is the SHA-1 of its value.
  const isHashed = framework === 'secrets';
  const draft: FindingDraft = {
    rule: package_ ? text(package_, 'id', where) || checkId : checkId,
    title: text(check, 'short_description', where) || name || checkId,
    description: [text(check, 'description', where), ...texts(check, 'details', where)].filter(Boolean).join('\n'),
    severity: entryOf(severities, text(check, 'severity', where).toUpperCase()) ?? Severity.UNSPECIFIED,
    kind,
    location: {
      path: pathOf(check, sourceRoot, where),
      startLine,
      endLine: isHashed ? startLine : lastLine,
      // Of a check that looks for secrets the lines are the secret, whichever part of them.
      snippet: isAboutSecrets(name) ? '' : code,
    },
    references: [text(check, 'guideline', where), package_ ? text(package_, 'link', where) : ''].filter(isWebAddress),
    properties: {
      framework,
      resource: isHashed ? '' : resource,
      checkId: package_ ? checkId : '',
      evaluatedKeys: texts(result, 'evaluated_keys', where).join(', '),
      calledFrom: text(check, 'caller_file_path', where).replace(/^\/+/, ''),
    },
    secrets: isHashed
      ? [resource, ...maskedIn(code), ...keysAndPeopleIn(code, comment)]
      : keysAndPeopleIn(code, comment),
  };
  // Its hash is kept back, and is keyed in identity: a short password is found by trying.
  if (isHashed) draft.content = resource;
  else draft.fingerprint = resource;
  if (package_) addPackage(draft, package_, where);
  // "baseline-skipped": accepted by --baseline; any other comment stands in the source.
  if (isSkipped) {
    draft.suppression = { kind: comment === 'baseline-skipped' ? 'external' : 'in-source', justification: comment };
  }
  return draft;
}

function addPackage(draft: FindingDraft, details: Fields, where: string): void {
  const id = text(details, 'id', where).toUpperCase();
  if (/^CVE-\d{4}-\d{4,}$/.test(id)) draft.cves = [id];
  const score = details['cvss'];
  if (typeof score === 'number' && score > 0 && score <= 10)
    draft.cvss = { score, vector: text(details, 'vector', where) };
  draft.description ||= text(details, 'description', where);
  draft.properties = {
    ...draft.properties,
    package: [text(details, 'package_name', where), text(details, 'package_version', where)].filter(Boolean).join(' '),
  };
}

/**
 * file_path begins with a false "/", and is relative to the folder that was scanned; the absolute path says more where
 * it is known what it starts with.
 */
function pathOf(check: Fields, sourceRoot: string, where: string): string {
  const absolute = text(check, 'file_abs_path', where);
  const root = sourceRoot.replace(/\/+$/, '');
  if (root !== '' && absolute.startsWith(`${root}/`)) return absolute;
  return requiredText(check, 'file_path', where).replace(/^\/+/, '');
}

function linesOf(check: Fields, where: string): [number, number] {
  const [start, end] = list(check, 'file_line_range', where).map((line) =>
    typeof line === 'number' && Number.isInteger(line) && line > 0 && line <= 0xffffffff ? line : 0,
  );
  return [start ?? 0, Math.max(start ?? 0, end ?? 0)];
}

// [[12, "resource …\n"], …]; null with --compact.
function codeOf(check: Fields, where: string): string {
  let code = '';
  for (const line of list(check, 'code_block', where)) {
    const words = Array.isArray(line) ? line[1] : undefined;
    if (typeof words === 'string') code += words.endsWith('\n') ? words : `${words}\n`;
    if (code.length > maxChars) break;
  }
  return code.slice(0, maxChars).trimEnd();
}
