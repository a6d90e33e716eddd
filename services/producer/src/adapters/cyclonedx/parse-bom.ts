// Reads a BOM in passes, so that memory does not grow with it: what its vulnerabilities affect, then the components
// (keeping the affected ones), then the vulnerabilities.
//
// A record is a component (nested ones too, as jq's recurse(.components[]?) counts them; what the BOM itself is about,
// metadata.component, is none) or a vulnerability, however many components it affects.
import { InvalidInput } from '@assay/contracts';
import type { FindingDraft, Parsing, Report } from '../../adapter.ts';
import { type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { quoted } from '../../plain-line.ts';
import { readStart } from '../../read-start.ts';
import { Affected } from './affected.ts';
import { componentDraft } from './component.ts';
import { jsonBom } from './json-bom.ts';
import { toolOf } from './tool.ts';
import { vulnerabilityDraft } from './vulnerability.ts';
import { xmlBom } from './xml-bom.ts';

/** One way to write a BOM. Yields the records asked for, some at a time; returns the rest: bomFormat, specVersion, metadata. */
export type Bom = (
  report: Report,
  records: 'components' | 'vulnerabilities',
) => AsyncGenerator<Iterable<JsonObject>, JsonObject>;

const versions = new Set(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7']);

export async function* parseBom(report: Report, parsing: Parsing): AsyncGenerator<Iterable<FindingDraft>> {
  const bom: Bom = (await readStart(report, 1024)).trimStart().startsWith('<') ? xmlBom : jsonBom;

  const affected = new Affected();
  let count = 0;
  const first = bom(report, 'vulnerabilities');
  let step = await first.next();
  for (; !step.done; step = await first.next()) {
    for (const vulnerability of step.value) {
      count++;
      for (const target of listOf(vulnerability['affects'])) affected.add(textOf(objectOf(target)['ref']));
    }
  }
  const header = step.value;
  checkHeader(header);
  const metadata = objectOf(header['metadata']);
  const { name, version } = toolOf(metadata);
  parsing.tool(name, version);
  affected.found(objectOf(metadata['component']));

  for await (const components of bom(report, 'components')) yield componentDrafts(components, affected, parsing);
  if (count === 0) return;
  for await (const vulnerabilities of bom(report, 'vulnerabilities'))
    yield vulnerabilityDrafts(vulnerabilities, affected, parsing);
}

function* componentDrafts(
  components: Iterable<JsonObject>,
  affected: Affected,
  parsing: Parsing,
): Iterable<FindingDraft> {
  for (const component of components) {
    parsing.record();
    affected.found(component);
    yield componentDraft(component);
  }
}

function* vulnerabilityDrafts(
  vulnerabilities: Iterable<JsonObject>,
  affected: Affected,
  parsing: Parsing,
): Iterable<FindingDraft> {
  for (const vulnerability of vulnerabilities) {
    parsing.record();
    yield vulnerabilityDraft(vulnerability, affected);
  }
}

function checkHeader(header: JsonObject): void {
  const format = textOf(header['bomFormat']);
  const version = textOf(header['specVersion']);
  if (format !== 'CycloneDX' || version === '')
    throw new InvalidInput(
      'The report is not CycloneDX: it needs "bomFormat": "CycloneDX" and a "specVersion", or the XML of a <bom>.',
      { code: 'report.not-cyclonedx' },
    );
  if (!versions.has(version))
    throw new InvalidInput(
      `The report is CycloneDX ${quoted(version)}; versions 1.2 to 1.7 are read, so set the tool's output to one of them.`,
      { code: 'report.unsupported-version' },
    );
}
