// Which records of a package are one vulnerability: GHSA-…, PYSEC-… and CVE-… of the same flaw stand in one group.
import { type JsonObject, textOf, textsOf } from '../../json-values.ts';

export interface Group {
  /** At least one, in order of the report. */
  readonly members: readonly JsonObject[];
  /** What the tool says of them together: aliases, max_severity; {} where it says nothing. */
  readonly group: JsonObject;
}

/** Every vulnerability is in one group, one without a group in one of its own; groups in order of their first member. */
export function groupsOf(vulnerabilities: readonly JsonObject[], groups: readonly JsonObject[]): Group[] {
  const groupOf = new Map<string, JsonObject>();
  for (const group of groups) for (const id of textsOf(group['ids'])) groupOf.set(id, group);
  const found = new Map<JsonObject | string, { members: JsonObject[]; group: JsonObject }>();
  for (const vulnerability of vulnerabilities) {
    const id = textOf(vulnerability['id']);
    const group = groupOf.get(id);
    const key = group ?? id;
    const known = found.get(key);
    if (known) known.members.push(vulnerability);
    else found.set(key, { members: [vulnerability], group: group ?? {} });
  }
  return [...found.values()];
}
