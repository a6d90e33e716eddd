// The JSON of npm audit: of npm 7 and newer (auditReportVersion 2), of npm 6 and pnpm (advisories by number), and the
// error that each writes instead of a report. A report is read whole: it is as long as a lock file has vulnerable
// packages, and what belongs together in it stands far apart.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { fieldsOf } from '../../fields.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject, type JsonObject, numberOf, textOf } from '../../json-values.ts';
import { advisories6 } from './version-6.ts';
import { advisories7 } from './version-7.ts';

export const npmAudit: Adapter = {
  name: 'npm-audit',
  title: 'npm audit JSON (--json), of npm 6 and newer and of pnpm',
  recognises: ({ root, keys, text }) =>
    root === 'object' &&
    (keys.has('auditReportVersion') ||
      (keys.has('advisories') && keys.has('metadata')) ||
      (keys.has('error') && /"error"\s*:\s*\{[^{}]*"summary"\s*:/.test(text) && /"detail"\s*:/.test(text))),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('npm-audit', '');
  const reader = jsonItems(report.open(), [], { skip: ['actions', 'muted'] });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const document = isObject(step.value) ? step.value : {};
  if (isObject(document['error'])) {
    parsing.failed(`npm audit failed: ${reasonOf(document, document['error'])}`);
    return;
  }
  const version = numberOf(document['auditReportVersion']);
  if (version === 2) yield* advisories7(fieldsOf(document['vulnerabilities'], 'npm audit: "vulnerabilities"'), parsing);
  else if (version === undefined && 'advisories' in document)
    yield* advisories6(fieldsOf(document['advisories'], 'npm audit: "advisories"'), parsing);
  else
    throw new InvalidInput(
      'The report is not npm audit’s JSON (--json): it needs "auditReportVersion": 2, or "advisories" as npm 6 writes them.',
      { code: 'report.format' },
    );
}

// npm 7 says what the registry answered in "message", and leaves the rest empty then.
function reasonOf(document: JsonObject, error: JsonObject): string {
  const reasons = [
    textOf(document['message']),
    textOf(error['code']),
    textOf(error['summary']),
    textOf(error['detail']),
  ];
  return reasons.filter((reason) => reason.trim() !== '').join(': ') || 'it does not say why';
}
