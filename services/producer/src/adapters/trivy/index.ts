// Trivy's JSON (--format json) in every shape it has had: an object with SchemaVersion 2, the list of results before
// that, and reports of a cluster, which hold results of many resources.
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { fieldsOf } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { textOf } from '../../json-values.ts';
import { licenseDraft } from './license.ts';
import { misconfigurationDraft } from './misconfiguration.ts';
import { readHeads, resultLists, unread } from './read-heads.ts';
import type { Result } from './result.ts';
import { secretDraft } from './secret.ts';
import { vulnerabilityDraft } from './vulnerability.ts';

export const trivy: Adapter = {
  name: 'trivy',
  title: 'Trivy JSON (--format json)',
  recognises: ({ root, keys }) =>
    root === 'array'
      ? keys.has('Target') && ['Type', 'Class', ...Object.keys(kinds)].some((key) => keys.has(key))
      : root === 'object' &&
        ((keys.has('SchemaVersion') && ['ArtifactName', 'ArtifactType', 'Results'].some((key) => keys.has(key))) ||
          (keys.has('ClusterName') && ['Resources', 'Findings', ...Object.keys(kinds)].some((key) => keys.has(key)))),
  parse,
};

/** A record's draft; undefined for one that is no finding, which is counted as filtered. */
type Read = (value: unknown, result: Result, where: string, parsing: Parsing) => FindingDraft | undefined;

/** What a result lists, by name of the list. */
const kinds: Readonly<Record<string, Read>> = {
  Vulnerabilities: vulnerabilityDraft,
  Misconfigurations: misconfigurationDraft,
  Secrets: secretDraft,
  Licenses: licenseDraft,
  ExperimentalModifiedFindings: modifiedDraft,
};

/**
 * Read twice: a result says what it is about before its lists, but may say it behind them, and its lists are too long
 * to be kept. A record is an entry of one of the lists.
 */
async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('trivy', '');
  const results = await readHeads(report, parsing);
  const patterns = resultLists.flatMap((list) => Object.keys(kinds).map((kind) => `${list}.${kind}[]`));
  const items = jsonItems(report.open(), patterns, { skip: unread });
  let step = await items.next();
  for (; !step.done; step = await items.next()) {
    for (const { at, indexes, value } of step.value) {
      const kind = at.slice(at.lastIndexOf('.') + 1, -2);
      const result = results(at, indexes);
      const read = kinds[kind];
      if (!read) continue;
      parsing.record();
      const draft = read(value, result, `Trivy ${kind}[${indexes.at(-1)}] of "${result.target.slice(0, 80)}"`, parsing);
      if (draft) yield draft;
    }
  }
}

const modifiedKinds: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['vulnerability', vulnerabilityDraft],
  ['misconfiguration', misconfigurationDraft],
  ['secret', secretDraft],
  ['license', licenseDraft],
]);

/** States that a VEX document gives; the others are of .trivyignore. */
const vexStates: ReadonlySet<string> = new Set(['not_affected', 'fixed']);

// With --show-suppressed: what .trivyignore or a VEX document took out.
function modifiedDraft(value: unknown, result: Result, where: string, parsing: Parsing): FindingDraft | undefined {
  const modified = fieldsOf(value, where);
  const read = modifiedKinds.get(textOf(modified['Type']));
  if (!read) {
    parsing.filter('suppressed finding of an unknown kind');
    return undefined;
  }
  const draft = read(modified['Finding'], result, `${where}: "Finding"`, parsing);
  const state = textOf(modified['Status']);
  if (draft && (state === 'ignored' || vexStates.has(state))) {
    const reasons = [state, textOf(modified['Statement']), textOf(modified['Source'])];
    draft.suppression = {
      kind: vexStates.has(state) ? 'vex' : 'external',
      justification: reasons.filter((reason) => reason !== '').join(': '),
    };
  }
  return draft;
}
