// secretlint's JSON: a list of files, each with its messages and with all of its source, which goes no further.
import { InvalidInput, Kind, Severity } from '@assay/contracts';
import type { FindingDraft, Parsing, Report } from '../../adapter.ts';
import { jsonItems } from '../../json-items.ts';
import {
  entryOf,
  indexOf,
  isObject,
  type JsonObject,
  listOf,
  objectOf,
  positionOf,
  textOf,
} from '../../json-values.ts';
import { ruleName, wordsOf } from './words.ts';

const severities: Readonly<Record<string, Severity>> = {
  error: Severity.HIGH,
  warning: Severity.MEDIUM,
  info: Severity.LOW,
};

export async function* parseJson(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('secretlint', '');
  for await (const files of jsonItems(report.open(), ['[]'])) {
    for (const { value: file } of files) {
      if (!isObject(file) || typeof file['filePath'] !== 'string' || !Object.hasOwn(file, 'sourceContent'))
        throw new InvalidInput(
          'The report is not secretlint’s JSON: each file needs "filePath", "sourceContent" and "messages". Submit another tool’s report under its own format.',
          { code: 'report.not-secretlint' },
        );
      for (const message of listOf(file['messages'])) {
        parsing.record();
        yield draftOf(objectOf(message), file);
      }
    }
  }
}

function draftOf(message: JsonObject, file: JsonObject): FindingDraft {
  const content = textOf(message['message']);
  const { title, secrets } = wordsOf(content);
  const rule = textOf(message['ruleId']) || 'unnamed';
  const loc = objectOf(message['loc']);
  const start = objectOf(loc['start']);
  const end = objectOf(loc['end']);
  const docs = textOf(message['docsUrl']);
  return {
    rule: ruleName(rule),
    title,
    severity: entryOf(severities, textOf(message['severity'])) ?? Severity.UNSPECIFIED,
    kind: Kind.SECRET,
    location: {
      path: textOf(file['filePath']),
      startLine: positionOf(start['line']),
      endLine: positionOf(end['line']),
      startColumn: columnOf(start['column']),
      endColumn: columnOf(end['column']),
      snippet: '',
    },
    references: /^https?:\/\//.test(docs) ? [docs] : [],
    // The same as in SARIF, so that a finding is the same one in both.
    content,
    secrets: [...secrets, ...flagged(message, file)],
  };
}

/** From 0 in JSON, from 1 in SARIF and here. */
function columnOf(value: unknown): number {
  const column = indexOf(value);
  return column === undefined ? 0 : positionOf(column + 1);
}

/** The secret itself, as it stands in the source: no text of the finding may hold it. */
function flagged(message: JsonObject, file: JsonObject): string[] {
  const [start, end] = listOf(message['range']).map(indexOf);
  if (start === undefined || end === undefined || end - start > 16_384) return [];
  const value = textOf(file['sourceContent']).slice(start, end).trim();
  return value === '' ? [] : [value];
}
