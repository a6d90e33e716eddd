// gosec's JSON (-fmt json). Paths are absolute; `line` is text, "12" or "12-14"; `code` is an excerpt with numbered
// lines; files that do not compile stand under "Golang errors" and are not scanned.
import { Confidence, InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text } from '../../fields.ts';
import { numberedLines } from '../../flagged-lines.ts';
import { type JsonItem, jsonItems } from '../../json-items.ts';
import { entryOf } from '../../json-values.ts';
import { keyLinesOf, literalsOf } from '../../redact.ts';

const severities: Readonly<Record<string, Severity>> = {
  LOW: Severity.LOW,
  MEDIUM: Severity.MEDIUM,
  HIGH: Severity.HIGH,
};

const confidences: Readonly<Record<string, Confidence>> = {
  LOW: Confidence.LOW,
  MEDIUM: Confidence.MEDIUM,
  HIGH: Confidence.HIGH,
};

/** "Hardcoded credentials": the flagged line holds the secret. */
const secretRule = 'G101';

export const gosec: Adapter = {
  name: 'gosec',
  title: 'gosec JSON (-fmt json)',
  recognises: ({ root, keys }) => root === 'object' && keys.has('Issues') && keys.has('Golang errors'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<Iterable<FindingDraft>> {
  parsing.tool('gosec', '');
  const items = jsonItems(report.open(), ['Issues[]']);
  let step = await items.next();
  for (; !step.done; step = await items.next()) yield drafts(step.value, parsing);
  finish(step.value, parsing);
}

function* drafts(items: readonly JsonItem[], parsing: Parsing): Iterable<FindingDraft> {
  for (const { value, indexes } of items) {
    parsing.record();
    yield draftOf(value, `gosec issue ${indexes[0]}`);
  }
}

function draftOf(value: unknown, where: string): FindingDraft {
  const issue = fieldsOf(value, where);
  const rule = requiredText(issue, 'rule_id', where);
  const [startLine, endLine] = linesOf(text(issue, 'line', where), where);
  const startColumn = Number.parseInt(text(issue, 'column', where), 10) || 0;
  const code = text(issue, 'code', where);
  const content = numberedLines(code, { startLine, endLine, startColumn });
  const cwe = object(issue, 'cwe', where);
  const draft: FindingDraft = {
    rule,
    title: text(issue, 'details', where),
    severity: entryOf(severities, text(issue, 'severity', where)) ?? Severity.UNSPECIFIED,
    confidence: entryOf(confidences, text(issue, 'confidence', where)) ?? Confidence.UNSPECIFIED,
    kind: rule === secretRule ? Kind.SECRET : Kind.WEAKNESS,
    location: { path: requiredText(issue, 'file', where), startLine, endLine, startColumn, snippet: content },
    content,
  };
  if (cwe) {
    const id = Number(text(cwe, 'id', where));
    if (Number.isInteger(id) && id > 0) draft.cwes = [id];
    const url = text(cwe, 'url', where);
    if (url) draft.references = [url];
  }
  draft.secrets = rule === secretRule ? [...keyLinesOf(code), ...literalsOf(content)] : keyLinesOf(code);
  const suppression = suppressionOf(issue, where);
  if (suppression) draft.suppression = suppression;
  const fix = text(issue, 'autofix', where);
  if (fix) draft.properties = { autofix: fix };
  return draft;
}

// "12", "12-14", "".
function linesOf(lines: string, where: string): [number, number] {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(lines);
  if (match) return [Number(match[1]), Number(match[2] ?? match[1])];
  if (lines === '') return [0, 0];
  throw new InvalidInput(`${where}: "line" must be a number or a range such as "12-14"; is this gosec's own JSON?`, {
    code: 'report.field',
  });
}

// With -track-suppressions: "inSource" or "external".
function suppressionOf(issue: Fields, where: string): FindingDraft['suppression'] {
  const [first] = list(issue, 'suppressions', where);
  if (first === undefined) return issue.nosec === true ? { kind: 'in-source', justification: '' } : undefined;
  const suppression = fieldsOf(first, `${where}: "suppressions[0]"`);
  const kind = text(suppression, 'kind', where) === 'external' ? 'external' : 'in-source';
  return { kind, justification: text(suppression, 'justification', where) };
}

function finish(rest: unknown, parsing: Parsing): void {
  const end = fieldsOf(rest, 'The gosec report');
  if (!('Issues' in end)) {
    throw new InvalidInput('The report has no "Issues": it is not gosec’s JSON (-fmt json).', {
      code: 'report.format',
    });
  }
  list(end, 'Issues', 'The gosec report');
  const version = text(end, 'GosecVersion', 'The gosec report');
  // What `go install` builds calls itself "dev".
  if (version !== 'dev') parsing.tool('gosec', version);
  const errors = object(end, 'Golang errors', 'The gosec report') ?? {};
  for (const path of Object.keys(errors)) {
    for (const value of list(errors, path, 'The gosec report')) {
      const error = fieldsOf(value, `gosec error of ${path}`);
      const line = count(error, 'line', path);
      parsing.partial(`not compiled: ${path}${line ? `:${line}` : ''}${path ? ': ' : ''}${text(error, 'error', path)}`);
    }
  }
  const stats = object(end, 'Stats', 'The gosec report');
  if (stats && stats.files === 0) parsing.partial('gosec looked at no file: there is no Go package that it could load');
}
