// OSV-Scanner's JSON (--format json), of versions 1 and 2. A package lists its vulnerabilities, and groups that say
// which of them are one vulnerability under several ids. The version of the tool is not in it.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { fieldsOf, object, requiredText } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { groupsOf } from './groups.ts';
import { licenseDraft } from './license.ts';
import { type ScannedPackage, scannedPackage } from './scanned-package.ts';
import { vulnerabilityDraft } from './vulnerability.ts';

export const osvScanner: Adapter = {
  name: 'osv-scanner',
  title: 'OSV-Scanner JSON (--format json)',
  // Version 1 wrote "results" and nothing else.
  recognises: ({ root, keys, text }) =>
    root === 'object' &&
    keys.has('results') &&
    (keys.has('experimental_config') ||
      (keys.size === 1 && /"packages"\s*:|"results"\s*:\s*(\[\s*\]|null)/.test(text))),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('osv-scanner', '');
  const sources = await sourcesOf(report, parsing);
  const items = jsonItems(report.open(), ['results[].packages[]'], { skip: unread });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) {
      const [result = 0, index = 0] = indexes;
      const where = `OSV-Scanner package ${index} of result ${result}`;
      const found = fieldsOf(value, where);
      const source = sources[result] ?? {};
      const subject = scannedPackage(object(found, 'package', where) ?? {}, textOf(source['path']), where);
      yield* vulnerabilitiesOf(found, subject, parsing, where);
      for (const license of listOf(found['license_violations'])) {
        parsing.record();
        yield licenseDraft(textOf(license), subject);
      }
    }
  }
}

/** Parts that no finding is made of, and that may be long. */
const unread = ['image_metadata', 'experimental_config', 'license_summary'];

// First pass: where each result's packages were read from. Throws when the report is of another shape.
async function sourcesOf(report: Report, parsing: Parsing): Promise<JsonObject[]> {
  const reader = jsonItems(report.open(), [], { skip: ['results[].packages', ...unread] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const rest = objectOf(step.value);
  const results = rest['results'];
  // Other tools have lists of that name, too: read as this one's they would be a scan that found nothing.
  const isOwn = 'experimental_config' in rest || Object.keys(rest).length === 1;
  const hasPackages = listOf(results).every((result) => isObject(result) && 'packages' in result);
  if (!isOwn || !hasPackages || (results !== null && !Array.isArray(results))) {
    throw new InvalidInput(
      'The report has no list of "results" with "packages": it is not OSV-Scanner’s JSON (--format json).',
      { code: 'report.format' },
    );
  }
  // A clean scan has an empty list.
  if (results === null) parsing.partial('OSV-Scanner found no lock file that it could read');
  return listOf(results).map((result) => objectOf(objectOf(result)['source']));
}

/** One finding a group; every id of it is a record, and all but one are merged into that. */
function* vulnerabilitiesOf(
  found: JsonObject,
  subject: ScannedPackage,
  parsing: Parsing,
  where: string,
): Generator<FindingDraft> {
  const vulnerabilities = listOf(found['vulnerabilities']).map((value, index) => {
    parsing.record();
    const vulnerability = fieldsOf(value, `${where}: vulnerability ${index}`);
    requiredText(vulnerability, 'id', `${where}: vulnerability ${index}`);
    return vulnerability;
  });
  for (const { members, group } of groupsOf(vulnerabilities, listOf(found['groups']).map(objectOf))) {
    for (let left = members.length; left > 1; left--) parsing.merge('another id of the same vulnerability');
    yield vulnerabilityDraft(members, group, subject);
  }
}
