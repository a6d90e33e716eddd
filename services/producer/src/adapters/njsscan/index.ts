// njsscan's JSON (--json): by rule, the rule's description behind the places it matched. Errors are objects about a
// file it could not parse, or words about what kept it from scanning at all.
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { hardCodedCredentials } from '../../credential-weaknesses.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text } from '../../fields.ts';
import { flaggedLines } from '../../flagged-lines.ts';
import { jsonItems } from '../../json-items.ts';
import { entryOf } from '../../json-values.ts';
import { keyLinesOf, literalsOf } from '../../redact.ts';
import { titleOf } from '../../title-of.ts';

// As its own DefectDojo report has them.
const severities: Readonly<Record<string, Severity>> = {
  INFO: Severity.INFO,
  WARNING: Severity.MEDIUM,
  ERROR: Severity.HIGH,
};

/** What is scanned by meaning, and what by pattern. */
const groups = ['nodejs', 'templates'] as const;
type Group = (typeof groups)[number];

interface Rule {
  readonly id: string;
  readonly group: Group;
  readonly metadata: Fields;
  /** It names no place: --missing-controls says what the application lacks. */
  readonly isPlaceless: boolean;
}

export const njsscan: Adapter = {
  name: 'njsscan',
  title: 'njsscan JSON (--json)',
  recognises: ({ root, keys }) =>
    root === 'object' && keys.has('njsscan_version') && keys.has('nodejs') && keys.has('templates'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('njsscan', '');
  const rest = await aroundFiles(report);
  parsing.tool('njsscan', text(rest, 'njsscan_version', 'The njsscan report'));
  const rules = new Map<string, Rule>();
  for (const rule of rulesOf(rest)) rules.set(`${rule.group}.${rule.id}.files[]`, rule);
  const items = jsonItems(report.open(), [...rules.keys()]);
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { at, value, indexes } of step.value) {
      const rule = rules.get(at);
      if (!rule) continue;
      const where = `njsscan match ${indexes[0]} of ${rule.id}`;
      parsing.record();
      yield draftOf(rule, fieldsOf(value, where), where);
    }
  }
  for (const rule of rules.values()) {
    if (!rule.isPlaceless) continue;
    parsing.record();
    yield draftOf(rule, undefined, `njsscan rule ${rule.id}`);
  }
  const errors = list(rest, 'errors', 'The njsscan report');
  for (const error of errors) tellOf(error, parsing);
  if (rules.size + errors.length === 0)
    parsing.note('njsscan found nothing; it does not say whether it looked at any file');
}

/** The report without the places: small, whatever was found. */
async function aroundFiles(report: Report): Promise<Fields> {
  const reader = jsonItems(report.open(), [], { skip: groups.map((group) => `${group}.*.files`) });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const rest = fieldsOf(step.value, 'The njsscan report');
  if ('njsscan_version' in rest && 'nodejs' in rest && 'templates' in rest) return rest;
  throw new InvalidInput('The report has no "njsscan_version", "nodejs" and "templates": it is not njsscan’s JSON.', {
    code: 'report.format',
  });
}

function* rulesOf(rest: Fields): Generator<Rule> {
  for (const group of groups) {
    const rules = object(rest, group, 'The njsscan report') ?? {};
    for (const [index, id] of Object.keys(rules).entries()) {
      // Its own are such words; the places are looked for by this name.
      if (!/^[\w-]{1,200}$/.test(id)) {
        throw new InvalidInput(
          `njsscan rule ${index} of "${group}" has no name that njsscan gives; submit its own JSON.`,
          {
            code: 'report.field',
          },
        );
      }
      const where = `njsscan rule ${id}`;
      const rule = fieldsOf(rules[id], where);
      list(rule, 'files', where);
      const metadata = object(rule, 'metadata', where) ?? {};
      yield { id, group, metadata, isPlaceless: rule['files'] === undefined || rule['files'] === null };
    }
  }
}

function draftOf({ id, group, metadata }: Rule, match: Fields | undefined, where: string): FindingDraft {
  const description = text(metadata, 'description', where);
  // "CWE-95: Improper …"
  const cwe = Number(/^CWE-(\d{1,6})\b/i.exec(text(metadata, 'cwe', where))?.[1] ?? 0);
  const isSecret = hardCodedCredentials.has(cwe);
  const title = titleOf(description) || id;
  const draft: FindingDraft = {
    rule: id,
    title,
    severity: entryOf(severities, text(metadata, 'severity', where).toUpperCase()) ?? Severity.UNSPECIFIED,
    kind: isSecret ? Kind.SECRET : Kind.WEAKNESS,
    cwes: cwe > 0 ? [cwe] : [],
    properties: { owasp: text(metadata, 'owasp-web', where), group: group === 'templates' ? group : '' },
  };
  if (description !== title) draft.description = description;
  if (!match) return draft;
  const [startLine, endLine] = pairOf(match, 'match_lines', where);
  // In templates these are positions in the file, not in a line.
  const [startColumn, endColumn] = group === 'nodejs' ? pairOf(match, 'match_position', where) : [0, 0];
  const source = text(match, 'match_string', where);
  const lines = source.split('\n');
  const content = flaggedLines(lines, { startLine: 1, endLine: lines.length, startColumn, endColumn });
  draft.location = {
    path: requiredText(match, 'file_path', where),
    startLine,
    endLine,
    startColumn,
    endColumn,
    snippet: content,
  };
  draft.content = content;
  draft.secrets = isSecret ? [...keyLinesOf(source), ...literalsOf(content)] : keyLinesOf(source);
  return draft;
}

function pairOf(match: Fields, key: string, where: string): [number, number] {
  const [first, last] = list(match, key, where);
  const pair = { first, last };
  return [count(pair, 'first', `${where}: "${key}"`), count(pair, 'last', `${where}: "${key}"`)];
}

function tellOf(error: unknown, parsing: Parsing): void {
  // "semgrep not found. Install with: pip install semgrep"
  if (typeof error === 'string') {
    parsing.failed(error || 'njsscan failed');
    return;
  }
  const fields = fieldsOf(error, 'njsscan error');
  // Only the first line: the others quote the source.
  const [message = ''] = text(fields, 'message', 'njsscan error').split('\n', 1);
  const path = text(fields, 'path', 'njsscan error');
  if (path !== '') parsing.partial(message || `could not be scanned: ${path}`);
  else parsing.failed(message || 'njsscan failed');
}
