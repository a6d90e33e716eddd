// An element of CycloneDX's XML as the JSON of the same thing: attributes and children become members, the elements
// that hold lists become lists.
import type { JsonObject } from '../../json-values.ts';
import type { XmlElement } from '../../xml-elements.ts';

const lists = new Set([
  'advisories',
  'affects',
  'components',
  'cwes',
  'externalReferences',
  'hashes',
  'licenses',
  'properties',
  'ratings',
  'recommendations',
  'references',
  'responses',
  'services',
  'tools',
  'versions',
]);

export function jsonOf(element: XmlElement): unknown {
  const { name, attributes, children, text } = element;
  // Since 1.5 tools are components and services.
  if (lists.has(name) && !(name === 'tools' && children.some((child) => child.name === 'components')))
    return children.map((child) => (name === 'licenses' ? { [child.name]: jsonOf(child) } : jsonOf(child)));
  const members = Object.entries(attributes);
  if (children.length === 0) {
    const value = text.trim();
    if (members.length === 0 && name !== 'component' && name !== 'vulnerability' && name !== 'metadata') return value;
    // <hash alg="…">content</hash>, <property name="…">value</property>
    return Object.fromEntries([...members, ['content', value], ['value', value]]);
  }
  const value: JsonObject = Object.fromEntries([...members, ...children.map((child) => [child.name, jsonOf(child)])]);
  // The extension of 1.2 and 1.3 says in an attribute what a vulnerability affects.
  return name === 'vulnerability' && attributes['ref'] ? { ...value, affects: [{ ref: attributes['ref'] }] } : value;
}
