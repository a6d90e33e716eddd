// Checkov's JSON (-o json) in its three shapes: one framework's report is an object, those of several are a list, and
// a scan that checked nothing is its bare summary. Passed checks are records too; --quiet leaves them out.
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { fieldsOf } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { draftOf } from './check.ts';
import { reportSections, type Section } from './sections.ts';

const lists = ['failed_checks', 'skipped_checks', 'passed_checks'].map((name) => `results.${name}[]`);

export const checkov: Adapter = {
  name: 'checkov',
  title: 'Checkov JSON (-o json)',
  recognises: ({ root, keys }) =>
    ((root === 'object' || root === 'array') && keys.has('check_type') && keys.has('results') && keys.has('summary')) ||
    (root === 'object' && keys.has('checkov_version') && keys.has('parsing_errors')),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('checkov', '');
  // A pass of its own: the version and what the checks are about stand behind them.
  const sections = await reportSections(report);
  for (const { version } of sections) parsing.tool('checkov', version);
  const items = jsonItems(report.open(), [...lists, ...lists.map((list) => `[].${list}`)]);
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { at, value, indexes } of step.value) {
      const section = sections[indexes.length > 1 ? (indexes[0] ?? 0) : 0];
      if (!section) continue;
      parsing.record();
      if (at.endsWith('passed_checks[]')) {
        parsing.filter('passed');
        continue;
      }
      const isSkipped = at.endsWith('skipped_checks[]');
      if (!isSkipped) section.seen++;
      const where = `Checkov ${isSkipped ? 'skipped' : 'failed'} check ${indexes.join('.')}`;
      yield draftOf(fieldsOf(value, where), where, {
        framework: section.framework,
        isSkipped,
        sourceRoot: report.sourceRoot,
      });
    }
  }
  for (const section of sections) finish(section, parsing);
}

function finish({ framework, isBare, seen, failed, unparsed, unparsedFiles }: Section, parsing: Parsing): void {
  if (isBare) parsing.partial('Checkov found nothing that it could check');
  for (const file of unparsedFiles) parsing.partial(`not checked: ${file} could not be parsed as ${framework}`);
  const unnamed = unparsed - unparsedFiles.length;
  if (unnamed > 0)
    parsing.partial(`not checked: ${unnamed} ${framework} files could not be parsed; without --quiet it says which`);
  if (failed !== seen) parsing.partial(`Checkov counted ${failed} failed ${framework} checks, but reports ${seen}`);
}
