// Staticcheck's JSON (-f json): one object a line. It writes nothing when it found nothing, so an empty report says as
// little as none: task.yaml writes an empty list then, and a list is read like lines. Paths are absolute. "severity"
// only says whether a check was to fail the run (-fail); how bad a check is stands in the tool's documentation. It
// quotes no source, so a finding goes by its title and its ordinal in the file.
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { jsonLines } from '../../json-lines.ts';
import { entryOf } from '../../json-values.ts';
import { readStart } from '../../read-start.ts';

/** Checks that the tool's documentation calls errors: the code does not do what it says, whatever the input. */
const errors = new Set(
  `SA1000 SA1001 SA1002 SA1003 SA1007 SA1011 SA1014 SA1020 SA1023 SA1026 SA1028 SA1030 SA1032
   SA2002 SA3001 SA5000 SA5009 SA5012`.split(/\s+/),
);

/** By the letters of a check: bugs, simplifications, style, quick fixes, unused code. */
const severities: Readonly<Record<string, Severity>> = {
  SA: Severity.MEDIUM,
  S: Severity.LOW,
  ST: Severity.INFO,
  QF: Severity.INFO,
  U: Severity.LOW,
};

/** Not checks: a package that does not compile, or a configuration that cannot be read, was not looked at. */
const failures = new Set(['compile', 'config']);

export const staticcheck: Adapter = {
  name: 'staticcheck',
  title: 'Staticcheck JSON (-f json)',
  recognises: ({ root, keys }) =>
    (root === 'lines' || root === 'object' || root === 'array') &&
    ['code', 'location', 'end', 'message'].every((key) => keys.has(key)),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('staticcheck', '');
  let index = 0;
  for await (const values of problems(report)) {
    for (const value of values) {
      parsing.record();
      const draft = draftOf(value, `Staticcheck problem ${index++}`, parsing);
      if (draft) yield draft;
    }
  }
}

async function* problems(report: Report): AsyncGenerator<unknown[]> {
  const first = (await readStart(report, 4096)).trimStart().charAt(0);
  if (first === '') {
    throw new InvalidInput(
      'The report is empty: Staticcheck writes nothing when it found nothing, and nothing when it was killed. Submit "[]" in its place when it ended with 0.',
      { code: 'report.empty' },
    );
  }
  if (first === '[') {
    for await (const items of jsonItems(report.open(), ['[]'])) yield items.map(({ value }) => value);
    return;
  }
  for await (const lines of jsonLines(report.open())) yield lines.map(({ value }) => value);
}

function draftOf(value: unknown, where: string, parsing: Parsing): FindingDraft | undefined {
  const problem = fieldsOf(value, where);
  const rule = requiredText(problem, 'code', where);
  const message = requiredText(problem, 'message', where).trim();
  const location = object(problem, 'location', where) ?? {};
  const path = text(location, 'file', where);
  if (failures.has(rule)) {
    parsing.partial(`${path ? `${path}: ` : ''}${message}`);
    parsing.filter(`could not be read (${rule})`);
    return undefined;
  }
  const letters = /^[A-Z]+(?=\d)/.exec(rule)?.[0] ?? '';
  const end = object(problem, 'end', where) ?? {};
  const draft: FindingDraft = {
    rule,
    title: message,
    description: relatedOf(problem, where),
    severity: errors.has(rule) ? Severity.HIGH : (entryOf(severities, letters) ?? Severity.UNSPECIFIED),
    kind: Kind.WEAKNESS,
    references: letters ? [`https://staticcheck.dev/docs/checks#${rule}`] : [],
  };
  if (path) {
    draft.location = {
      path,
      startLine: count(location, 'line', where),
      endLine: count(end, 'line', where),
      startColumn: count(location, 'column', where),
      endColumn: count(end, 'column', where),
    };
  }
  // With -show-ignored: what a //lint:ignore in the source says.
  if (text(problem, 'severity', where) === 'ignored') draft.suppression = { kind: 'in-source', justification: '' };
  return draft;
}

function relatedOf(problem: Fields, where: string): string {
  return list(problem, 'related', where)
    .map((value) => text(fieldsOf(value, `${where}: "related"`), 'message', where))
    .filter(Boolean)
    .join('\n');
}
