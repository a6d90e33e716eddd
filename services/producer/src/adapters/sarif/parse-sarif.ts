// Reads SARIF 2.1.0 in two passes: the runs without their results, then the results one by one.
import { InvalidInput } from '@assay/contracts';
import type { FindingDraft, Parsing, Report } from '../../adapter.ts';
import { type JsonItem, jsonItems } from '../../json-items.ts';
import { isObject, type JsonObject, textOf } from '../../json-values.ts';
import { quoted } from '../../plain-line.ts';
import { tellNotifications, tellOutcome } from './completeness.ts';
import { kindOf } from './level.ts';
import { draftOf } from './result.ts';
import { readBefore, readRuns } from './run.ts';
import type { ToolTraits } from './tools.ts';

/** `traits`: what an adapter of one tool knows of it; then the report must be of that tool. */
export async function* parseSarif(
  report: Report,
  parsing: Parsing,
  traits: ToolTraits = {},
): AsyncGenerator<Iterable<FindingDraft>> {
  const runs = await readRuns(report);
  if (runs === null) {
    parsing.failed('the tool could not produce a run (runs is null)');
    return;
  }
  const other = runs.find((run) => traits.name !== undefined && run.tool.name !== traits.name);
  if (other)
    throw new InvalidInput(
      `The report is SARIF of "${quoted(other.tool.name)}", not of ${traits.name}; submit it with format "sarif".`,
      { code: 'report.wrong-tool' },
    );
  const [first] = runs;
  if (first) parsing.tool(first.tool.name, first.tool.version);
  for (const run of runs) tellNotifications(run, parsing);
  const allTraits = runs.map((run) => ({ ...run.traits, ...traits }));
  let results = 0;
  function* drafts(some: readonly JsonItem[]): Iterable<FindingDraft> {
    for (const { indexes, value } of some) {
      const run = runs?.[indexes[0] ?? -1];
      const known = allTraits[indexes[0] ?? -1];
      if (!run || !known) continue;
      results++;
      parsing.record();
      const reason = filterReason(value, known, parsing);
      if (reason) {
        parsing.filter(reason);
        continue;
      }
      const draft = draftOf(value as JsonObject, run, known);
      if (first && run.tool.name !== first.tool.name) draft.tool = run.tool;
      yield draft;
    }
  }
  const items = jsonItems(report.open(), ['runs[].results[]'], { skip: readBefore });
  for await (const some of items) yield drafts(some);
  tellOutcome(runs, results, parsing);
}

/** Why a result is no finding; "" when it is one. */
function filterReason(value: unknown, traits: ToolTraits, parsing: Parsing): string {
  if (!isObject(value)) {
    parsing.partial('a result is not an object and was not read');
    return 'not a result';
  }
  const kind = kindOf(value);
  if (kind === 'pass' || kind === 'notApplicable') return `kind ${kind}`;
  if (value['baselineState'] === 'absent') return 'absent from this scan (baselineState)';
  const id = textOf(value['ruleId']);
  if (traits.failureRules?.has(id)) {
    const message = isObject(value['message']) ? textOf(value['message']['text']) : '';
    parsing.partial(`${id}: ${message}`);
    return `could not be read (${id})`;
  }
  return '';
}
