// Semgrep's JSON (--json). Without a login its fingerprint and lines are the text "requires login" for every finding;
// check_id begins with the path of the rules; what went wrong stands under "errors", with exit code 0 or not.
import { Confidence, InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { hardCodedCredentials } from '../../credential-weaknesses.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text, texts } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { entryOf } from '../../json-values.ts';
import { readStart } from '../../read-start.ts';
import { literalsOf } from '../../redact.ts';
import { titleOf } from '../../title-of.ts';

// https://semgrep.dev/docs/writing-rules/rule-syntax: two generations of names.
const severities: Readonly<Record<string, Severity>> = {
  INVENTORY: Severity.INFO,
  EXPERIMENT: Severity.INFO,
  INFO: Severity.LOW,
  LOW: Severity.LOW,
  WARNING: Severity.MEDIUM,
  MEDIUM: Severity.MEDIUM,
  ERROR: Severity.HIGH,
  HIGH: Severity.HIGH,
  CRITICAL: Severity.CRITICAL,
};

const confidences: Readonly<Record<string, Confidence>> = {
  LOW: Confidence.LOW,
  MEDIUM: Confidence.MEDIUM,
  HIGH: Confidence.HIGH,
};

const withheld = 'requires login';

export const semgrep: Adapter = {
  name: 'semgrep',
  title: 'Semgrep JSON (--json)',
  recognises: ({ root, keys }) =>
    root === 'object' && keys.has('results') && keys.has('errors') && keys.has('paths') && !keys.has('metrics'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  // Its first member, so that findings can say it; where it is not, the end of the report does.
  const version = /^\s*\{\s*"version"\s*:\s*"([\w.+-]{1,40})"/.exec(await readStart(report, 256))?.[1];
  parsing.tool('semgrep', version ?? '');
  const items = jsonItems(report.open(), ['results[]', 'paths.scanned[]'], {
    skip: ['time', 'paths.skipped', 'profiling_results', 'explanations', 'rules_by_engine'],
  });
  let scanned = 0;
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { at, value, indexes } of step.value) {
      if (at !== 'results[]') {
        scanned++;
        continue;
      }
      parsing.record();
      yield draftOf(value, `Semgrep result ${indexes[0]}`);
    }
  }
  finish(step.value, scanned, parsing);
}

function draftOf(value: unknown, where: string): FindingDraft {
  const result = fieldsOf(value, where);
  const extra = object(result, 'extra', where) ?? {};
  const metadata = object(extra, 'metadata', where) ?? {};
  const start = object(result, 'start', where) ?? {};
  const end = object(result, 'end', where) ?? {};
  const checkId = requiredText(result, 'check_id', where);
  const cwes = texts(metadata, 'cwe', where).flatMap((cwe) => numberOf(cwe) ?? []);
  const isSecret = cwes.some((cwe) => hardCodedCredentials.has(cwe)) || text(metadata, 'category', where) === 'secrets';
  const content = given(text(extra, 'lines', where));
  const message = text(extra, 'message', where);
  const draft: FindingDraft = {
    rule: ruleOf(checkId, metadata, where),
    title: titleOf(message),
    severity: entryOf(severities, text(extra, 'severity', where).toUpperCase()) ?? Severity.UNSPECIFIED,
    confidence: entryOf(confidences, text(metadata, 'confidence', where).toUpperCase()) ?? Confidence.UNSPECIFIED,
    kind: isSecret ? Kind.SECRET : Kind.WEAKNESS,
    cwes,
    location: {
      path: requiredText(result, 'path', where),
      startLine: count(start, 'line', where),
      startColumn: count(start, 'col', where),
      endLine: count(end, 'line', where),
      endColumn: count(end, 'col', where),
      snippet: content,
    },
    references: [...new Set([...texts(metadata, 'references', where), text(metadata, 'source', where)])].filter(
      (url) => url !== '',
    ),
    properties: {
      checkId,
      category: text(metadata, 'category', where),
      owasp: texts(metadata, 'owasp', where).join('; '),
      fix: text(extra, 'fix', where),
    },
    content,
  };
  if (draft.title !== message) draft.description = message;
  // Content is preferred: the fingerprint is made of the rules' path too.
  const fingerprint = content ? '' : given(text(extra, 'fingerprint', where));
  if (fingerprint) draft.fingerprint = fingerprint;
  if (isSecret) draft.secrets = literalsOf(`${content}\n${message}`);
  if (extra.is_ignored === true) draft.suppression = { kind: 'in-source', justification: '' };
  return draft;
}

/**
 * The rule's own id. check_id is the id behind the dotted path of the file it came from, which differs from machine to
 * machine; a rule of the registry says its whole name in its metadata, any other one is known by its last segment.
 */
function ruleOf(checkId: string, metadata: Fields, where: string): string {
  const registered = /^https:\/\/semgrep\.dev\/r\/([\w.-]+)$/.exec(text(metadata, 'source', where))?.[1];
  if (registered && (checkId === registered || checkId.endsWith(`.${registered}`))) return registered;
  return checkId.slice(checkId.lastIndexOf('.') + 1) || checkId;
}

// "CWE-95: Eval Injection"
function numberOf(cwe: string): number | undefined {
  const digits = /^CWE-(\d{1,6})\b/i.exec(cwe)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function given(value: string): string {
  return value === withheld ? '' : value;
}

function finish(rest: unknown, scanned: number, parsing: Parsing): void {
  const end = fieldsOf(rest, 'The Semgrep report');
  if (!('results' in end) || !('paths' in end)) {
    throw new InvalidInput('The report has no "results" and "paths": it is not Semgrep’s JSON (--json).', {
      code: 'report.format',
    });
  }
  list(end, 'results', 'The Semgrep report');
  parsing.tool('semgrep', text(end, 'version', 'The Semgrep report'));
  const errors = list(end, 'errors', 'The Semgrep report');
  for (const value of errors) {
    const error = fieldsOf(value, 'Semgrep error');
    // Only the first line: the others quote the source.
    const [message = ''] = text(error, 'message', 'Semgrep error').split('\n', 1);
    // An error about no file is one of the configuration or of Semgrep itself.
    const isFatal = text(error, 'level', 'Semgrep error') === 'error' && !('path' in error && error.path);
    if (isFatal) parsing.failed(message || 'Semgrep failed');
    else parsing.partial(message || 'Semgrep could not scan everything');
  }
  if (scanned === 0 && errors.length === 0) parsing.partial('Semgrep looked at no file');
}
