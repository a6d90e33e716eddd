// One component to one finding draft: an inventory entry.
import { Kind, Severity } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';

/** "group/name@version" */
export function nameOf(component: JsonObject): string {
  const version = textOf(component['version']);
  return version ? `${fullName(component)}@${version}` : fullName(component);
}

function fullName(component: JsonObject): string {
  const group = textOf(component['group']);
  const name = textOf(component['name']);
  return group ? `${group}/${name}` : name;
}

export function componentDraft(component: JsonObject): FindingDraft {
  const type = textOf(component['type']) || 'component';
  const all: Record<string, string> = {
    type,
    version: textOf(component['version']),
    scope: textOf(component['scope']),
    licenses: licensesOf(component),
    cpe: textOf(component['cpe']),
    bomRef: textOf(component['bom-ref']),
    sha256: sha256Of(component),
  };
  return {
    // An entry has no rule; its type is what it is grouped by.
    rule: type,
    title: nameOf(component) || '(component without a name)',
    description: textOf(component['description']),
    severity: Severity.INFO,
    kind: Kind.COMPONENT,
    purl: textOf(component['purl']),
    properties: Object.fromEntries(Object.entries(all).filter(([, value]) => value)),
    // Without a purl it is its name, whatever the version, as it is with one.
    content: fullName(component),
  };
}

/** "MIT, Apache-2.0": ids, names or expressions. */
function licensesOf(component: JsonObject): string {
  return listOf(component['licenses'])
    .map(objectOf)
    .map((choice) => {
      const license = objectOf(choice['license']);
      return textOf(choice['expression']) || textOf(license['id']) || textOf(license['name']);
    })
    .filter(Boolean)
    .join(', ');
}

function sha256Of(component: JsonObject): string {
  const found = listOf(component['hashes'])
    .map(objectOf)
    .find((hash) => hash['alg'] === 'SHA-256');
  return textOf(found?.['content']);
}
