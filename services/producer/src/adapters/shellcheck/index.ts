// ShellCheck's JSON (-f json1). It quotes no source, so a finding goes by its title and its ordinal in the file. A file
// that does not parse is checked up to there: what ShellCheck says of that are findings, and the scan is partial.
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, fieldsOf, requiredText, text } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { entryOf } from '../../json-values.ts';

const severities: Readonly<Record<string, Severity>> = {
  style: Severity.INFO,
  info: Severity.LOW,
  warning: Severity.MEDIUM,
  error: Severity.HIGH,
};

/** "… Fix any mentioned problems and try again.": always the last word on a file that does not parse. */
const parsingStopped = 1072;

export const shellcheck: Adapter = {
  name: 'shellcheck',
  title: 'ShellCheck JSON (-f json1)',
  recognises: ({ root, keys }) => root === 'object' && keys.size === 1 && keys.has('comments'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('shellcheck', '');
  const items = jsonItems(report.open(), ['comments[]']);
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) {
      parsing.record();
      yield draftOf(value, `ShellCheck comment ${indexes[0]}`, parsing);
    }
  }
  const end = fieldsOf(step.value, 'The ShellCheck report');
  if (!Array.isArray(end['comments'])) {
    throw new InvalidInput('The report has no list of "comments": it is not ShellCheck’s JSON (-f json1).', {
      code: 'report.format',
    });
  }
}

function draftOf(value: unknown, where: string, parsing: Parsing): FindingDraft {
  const comment = fieldsOf(value, where);
  const path = requiredText(comment, 'file', where);
  const code = count(comment, 'code', where);
  if (code === 0)
    throw new InvalidInput(`${where} has no code; submit ShellCheck’s own report.`, { code: 'report.field' });
  const startLine = count(comment, 'line', where);
  const title = requiredText(comment, 'message', where).trim();
  if (code === parsingStopped) parsing.partial(`not checked to its end: ${path}:${startLine}: ${title}`);
  return {
    rule: `SC${code}`,
    title,
    severity: entryOf(severities, text(comment, 'level', where)) ?? Severity.UNSPECIFIED,
    kind: Kind.WEAKNESS,
    location: {
      path,
      startLine,
      endLine: count(comment, 'endLine', where),
      startColumn: count(comment, 'column', where),
      endColumn: count(comment, 'endColumn', where),
    },
    references: [`https://www.shellcheck.net/wiki/SC${code}`],
  };
}
