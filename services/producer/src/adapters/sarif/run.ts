// What a result needs to know of its run (SARIF 2.1.0 §3.14), read in a pass of its own: in a file the tool and its
// rules may stand behind the results.
import { InvalidInput } from '@assay/contracts';
import type { Report } from '../../adapter.ts';
import { jsonItems } from '../../json-items.ts';
import { indexOf, isObject, type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { quoted } from '../../plain-line.ts';
import { Places } from './places.ts';
import { messagesOf, type Rule, Rules, ruleOf } from './rules.ts';
import { type ToolTraits, traitsOf } from './tools.ts';

export interface Run {
  readonly tool: { readonly name: string; readonly version: string };
  readonly traits: ToolTraits;
  readonly rules: Rules;
  readonly globalMessages: ReadonlyMap<string, string>;
  readonly places: Places;
  /** Levels that an invocation configured, by rule, in order of the invocations. */
  readonly overrides: readonly ReadonlyMap<Rule, string>[];
  readonly invocations: readonly JsonObject[];
  isCwe(reference: JsonObject): boolean;
  /** "elsewhere": in external property files (§3.15). "none": null, as the tool could not produce any (§3.14.23). */
  readonly missingResults: '' | 'elsewhere' | 'none';
}

const driverRules = 'runs[].tool.driver.rules[]';
const extensionRules = 'runs[].tool.extensions[].rules[]';
const artifacts = 'runs[].artifacts[]';

/** Parts that no finding is made of and that may be as large as the results. */
const unread = [
  'inlineExternalProperties',
  'runs[].addresses',
  'runs[].graphs',
  'runs[].logicalLocations',
  'runs[].policies',
  'runs[].threadFlowLocations',
  'runs[].translations',
  'runs[].webRequests',
  'runs[].webResponses',
];
const unreadAtFirst = [
  ...unread,
  'runs[].results',
  'runs[].taxonomies[].taxa',
  'runs[].tool.driver.taxa',
  'runs[].tool.extensions[].taxa',
];

/** What the pass over the results passes over. */
export const readBefore = [...unread, 'runs[].artifacts', 'runs[].invocations', 'runs[].taxonomies', 'runs[].tool'];

/** Reads everything but the results. Null: the report says that there was no run to tell of (§3.13.4). */
export async function readRuns(report: Report): Promise<Run[] | null> {
  const descriptors: { component: number; value: unknown }[][] = [];
  const locations: JsonObject[][] = [];
  const items = jsonItems(report.open(), [driverRules, extensionRules, artifacts], { skip: unreadAtFirst });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { at, indexes, value } of step.value) {
      const [run = 0, second = 0] = indexes;
      if (at === artifacts) {
        // Only where it is: a report may embed the file's content beside.
        const { uri, uriBaseId } = objectOf(objectOf(value)['location']);
        const ofRun = locations[run] ?? [];
        ofRun[second] = { uri, uriBaseId };
        locations[run] = ofRun;
      } else {
        const ofRun = descriptors[run] ?? [];
        ofRun.push({ component: at === driverRules ? 0 : second + 1, value: small(value) });
        descriptors[run] = ofRun;
      }
    }
  }
  const document = objectOf(step.value);
  checkVersion(document);
  if (document['runs'] === null) return null;
  return listOf(document['runs']).map((value, index) => {
    const run = objectOf(value);
    const isCwe = cweReferences(run);
    const rules = new Rules();
    const tool = objectOf(run['tool']);
    [tool['driver'], ...listOf(tool['extensions'])].forEach((component, position) => {
      const { name, guid } = objectOf(component);
      rules.describe(position, { name, guid });
    });
    for (const { component, value } of descriptors[index] ?? []) rules.add(component, ruleOf(value, isCwe));
    const { tool: named, traits } = driverOf(tool);
    const invocations = listOf(run['invocations']).map(objectOf);
    return {
      tool: named,
      traits,
      rules,
      globalMessages: messagesOf(objectOf(tool['driver'])['globalMessageStrings']),
      places: new Places(run, locations[index] ?? [], report.sourceRoot),
      overrides: invocations.map((invocation) => overridesOf(invocation, rules)),
      invocations: invocations.map((invocation) => traits.invocation?.(invocation) ?? invocation),
      isCwe,
      missingResults: missingResults(run),
    };
  });
}

// A rule's help in Markdown is most of its size and is not used.
function small(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { help, ...rest } = value;
  return isObject(help) ? { ...rest, help: { text: textOf(help['text']).slice(0, 4096) } } : rest;
}

function checkVersion(document: JsonObject): void {
  const version = textOf(document['version']);
  if (version && version !== '2.1.0')
    throw new InvalidInput(
      `The report is SARIF ${quoted(version)}; version 2.1.0 is read, so set the tool's output to it.`,
      {
        code: 'report.unsupported-version',
      },
    );
  // Without a version it must be the schema that says what this is.
  const isNamed = version === '2.1.0' || /sarif.*2\.1\.0/i.test(textOf(document['$schema']));
  if (!isNamed || !(Array.isArray(document['runs']) || document['runs'] === null))
    throw new InvalidInput('The report is not SARIF 2.1.0: it needs "version": "2.1.0" and a list of "runs".', {
      code: 'report.not-sarif',
    });
}

function driverOf(tool: JsonObject): Pick<Run, 'tool' | 'traits'> {
  const driver = objectOf(tool['driver']);
  const name = textOf(driver['name']);
  const traits = traitsOf(name);
  const version =
    textOf(driver['version']) || textOf(driver['semanticVersion']) || textOf(driver['dottedQuadFileVersion']);
  return { tool: { name: (traits.name ?? name).toLowerCase(), version }, traits };
}

/** §3.20.5 */
function overridesOf(invocation: JsonObject, rules: Rules): ReadonlyMap<Rule, string> {
  const levels = new Map<Rule, string>();
  for (const item of listOf(invocation['ruleConfigurationOverrides'])) {
    const descriptor = objectOf(objectOf(item)['descriptor']);
    const level = textOf(objectOf(objectOf(item)['configuration'])['level']);
    const rule = rules.find(descriptor, textOf(descriptor['id']), indexOf(descriptor['index']));
    if (rule && level) levels.set(rule, level);
  }
  return levels;
}

/** A reference to a taxon names its taxonomy by name, guid or index (§3.54). */
function cweReferences(run: JsonObject): (reference: JsonObject) => boolean {
  const taxonomies = listOf(run['taxonomies']).map(objectOf);
  const isCweName = (name: unknown) => /^CWE$/i.test(textOf(name));
  const guids = new Set(taxonomies.filter(({ name }) => isCweName(name)).map(({ guid }) => guid));
  guids.delete(undefined);
  return (reference) => {
    if (/^CWE-\d+$/i.test(textOf(reference['id']))) return true;
    const component = objectOf(reference['toolComponent']);
    return (
      isCweName(component['name']) ||
      guids.has(component['guid']) ||
      isCweName(taxonomies[indexOf(component['index']) ?? -1]?.['name'])
    );
  };
}

function missingResults(run: JsonObject): Run['missingResults'] {
  if (run['results'] === null) return 'none';
  const external = objectOf(run['externalPropertyFileReferences'])['results'];
  return listOf(external).length > 0 ? 'elsewhere' : '';
}
