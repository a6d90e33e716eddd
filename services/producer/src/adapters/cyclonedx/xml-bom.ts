// CycloneDX as XML, in the shape of its JSON. Elements of other namespaces are extensions and are passed over, but for
// the vulnerabilities of versions 1.2 and 1.3, which were one.
import { InvalidInput } from '@assay/contracts';
import type { Report } from '../../adapter.ts';
import type { JsonObject } from '../../json-values.ts';
import { type FateOf, type XmlFate, type XmlTag, xmlElements } from '../../xml-elements.ts';
import { jsonOf } from './xml-element.ts';

const bomNamespace = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d+\.\d+)$/;
const vulnerabilityNamespace = 'http://cyclonedx.org/schema/ext/vulnerability/1.0';

/** Large parts of a component that no finding is made of. */
const unread = new Set(['pedigree', 'evidence', 'releaseNotes', 'modelCard', 'data', 'signature', 'cryptoProperties']);

export async function* xmlBom(
  report: Report,
  records: 'components' | 'vulnerabilities',
): AsyncGenerator<Iterable<JsonObject>, JsonObject> {
  let root: XmlTag | undefined;
  const wanted = records === 'components' ? 'component' : 'vulnerability';
  const fateOf: FateOf = (tag, parent) => {
    if (parent) return fateIn(tag, parent, wanted, root?.namespace ?? '');
    checkRoot(tag);
    root = tag;
    return 'enter';
  };
  let metadata: JsonObject = {};
  for await (const items of xmlElements(report.open(), fateOf)) {
    const records: JsonObject[] = [];
    for (const item of items) {
      const value = jsonOf(item) as JsonObject;
      if (item.name === 'metadata') metadata = value;
      else records.push(value);
    }
    yield records;
  }
  return { bomFormat: 'CycloneDX', specVersion: bomNamespace.exec(root?.namespace ?? '')?.[1] ?? '', metadata };
}

function checkRoot({ name, namespace }: XmlTag): void {
  if (name === 'bom' && bomNamespace.test(namespace)) return;
  throw new InvalidInput('The report is XML, but not a CycloneDX <bom> of version 1.2 to 1.7.', {
    code: 'report.not-cyclonedx',
  });
}

function fateIn(tag: XmlTag, parent: { tag: XmlTag; fate: XmlFate }, wanted: string, namespace: string): XmlFate {
  if (tag.namespace !== namespace && tag.namespace !== vulnerabilityNamespace) return 'skip';
  const { name } = tag;
  const isList = name === 'components' || name === 'vulnerabilities';
  if (parent.fate === 'part') return 'part';
  switch (parent.tag.name) {
    case 'bom':
      if (name === 'metadata') return 'item';
      return isList ? 'enter' : 'skip';
    case 'components':
      if (name !== 'component') return 'skip';
      return wanted === name ? 'item' : 'enter';
    case 'vulnerabilities':
      return name === 'vulnerability' && wanted === name ? 'item' : 'skip';
    default:
      // What is nested in a component stands for itself.
      if (parent.tag.name === 'component' && isList) return 'enter';
      return parent.fate === 'enter' || unread.has(name) ? 'skip' : 'part';
  }
}
