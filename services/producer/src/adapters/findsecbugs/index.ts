// SpotBugs' XML (-xml:withMessages), with Find Security Bugs and other plugins or without. Its SARIF is read by the
// adapter of SARIF; task.yaml asks for that, as XML holds the passwords it finds in clear.
import { Confidence, InvalidInput, Kind, Severity } from '@assay/contracts';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { hardCodedCredentials } from '../../credential-weaknesses.ts';
import { entryOf, numberOf, positionOf } from '../../json-values.ts';
import { type XmlElement, type XmlTag, xmlElements } from '../../xml-elements.ts';
import { isAboutSecrets } from '../sarif/secrets.ts';
import { isCallSite } from '../sarif/spotbugs.ts';

/** By bugRank: the levels that SpotBugs gives in SARIF, so that both formats say the same. */
const ranks: readonly (readonly [number, Severity])[] = [
  [9, Severity.HIGH],
  [14, Severity.MEDIUM],
  [20, Severity.LOW],
];

/** priority, which SpotBugs calls confidence by now. */
const confidences: Readonly<Record<string, Confidence>> = {
  1: Confidence.HIGH,
  2: Confidence.MEDIUM,
  3: Confidence.LOW,
};

/** What somebody who looked at a bug said of it. */
const dismissals = new Set(['NOT_A_BUG', 'BAD_ANALYSIS', 'MOSTLY_HARMLESS', 'OBSOLETE_CODE']);

export const findsecbugs: Adapter = {
  name: 'findsecbugs',
  title: 'SpotBugs XML (-xml:withMessages), with Find Security Bugs',
  recognises: ({ element }) => element?.name === 'BugCollection',
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft> {
  let index = 0;
  for await (const items of xmlElements(report.open(), (tag, parent) => fateOf(tag, parent?.tag, parsing))) {
    for (const item of items) {
      if (item.name === 'Errors') tellErrors(item, parsing);
      else if (item.name === 'FindBugsSummary') tellSummary(item, parsing);
      else {
        parsing.record();
        const draft = draftOf(item, `SpotBugs bug ${index++}`, parsing);
        if (draft) yield draft;
      }
    }
  }
}

function fateOf(tag: XmlTag, parent: XmlTag | undefined, parsing: Parsing): 'enter' | 'item' | 'part' | 'skip' {
  switch (parent?.name) {
    case undefined:
      if (tag.name !== 'BugCollection')
        throw new InvalidInput('The report is XML, but not SpotBugs’ <BugCollection>.', { code: 'report.format' });
      parsing.tool('spotbugs', tag.attributes['version'] ?? '');
      return 'enter';
    case 'BugCollection':
      // Read as the real one it would be a project without a bug, and close all there are.
      if (tag.name === 'file')
        throw new InvalidInput(
          'The report is the one that Maven makes its site of; submit SpotBugs’ own, target/spotbugsXml.xml.',
          { code: 'report.format' },
        );
      return tag.name === 'BugInstance' || tag.name === 'Errors' || tag.name === 'FindBugsSummary' ? 'item' : 'skip';
    case 'FindBugsSummary':
    // A stack trace is as long as it is useless.
    case 'Error':
      return tag.name === 'ErrorMessage' ? 'part' : 'skip';
    default:
      return 'part';
  }
}

function draftOf(bug: XmlElement, where: string, parsing: Parsing): FindingDraft | undefined {
  const { type = '', rank, priority = '', category = '', cweid, instanceHash, last } = bug.attributes;
  if (!type) throw new InvalidInput(`${where} has no type; submit SpotBugs’ own report.`, { code: 'report.field' });
  // A collection that keeps its history lists bugs of earlier versions.
  if (last !== undefined && numberOf(last) !== -1) {
    parsing.filter('no longer there (last)');
    return undefined;
  }
  const cwe = positionOf(numberOf(cweid));
  const isSecret = isAboutSecrets(type, undefined) || hardCodedCredentials.has(cwe);
  const spot = lineOf(bug);
  const [title, description] = [textOf(bug, 'ShortMessage') || type, textOf(bug, 'LongMessage')];
  const path = spot?.['relSourcepath'] || spot?.['sourcepath'] || '';
  const startLine = positionOf(numberOf(spot?.['start']));
  const place = nameOf(bug);
  const draft: FindingDraft = {
    rule: type,
    title,
    description: description === title ? '' : description,
    severity: severityOf(numberOf(rank)),
    confidence: entryOf(confidences, priority) ?? Confidence.UNSPECIFIED,
    kind: isSecret ? Kind.SECRET : Kind.WEAKNESS,
    cwes: cwe ? [cwe] : [],
    properties: { category, rank: rank ?? '', place },
    content: [type, place, description].filter(Boolean).join('\n'),
  };
  if (path) draft.location = { path, startLine, endLine: positionOf(numberOf(spot?.['end'])) || startLine };
  // Made of class, method and the like, not of lines; equal ones are numbered.
  if (instanceHash) draft.fingerprint = `${instanceHash}/${bug.attributes['instanceOccurrenceNum'] ?? '0'}`;
  if (isSecret) draft.secrets = all(bug, 'String').map(({ attributes }) => attributes['value'] ?? '');
  const said = child(bug, 'UserAnnotation');
  if (said && dismissals.has(said.attributes['designation'] ?? ''))
    draft.suppression = { kind: 'external', justification: said.text.trim() };
  return draft;
}

function severityOf(rank: number | undefined): Severity {
  if (rank === undefined || rank < 1) return Severity.UNSPECIFIED;
  return ranks.find(([end]) => rank <= end)?.[1] ?? Severity.UNSPECIFIED;
}

/** The line that is meant: the bug's own, else that of the method, the field or the class it is in. */
function lineOf(bug: XmlElement): XmlTag['attributes'] | undefined {
  const own = all(bug, 'SourceLine').filter(({ attributes }) => attributes['role'] === undefined);
  const around = ['Method', 'Field', 'Class'].flatMap((name) => primary(all(bug, name)) ?? []);
  const line = primary(own) ?? around.flatMap((element) => child(element, 'SourceLine') ?? [])[0];
  return line?.attributes;
}

/** "org.acme.Shop.cipher", "org.acme.Shop". */
function nameOf(bug: XmlElement): string {
  const member = primary(all(bug, 'Method')) ?? primary(all(bug, 'Field'));
  const { classname = '', name = '' } = member?.attributes ?? {};
  return member ? `${classname}.${name}` : (primary(all(bug, 'Class'))?.attributes['classname'] ?? '');
}

function primary(elements: readonly XmlElement[]): XmlElement | undefined {
  return elements.find(({ attributes }) => attributes['primary'] === 'true') ?? elements[0];
}

function tellErrors(errors: XmlElement, parsing: Parsing): void {
  for (const { text } of all(errors, 'MissingClass'))
    if (!isCallSite(text)) parsing.partial(`class needed for analysis was missing: ${text.trim()}`);
  for (const error of all(errors, 'Error'))
    parsing.partial(`not analysed: ${textOf(error, 'ErrorMessage') || 'an error without words'}`);
  const count = numberOf(errors.attributes['errors']) ?? 0;
  if (count > 0 && all(errors, 'Error').length === 0) parsing.partial(`SpotBugs tells of ${count} errors`);
}

function tellSummary({ attributes }: XmlElement, parsing: Parsing): void {
  if (attributes['total_classes'] === '0') parsing.partial('SpotBugs looked at no class: is the project compiled?');
}

function all({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((element) => element.name === name);
}

function child({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((element) => element.name === name);
}

function textOf(element: XmlElement, name: string): string {
  return child(element, name)?.text.trim() ?? '';
}
