// ESLint's JSON (-f json, -f json-with-metadata). An element is a file with its messages and its whole source: only the
// flagged lines of that leave here. A parse error is no finding but a file that was not scanned.
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, list, object, requiredText, text } from '../../fields.ts';
import { flaggedLines } from '../../flagged-lines.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject } from '../../json-values.ts';
import { readStart } from '../../read-start.ts';
import { keyLinesOf } from '../../redact.ts';

/** 1 is "warn", 2 is "error": what the project's configuration says, for want of a severity of the rule's own. */
const severities: Readonly<Record<number, Severity>> = { 1: Severity.MEDIUM, 2: Severity.HIGH };

export const eslint: Adapter = {
  name: 'eslint',
  title: 'ESLint JSON (-f json or -f json-with-metadata)',
  recognises: ({ root, keys }) =>
    // An empty list may come from other tools as well; secretlint's files have "sourceContent".
    root === 'array'
      ? keys.size === 0 || (keys.has('filePath') && keys.has('messages') && !keys.has('sourceContent'))
      : root === 'object' && keys.has('results') && keys.has('metadata') && !keys.has('errors'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('eslint', '');
  const rules = await rulesOf(report);
  const items = jsonItems(report.open(), ['[]', 'results[]'], { skip: ['metadata'] });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) yield* draftsOf(value, rules, `ESLint file ${indexes[0]}`, parsing);
  }
  const rest = step.value;
  // Other tools have members named "results", too: read as ESLint's they would be a project without a finding.
  const isList = Array.isArray(rest) || (isObject(rest) && Array.isArray(rest['results']) && 'metadata' in rest);
  if (!isList)
    throw new InvalidInput('The report is no list of files: it is not ESLint’s JSON (-f json).', {
      code: 'report.format',
    });
}

function* draftsOf(value: unknown, rules: Fields, where: string, parsing: Parsing): Generator<FindingDraft> {
  const file = fieldsOf(value, where);
  const path = requiredText(file, 'filePath', where);
  const messages = list(file, 'messages', where);
  const suppressed = list(file, 'suppressedMessages', where);
  if (messages.length + suppressed.length === 0) return;
  // Absent where ESLint fixed the file: then the flagged lines are nowhere.
  const source = text(file, 'source', where);
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
  const secrets = keyLinesOf(source);
  for (const [index, item] of messages.entries()) {
    const at = `${where}, message ${index}`;
    const message = fieldsOf(item, at);
    parsing.record();
    if (message.ruleId !== null && message.ruleId !== undefined) {
      yield { ...draftOf(message, path, lines, rules, at), secrets };
    } else if (message.fatal === true) {
      parsing.filter('parse error');
      parsing.partial(`not scanned: ${path}:${count(message, 'line', at)}: ${text(message, 'message', at)}`);
    } else {
      parsing.filter('notice of the tool');
      parsing.note(`${path}: ${text(message, 'message', at)}`);
    }
  }
  for (const [index, item] of suppressed.entries()) {
    const at = `${where}, suppressed message ${index}`;
    const message = fieldsOf(item, at);
    parsing.record();
    const draft = draftOf(message, path, lines, rules, at);
    const [first] = list(message, 'suppressions', at);
    const justification = first === undefined ? '' : text(fieldsOf(first, at), 'justification', at);
    yield { ...draft, secrets, suppression: { kind: 'in-source', justification } };
  }
}

function draftOf(message: Fields, path: string, lines: readonly string[], rules: Fields, where: string): FindingDraft {
  const rule = requiredText(message, 'ruleId', where);
  const span = {
    startLine: count(message, 'line', where),
    endLine: count(message, 'endLine', where) || count(message, 'line', where),
    startColumn: count(message, 'column', where),
    endColumn: count(message, 'endColumn', where),
  };
  const content = flaggedLines(lines, span);
  const docs = docsOf(rules, rule);
  const url = docs ? text(docs, 'url', where) : '';
  const draft: FindingDraft = {
    rule,
    title: text(message, 'message', where),
    severity: severities[count(message, 'severity', where)] ?? Severity.UNSPECIFIED,
    kind: Kind.WEAKNESS,
    location: { path, ...span, snippet: content },
    content,
  };
  if (docs) draft.description = text(docs, 'description', where);
  // Rules of ESLint itself have no prefix, and their pages one address.
  if (url || !rule.includes('/')) draft.references = [url || `https://eslint.org/docs/latest/rules/${rule}`];
  return draft;
}

function docsOf(rules: Fields, rule: string): Fields | undefined {
  if (!Object.hasOwn(rules, rule)) return undefined;
  return object(fieldsOf(rules[rule], `ESLint rule ${rule}`), 'docs', `ESLint rule ${rule}`);
}

// What -f json-with-metadata says about rules, behind the results; a pass of its own, only where there is any.
async function rulesOf(report: Report): Promise<Fields> {
  if (!/^\s*\{/.test(await readStart(report, 1024))) return {};
  const reader = jsonItems(report.open(), [], { skip: ['results'] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const metadata = object(fieldsOf(step.value, 'The ESLint report'), 'metadata', 'The ESLint report') ?? {};
  return object(metadata, 'rulesMeta', 'The ESLint report') ?? {};
}
