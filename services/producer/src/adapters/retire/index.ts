// retire.js's JSON (--outputformat json, or jsonsimple: its "data" alone): by file, the libraries in it and what is
// known of them. What kept it from scanning stands under "errors", and the report looks clean otherwise.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { fieldsOf, list, requiredText, text } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { readStart } from '../../read-start.ts';
import { draftOf, libraryOf } from './vulnerability.ts';

/** What it says of one file or one question; any other error ended the scan before it began. */
const isOfOneFile = /^(?:Could not parse file: |Failed to scan |Error checking OSV: )/;

export const retire: Adapter = {
  name: 'retire',
  title: 'Retire.js JSON (--outputformat json or jsonsimple)',
  recognises: ({ root, keys }) =>
    (root === 'object' && ['version', 'data', 'messages', 'errors', 'time'].every((key) => keys.has(key))) ||
    (root === 'array' && keys.size === 2 && keys.has('file') && keys.has('results')),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  // Its first member, so that findings can say it; where it is not, the end of the report does.
  const version = /^\s*\{\s*"version"\s*:\s*"([\w.+-]{1,40})"/.exec(await readStart(report, 256))?.[1];
  parsing.tool('retire', version ?? '');
  const items = jsonItems(report.open(), ['data[]', '[]']);
  let files = 0;
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value } of step.value) yield* draftsOf(value, files++, parsing);
  }
  finish(step.value, files, parsing);
}

function* draftsOf(value: unknown, index: number, parsing: Parsing): Generator<FindingDraft> {
  const where = `retire file ${index}`;
  const file = fieldsOf(value, where);
  // Up to 2.0 a module of node_modules came without a file.
  const path = Array.isArray(file['results']) ? text(file, 'file', where) : requiredText(file, 'file', where);
  for (const [position, result] of list(file, 'results', where).entries()) {
    const place = `${where}, library ${position}`;
    const fields = fieldsOf(result, place);
    const library = libraryOf(fields, place);
    const vulnerabilities = list(fields, 'vulnerabilities', place);
    for (const [number, vulnerability] of vulnerabilities.entries()) {
      parsing.record();
      yield draftOf(library, path, vulnerability, `${place}, vulnerability ${number}`);
    }
    // With --verbose it lists these too.
    if (vulnerabilities.length === 0) {
      parsing.record();
      parsing.filter('library without a known vulnerability');
    }
  }
}

function finish(rest: unknown, files: number, parsing: Parsing): void {
  if (Array.isArray(rest)) {
    if (files === 0) parsing.partial('retire’s jsonsimple holds nothing; it does not say whether the scan failed');
    return;
  }
  const end = fieldsOf(rest, 'The retire report');
  if (!Array.isArray(end['data']) || !('errors' in end)) {
    throw new InvalidInput(
      'The report has no list of "data" and no "errors": it is not retire’s JSON (--outputformat json).',
      { code: 'report.format' },
    );
  }
  parsing.tool('retire', text(end, 'version', 'The retire report'));
  const errors = list(end, 'errors', 'The retire report');
  if (files + errors.length === 0) parsing.note('retire found nothing; it does not say whether it looked at any file');
  for (const error of errors) {
    const words = typeof error === 'string' ? error : 'retire failed';
    if (isOfOneFile.test(words)) parsing.partial(words);
    else parsing.failed(words || 'retire failed');
  }
}
