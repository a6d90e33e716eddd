// Bandit's JSON (-f json). Files it could not read or parse stand under "errors"; a folder that does not exist does
// too, and looks clean otherwise. Rules about passwords quote them in their text.
import { Confidence, InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text } from '../../fields.ts';
import { numberedLines } from '../../flagged-lines.ts';
import { jsonItems } from '../../json-items.ts';
import { entryOf } from '../../json-values.ts';
import { keyLinesOf } from '../../redact.ts';

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

/** Hard-coded passwords: in a string, as an argument, as a default. Their text ends in the value in quotes. */
const secretRules: ReadonlySet<string> = new Set(['B105', 'B106', 'B107']);

export const bandit: Adapter = {
  name: 'bandit',
  title: 'Bandit JSON (-f json)',
  recognises: ({ root, keys }) =>
    root === 'object' && keys.has('results') && keys.has('metrics') && keys.has('errors') && keys.has('generated_at'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('bandit', '');
  // Metrics hold an object a file: only their names are kept.
  const items = jsonItems(report.open(), ['results[]'], { skip: ['metrics.*'] });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) {
      const where = `Bandit result ${indexes[0]}`;
      const result = fieldsOf(value, where);
      parsing.record();
      if (indexes[0] === 0) parsing.tool('bandit', versionIn(text(result, 'more_info', where)));
      yield draftOf(result, where);
    }
  }
  finish(step.value, parsing);
}

function draftOf(result: Fields, where: string): FindingDraft {
  const rule = requiredText(result, 'test_id', where);
  const title = requiredText(result, 'issue_text', where);
  const isSecret = secretRules.has(rule);
  const startLine = count(result, 'line_number', where);
  // The range of a password is that of the whole expression around it, with other people's passwords in it.
  const endLine = isSecret ? startLine : lastLine(result, startLine, where);
  const startColumn = columnOf(result, 'col_offset', where);
  const endColumn = columnOf(result, 'end_col_offset', where);
  const code = text(result, 'code', where);
  const content = numberedLines(code, { startLine, endLine, startColumn, endColumn });
  const cwe = object(result, 'issue_cwe', where) ?? {};
  const id = count(cwe, 'id', where);
  const references = [text(result, 'more_info', where), text(cwe, 'link', where)].filter((url) => url !== '');
  const draft: FindingDraft = {
    rule,
    title,
    severity: entryOf(severities, text(result, 'issue_severity', where)) ?? Severity.UNSPECIFIED,
    confidence: entryOf(confidences, text(result, 'issue_confidence', where)) ?? Confidence.UNSPECIFIED,
    kind: isSecret ? Kind.SECRET : Kind.WEAKNESS,
    cwes: id > 0 ? [id] : [],
    location: {
      path: requiredText(result, 'filename', where),
      startLine,
      endLine,
      startColumn,
      endColumn,
      snippet: content,
    },
    references,
    properties: { testName: text(result, 'test_name', where) },
    content,
  };
  const secret = isSecret ? /'(.+)'/s.exec(title)?.[1] : undefined;
  draft.secrets = [...keyLinesOf(code), ...(secret === undefined ? [] : [secret])];
  return draft;
}

function lastLine(result: Fields, startLine: number, where: string): number {
  let last = startLine;
  for (const line of list(result, 'line_range', where)) if (typeof line === 'number' && line > last) last = line;
  return last;
}

// Offsets count from 0, columns from 1; -1 is an offset that is not known.
function columnOf(result: Fields, key: string, where: string): number {
  const offset = result[key];
  return offset === undefined || offset === null || offset === -1 ? 0 : count(result, key, where) + 1;
}

// "https://bandit.readthedocs.io/en/1.9.4/plugins/…": the report says its version nowhere else.
function versionIn(url: string): string {
  return /readthedocs\.io\/en\/(\d[\w.]*)\//.exec(url)?.[1] ?? '';
}

function finish(rest: unknown, parsing: Parsing): void {
  const end = fieldsOf(rest, 'The Bandit report');
  if (!('results' in end) || !('errors' in end)) {
    throw new InvalidInput('The report has no "results" and "errors": it is not Bandit’s JSON (-f json).', {
      code: 'report.format',
    });
  }
  list(end, 'results', 'The Bandit report');
  const scanned = Object.keys(object(end, 'metrics', 'The Bandit report') ?? {}).filter((name) => name !== '_totals');
  const errors = list(end, 'errors', 'The Bandit report');
  const isBlind = scanned.length === 0 && errors.length > 0;
  for (const value of errors) {
    const error = fieldsOf(value, 'Bandit error');
    const note = `not scanned: ${text(error, 'filename', 'Bandit error')}: ${text(error, 'reason', 'Bandit error')}`;
    if (isBlind) parsing.failed(note);
    else parsing.partial(note);
  }
  if (scanned.length === 0 && !isBlind)
    parsing.partial('Bandit looked at no file: there is no Python in what it scanned');
}
