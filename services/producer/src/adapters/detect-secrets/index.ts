// detect-secrets' JSON: what `scan` prints and what a baseline is. It names the place and the SHA-1 of a secret, never
// its value; the hash is kept back all the same, for a short password is found by trying. It says nothing of what it
// looked at: a folder that is not there looks like a clean one.
import { Confidence, InvalidInput, Kind } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { count, type Fields, fieldsOf, object, requiredText, text } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { readStart } from '../../read-start.ts';

export const detectSecrets: Adapter = {
  name: 'detect-secrets',
  title: 'detect-secrets JSON (scan, .secrets.baseline)',
  recognises: ({ root, keys }) =>
    root === 'object' && keys.has('plugins_used') && keys.has('results') && keys.has('version'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  // Its first member, so that findings can say it; where it is not, the end of the report does.
  const version = /^\s*\{\s*"version"\s*:\s*"([\w.+-]{1,40})"/.exec(await readStart(report, 256))?.[1];
  parsing.tool('detect-secrets', version ?? '');
  // By file: its name, as the command was given it, is in every record too.
  const items = jsonItems(report.open(), ['results.*[]']);
  let records = 0;
  let step = await items.next();
  if (!step.done && isNameless(step.value[0]?.value)) {
    await items.return(undefined);
    yield* namelessDrafts(report, parsing);
    return;
  }
  for (; !step.done; step = await items.next()) {
    for (const { value } of step.value) {
      const where = `detect-secrets record ${records}`;
      records++;
      parsing.record();
      yield draftOf(fieldsOf(value, where), where);
    }
  }
  finish(step.value, records, parsing);
}

function isNameless(record: unknown): boolean {
  return isObject(record) && !('filename' in record);
}

/** Before 1.0, and in IBM's edition, only the member that a record stands in names its file. Such a report is read whole. */
async function* namelessDrafts(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  const reader = jsonItems(report.open(), []);
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const end = fieldsOf(step.value, 'The detect-secrets report');
  parsing.tool('detect-secrets', textOf(end['version']));
  let records = 0;
  for (const [filename, found] of Object.entries(objectOf(end['results']))) {
    for (const value of listOf(found)) {
      const where = `detect-secrets record ${records}`;
      records++;
      parsing.record();
      yield draftOf({ filename, ...fieldsOf(value, where) }, where);
    }
  }
  finish(end, records, parsing);
}

function draftOf(record: Fields, where: string): FindingDraft {
  const type = requiredText(record, 'type', where);
  const hashed = requiredText(record, 'hashed_secret', where);
  // IBM's edition says it in a member of its own.
  const isVerified = record['is_verified'] === true || record['verified_result'] === true;
  // Of an audit: a person has said whether it is one.
  const isSecret = record['is_secret'];
  const startLine = count(record, 'line_number', where);
  const draft: FindingDraft = {
    rule: type,
    title: type,
    kind: Kind.SECRET,
    confidence: isVerified || isSecret === true ? Confidence.HIGH : Confidence.UNSPECIFIED,
    location: { path: requiredText(record, 'filename', where), startLine, endLine: startLine },
    properties: { verified: isVerified ? 'true' : '', audited: typeof isSecret === 'boolean' ? 'true' : '' },
    content: hashed,
    secrets: [hashed],
  };
  if (isSecret === false) draft.suppression = { kind: 'external', justification: 'audited as none in the baseline' };
  return draft;
}

function finish(rest: unknown, records: number, parsing: Parsing): void {
  const end = fieldsOf(rest, 'The detect-secrets report');
  const results = object(end, 'results', 'The detect-secrets report');
  if (!results || !Array.isArray(end['plugins_used'])) {
    throw new InvalidInput('The report has no "results" and "plugins_used": it is not detect-secrets’ JSON.', {
      code: 'report.format',
    });
  }
  for (const file of Object.values(results)) {
    if (Array.isArray(file)) continue;
    throw new InvalidInput('The detect-secrets report: "results" must hold a list for each file; is it its own JSON?', {
      code: 'report.field',
    });
  }
  parsing.tool('detect-secrets', text(end, 'version', 'The detect-secrets report'));
  if (records === 0) parsing.note('detect-secrets found nothing; it does not say whether it looked at any file');
}
