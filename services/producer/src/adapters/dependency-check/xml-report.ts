// Dependency-Check's XML, in the shape of its JSON.
import { InvalidInput } from '@assay/contracts';
import type { Report } from '../../adapter.ts';
import type { JsonObject } from '../../json-values.ts';
import { type FateOf, type XmlElement, xmlElements } from '../../xml-elements.ts';
import { type Header, isAnalysis } from './header.ts';

/** Most of a report, and nothing that a finding is made of. */
const unread = new Set([
  'dataSource',
  'evidenceCollected',
  'license',
  'projectReferences',
  'relatedDependencies',
  'stackTrace',
  'cause',
  'vulnerableSoftware',
]);

/** Elements that are lists in JSON, by what their children are called. */
const lists = new Set(['analysisExceptions', 'cwes', 'identifiers', 'references', 'vulnerabilities']);

/** Longest dependency: a kernel has thousands of vulnerabilities. Characters. */
const maxItemChars = 64 * 1024 * 1024;

const fateOf: FateOf = (tag, parent) => {
  if (!parent) {
    if (!isAnalysis(tag))
      throw new InvalidInput('The report is XML, but not Dependency-Check’s <analysis>.', { code: 'report.format' });
    return 'enter';
  }
  if (unread.has(tag.name)) return 'skip';
  if (parent.fate !== 'enter') return 'part';
  if (parent.tag.name === 'dependencies') return tag.name === 'dependency' ? 'item' : 'skip';
  if (tag.name === 'dependencies') return 'enter';
  return tag.name === 'scanInfo' || tag.name === 'projectInfo' ? 'item' : 'skip';
};

export async function* xmlDependencies(report: Report, tell: (part: Header) => void): AsyncGenerator<unknown[], void> {
  for await (const items of xmlElements(report.open(), fateOf, { maxItemChars })) {
    for (const item of items) {
      if (item.name === 'dependency') yield [dependencyOf(item)];
      else tell({ [item.name]: jsonOf(item) as JsonObject });
    }
  }
}

function dependencyOf(element: XmlElement): JsonObject {
  const {
    identifiers = [],
    vulnerabilities = [],
    ...rest
  } = jsonOf(element) as {
    readonly [name: string]: unknown;
    readonly identifiers?: readonly XmlPart[];
    readonly vulnerabilities?: readonly XmlPart[];
  };
  const named = (parts: readonly XmlPart[], name: string) => parts.filter((part) => part.element === name);
  return {
    ...rest,
    packages: named(identifiers, 'package'),
    vulnerabilityIds: named(identifiers, 'vulnerabilityIds'),
    // Up to version 4, with a type.
    identifiers: named(identifiers, 'identifier'),
    vulnerabilities: named(vulnerabilities, 'vulnerability'),
    suppressedVulnerabilities: named(vulnerabilities, 'suppressedVulnerability'),
  };
}

interface XmlPart {
  readonly element: string;
}

// Members by their names, in lower case where JSON has it so: cvssV3 is "cvssv3" there.
function jsonOf(element: XmlElement): unknown {
  const { name, attributes, children, text } = element;
  if (lists.has(name))
    return children.map((child) => {
      const value = jsonOf(child);
      return typeof value === 'string' ? value : { ...(value as JsonObject), element: child.name };
    });
  if (children.length === 0 && name !== 'package') return text.trim();
  const members = children.map((child) => [child.name.replace(/^cvssV/, 'cvssv'), jsonOf(child)] as const);
  return { ...attributes, ...Object.fromEntries(members) };
}
