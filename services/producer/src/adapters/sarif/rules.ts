// A tool's rules (reportingDescriptor, SARIF 2.1.0 §3.49), kept as small as a result needs them, and how a result
// finds its own (§3.52.3): by component and index, by guid, by id, by the start of a hierarchical id.
import {
  entryOf,
  indexOf,
  isObject,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  textOf,
  textsOf,
} from '../../json-values.ts';
import { scoreOf } from './level.ts';
import { cvesIn, cwesIn } from './weaknesses.ts';

export interface Rule {
  readonly id: string;
  readonly guid: string;
  readonly name: string;
  /** shortDescription.text */
  readonly summary: string;
  /** fullDescription.text, else help.text. */
  readonly description: string;
  /** defaultConfiguration.level, "" when there is none. */
  readonly level: string;
  readonly securitySeverity: number | undefined;
  /** "very-high" to "low", of CodeQL's conventions; "" when not given. */
  readonly precision: string;
  readonly tags: readonly string[];
  readonly cwes: readonly number[];
  readonly cves: readonly string[];
  readonly helpUri: string;
  /** Text by message id. */
  readonly messages: ReadonlyMap<string, string>;
}

/** Says which references name a taxonomy of CWEs. */
export type IsCwe = (reference: JsonObject) => boolean;

export function ruleOf(value: unknown, isCwe: IsCwe): Rule {
  const descriptor = objectOf(value);
  const properties = objectOf(descriptor['properties']);
  const id = textOf(descriptor['id']);
  const tags = textsOf(properties['tags']);
  const relationships = listOf(descriptor['relationships'])
    .map((relationship) => objectOf(objectOf(relationship)['target']))
    .filter(isCwe)
    .map((target) => `CWE-${textOf(target['id']).replace(/^CWE-/i, '')}`);
  return {
    id,
    guid: textOf(descriptor['guid']),
    name: textOf(descriptor['name']),
    summary: textOf(objectOf(descriptor['shortDescription'])['text']),
    description:
      textOf(objectOf(descriptor['fullDescription'])['text']) || textOf(objectOf(descriptor['help'])['text']),
    level: textOf(objectOf(descriptor['defaultConfiguration'])['level']),
    securitySeverity: scoreOf(properties),
    precision: textOf(properties['precision']),
    tags,
    cwes: cwesIn([...tags, ...relationships, ...cweTexts(properties)]),
    // OSV-Scanner lists a vulnerability's aliases as deprecated ids.
    cves: cvesIn([id, ...tags, ...textsOf(descriptor['deprecatedIds'])]),
    helpUri: textOf(descriptor['helpUri']),
    messages: messagesOf(descriptor['messageStrings']),
  };
}

/** The forms in which tools put CWEs into a property bag: "CWE-79: …", 79, ["79", "CWE-80"]. */
export function cweTexts(properties: JsonObject): string[] {
  const value = entryOf(properties, 'cwe') ?? entryOf(properties, 'cwes') ?? entryOf(properties, 'CWE');
  const items = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item === 'string' && !/^\d+$/.test(item)) return [item];
    const number = numberOf(item);
    return number === undefined ? [] : [`CWE-${number}`];
  });
}

export function messagesOf(value: unknown): ReadonlyMap<string, string> {
  return new Map(Object.entries(objectOf(value)).map(([id, message]) => [id, textOf(objectOf(message)['text'])]));
}

/** Components of a hierarchical id that are looked at. */
const maxIdLevels = 16;

/** The rules of a tool's driver and extensions. */
export class Rules {
  readonly #components: Rule[][] = [];
  readonly #names: JsonObject[] = [];
  readonly #byId = new Map<string, Rule>();
  readonly #byGuid = new Map<string, Rule>();

  /** Component 0 is the driver, component n is extension n - 1. */
  add(component: number, rule: Rule): void {
    const list = this.#components[component] ?? [];
    list.push(rule);
    this.#components[component] = list;
    if (rule.id && !this.#byId.has(rule.id)) this.#byId.set(rule.id, rule);
    if (rule.guid) this.#byGuid.set(rule.guid.toLowerCase(), rule);
  }

  /** What a toolComponentReference may call a component by: its name and guid. */
  describe(component: number, toolComponent: JsonObject): void {
    this.#names[component] = toolComponent;
  }

  /** The rule of a result. */
  ofResult(result: JsonObject): Rule | undefined {
    const reference = objectOf(result['rule']);
    const id = textOf(reference['id']) || textOf(result['ruleId']);
    return this.find(reference, id, indexOf(reference['index']) ?? indexOf(result['ruleIndex']));
  }

  /** §3.52.3. An index that contradicts the id loses: several converters number wrongly, none names wrongly. */
  find(reference: JsonObject, id: string, index: number | undefined): Rule | undefined {
    const byGuid = this.#byGuid.get(textOf(reference['guid']).toLowerCase());
    if (byGuid) return byGuid;
    const atIndex = index === undefined ? undefined : this.#components[this.#componentOf(reference)]?.[index];
    if (atIndex && (!id || id === atIndex.id || id.startsWith(`${atIndex.id}/`))) return atIndex;
    // "CA5350/md5" is a case of rule CA5350 (§3.5.4).
    let name = id;
    for (let level = 0; name && level < maxIdLevels; level++) {
      const rule = this.#byId.get(name);
      if (rule) return rule;
      name = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    }
    return atIndex;
  }

  #componentOf(reference: JsonObject): number {
    const component = reference['toolComponent'];
    if (!isObject(component)) return 0;
    const index = indexOf(component['index']);
    if (index !== undefined) return index + 1;
    const found = this.#names.findIndex(
      (known) =>
        (component['guid'] !== undefined && component['guid'] === known?.['guid']) ||
        (component['name'] !== undefined && component['name'] === known?.['name']),
    );
    return Math.max(0, found);
  }
}
