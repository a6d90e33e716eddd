// npm 7 and newer: packages by name, each with what it is vulnerable by: advisories, and names of packages it depends on.
import type { FindingDraft, Parsing } from '../../adapter.ts';
import { type Fields, fieldsOf, list, text } from '../../fields.ts';
import { isObject, numberOf, textOf, textsOf } from '../../json-values.ts';
import { advisoryDraft } from './advisory.ts';

/** Places of a package that are named. */
const maxNodes = 10;

/**
 * A record is an entry of "via". A name there is no advisory: the one of the package of that name is in the report.
 * The report says where a package lies in node_modules, not which version it is.
 */
export function* advisories7(packages: Fields, parsing: Parsing): Generator<FindingDraft> {
  for (const [key, value] of Object.entries(packages)) {
    const where = `npm audit package ${key.slice(0, 80)}`;
    const found = fieldsOf(value, where);
    const nodes = textsOf(found['nodes']);
    const about = {
      ...fixOf(found['fixAvailable'], key),
      isDirect: found['isDirect'] === true ? 'true' : '',
      nodes: nodes.slice(0, maxNodes).join(' '),
      nodeCount: nodes.length > maxNodes ? String(nodes.length) : '',
    };
    for (const [index, via] of list(found, 'via', where).entries()) {
      parsing.record();
      if (typeof via === 'string') {
        if (Object.hasOwn(packages, via)) parsing.merge('vulnerable by a dependency whose advisory is in the report');
        else parsing.filter('vulnerable by a dependency that the report does not list');
        continue;
      }
      const advisory = fieldsOf(via, `${where}: "via[${index}]"`);
      const name = text(advisory, 'dependency', where) || text(advisory, 'name', where) || key;
      const source = String(numberOf(advisory['source']) ?? textOf(advisory['source']));
      yield advisoryDraft(
        advisory,
        source,
        { name, version: '' },
        {
          vulnerableVersions: textOf(advisory['range']),
          ...about,
        },
      );
    }
  }
}

/** "fixedVersion" of the package itself; else which package above it is to be raised, and to what. */
function fixOf(fix: unknown, name: string): Record<string, string> {
  if (!isObject(fix)) return { fixAvailable: typeof fix === 'boolean' ? String(fix) : '' };
  const version = textOf(fix['version']);
  const isMajor = fix['isSemVerMajor'] === true ? ' (major)' : '';
  return fix['name'] === name ? { fixedVersion: version } : { fixedBy: `${textOf(fix['name'])}@${version}${isMajor}` };
}
