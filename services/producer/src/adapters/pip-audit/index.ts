// pip-audit's JSON (-f json): dependencies with their vulnerabilities, without severities. Up to 2.1 the list of
// dependencies was the whole document. A dependency that it could not audit says why and makes the scan partial.
import { InvalidInput, Kind } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { type Fields, fieldsOf, list, requiredText, text, texts } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject } from '../../json-values.ts';
import { packagePurl } from '../../purl.ts';
import { titleOf } from '../../title-of.ts';
import { cvesIn } from '../sarif/weaknesses.ts';

export const pipAudit: Adapter = {
  name: 'pip-audit',
  title: 'pip-audit JSON (-f json)',
  recognises: ({ root, keys }) =>
    root === 'array'
      ? keys.has('name') && (keys.has('skip_reason') || (keys.has('version') && keys.has('vulns')))
      : root === 'object' && keys.has('dependencies') && keys.has('fixes'),
  parse,
};

/** A record is a vulnerability of a dependency, or a dependency without any. */
async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('pip-audit', '');
  const items = jsonItems(report.open(), ['[]', 'dependencies[]'], { skip: ['fixes'] });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { value, indexes } of step.value) {
      const where = `pip-audit dependency ${indexes[0]}`;
      yield* draftsOf(fieldsOf(value, where), where, parsing);
    }
  }
  const end = step.value;
  if (!Array.isArray(isObject(end) ? end['dependencies'] : end)) {
    throw new InvalidInput('The report has no list of "dependencies": it is not pip-audit’s JSON (-f json).', {
      code: 'report.format',
    });
  }
}

function* draftsOf(dependency: Fields, where: string, parsing: Parsing): Generator<FindingDraft> {
  const name = requiredText(dependency, 'name', where);
  const reason = text(dependency, 'skip_reason', where);
  if (reason) {
    parsing.record();
    parsing.filter('dependency that was not audited');
    parsing.partial(`not audited: ${name}: ${reason}`);
    return;
  }
  const version = text(dependency, 'version', where);
  const vulnerabilities = list(dependency, 'vulns', where);
  if (vulnerabilities.length === 0) {
    parsing.record();
    parsing.filter('dependency without known vulnerabilities');
  }
  const known = new Set<Vulnerability>();
  const byId = new Map<string, Vulnerability>();
  for (const [index, value] of vulnerabilities.entries()) {
    parsing.record();
    const vulnerability = vulnerabilityOf(value, `${where}: vulnerability ${index}`);
    const alias = [...vulnerability.ids].find((id) => byId.has(id));
    const same = (alias === undefined ? undefined : byId.get(alias)) ?? vulnerability;
    if (known.has(same)) parsing.merge('another id of the same vulnerability');
    known.add(same);
    for (const id of vulnerability.ids) {
      same.ids.add(id);
      if (!byId.has(id)) byId.set(id, same);
    }
  }
  for (const vulnerability of known) yield draftOf(vulnerability, name, version);
}

interface Vulnerability {
  /** The tool's own first. */
  readonly ids: Set<string>;
  readonly description: string;
  readonly fixes: string;
}

function vulnerabilityOf(value: unknown, where: string): Vulnerability {
  const vulnerability = fieldsOf(value, where);
  const id = requiredText(vulnerability, 'id', where);
  return {
    ids: new Set([id, ...texts(vulnerability, 'aliases', where)]),
    description: text(vulnerability, 'description', where).trim(),
    fixes: texts(vulnerability, 'fix_versions', where).join(', '),
  };
}

function draftOf({ ids, description, fixes }: Vulnerability, name: string, version: string): FindingDraft {
  const [id = '', ...aliases] = ids;
  const component = version ? `${name}@${version}` : name;
  const title = titleOf(description) || `${id} in ${component}`;
  return {
    rule: id,
    title,
    description: description === title ? '' : description,
    kind: Kind.VULNERABILITY,
    cves: cvesIn(ids),
    purl: packagePurl('pypi', name, version),
    references: [`https://osv.dev/vulnerability/${encodeURIComponent(id.toWellFormed())}`],
    properties: { component, aliases: aliases.join(' '), fixedVersion: fixes },
    content: `${id}\n${name}`,
  };
}
