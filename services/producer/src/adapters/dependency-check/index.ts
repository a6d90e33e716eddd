// OWASP Dependency-Check, JSON and XML of all its versions: dependencies with the vulnerabilities each has. A record is a
// vulnerability of a dependency, suppressed ones among them. Where CVSS 4 is scored, 12.0.0 and 12.0.1 write JSON that
// is none; their XML is right.
import { InvalidInput } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { isObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { readStart } from '../../read-start.ts';
import { type Header, isAnalysis } from './header.ts';
import { jsonDependencies } from './json-report.ts';
import { vulnerabilityDraft } from './vulnerability.ts';
import { xmlDependencies } from './xml-report.ts';

/** One way to write a report. Yields dependencies, in the shape of the JSON; tells of the rest as it comes. */
export type Dependencies = (report: Report, tell: (part: Header) => void) => AsyncGenerator<unknown[], void>;

export const dependencyCheck: Adapter = {
  name: 'dependency-check',
  title: 'OWASP Dependency-Check JSON or XML',
  recognises: ({ root, keys, element }) =>
    root === 'xml' ? isAnalysis(element) : root === 'object' && keys.has('reportSchema') && keys.has('dependencies'),
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  parsing.tool('dependency-check', '');
  const isXml = (await readStart(report, 1024)).trimStart().startsWith('<');
  const dependencies: Dependencies = isXml ? xmlDependencies : jsonDependencies;
  for await (const values of dependencies(report, (part) => tellHeader(part, parsing))) {
    for (const dependency of values) yield* draftsOf(dependency, parsing);
  }
}

function* draftsOf(value: unknown, parsing: Parsing): Generator<FindingDraft> {
  const dependency = objectOf(value);
  for (const member of ['vulnerabilities', 'suppressedVulnerabilities']) {
    for (const vulnerability of listOf(dependency[member])) {
      parsing.record();
      if (!isObject(vulnerability) || !textOf(vulnerability['name'])) {
        throw new InvalidInput(
          'A vulnerability of the report has no name; submit the report as Dependency-Check wrote it.',
          { code: 'report.field' },
        );
      }
      yield vulnerabilityDraft(vulnerability, dependency, member === 'suppressedVulnerabilities');
    }
  }
}

function tellHeader({ scanInfo, projectInfo }: Header, parsing: Parsing): void {
  if (scanInfo) {
    parsing.tool('', textOf(scanInfo['engineVersion']));
    for (const item of listOf(scanInfo['analysisExceptions'])) {
      const exception = objectOf(item);
      const { message } = objectOf(exception['exception'] ?? exception);
      parsing.partial(`not analysed: ${textOf(message).split(/\r?\n/, 1)[0] || 'an exception without words'}`);
    }
  }
  if (textOf(projectInfo?.['credits']).toLowerCase() === 'retire.js') parsing.tool('retire', '');
}
