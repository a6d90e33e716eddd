// CycloneDX VEX in JSON, 1.4 and later: the analysis of a vulnerability, and what it affects.
// https://cyclonedx.org/capabilities/vex/
import { type Component, componentOf } from './component.ts';
import { type JsonObject, listOf, objectOf, textOf } from './json-members.ts';
import { bounded, type Place, type Statement, type Status, timeOf } from './statement.ts';

const statuses: Readonly<Record<string, Status>> = {
  not_affected: 'not_affected',
  false_positive: 'false_positive',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
};

/** Most components of the document that are looked at. */
const maxComponents = 200_000;

export function isCycloneDx(document: JsonObject): boolean {
  return document['bomFormat'] === 'CycloneDX';
}

/** Its statements; what is none is told to `skip`. A vulnerability without an analysis states nothing. */
export function* readCycloneDx(document: JsonObject, skip: (reason: string) => void): Generator<Statement> {
  const byRef = componentsOf(document);
  const id = bounded(textOf(document['serialNumber']) || 'CycloneDX');
  for (const item of listOf(document['vulnerabilities'])) {
    const vulnerability = objectOf(item);
    const analysis = objectOf(vulnerability['analysis']);
    const state = textOf(analysis['state']);
    const references = listOf(vulnerability['references']).map((reference) => textOf(objectOf(reference)['id']));
    const vulnerabilities = [textOf(vulnerability['id']), ...references]
      .filter(Boolean)
      .map((each) => each.toUpperCase());
    const affects = listOf(vulnerability['affects']).map(objectOf);
    if (state === '' && !affects.some(({ versions }) => hasUnaffected(versions))) continue;
    const status = Object.hasOwn(statuses, state) ? statuses[state] : undefined;
    if ((state !== '' && !status) || vulnerabilities.length === 0) {
      skip(status ? 'no vulnerability' : `unknown state "${state.slice(0, 40)}"`);
      continue;
    }
    const facts = {
      vulnerabilities: [...new Set(vulnerabilities)],
      time: timeOf(
        textOf(analysis['lastUpdated']),
        textOf(analysis['firstIssued']),
        textOf(objectOf(document['metadata'])['timestamp']),
      ),
      document: id,
    };
    const places = affects.map((each) => placesOf(each, byRef, skip));
    const stated = places.flatMap(({ stated }) => stated);
    const unaffected = places.flatMap(({ unaffected }) => unaffected);
    const justification = bounded(textOf(analysis['justification']));
    const words = bounded(textOf(analysis['detail']));
    if (status && stated.length > 0) yield { ...facts, status, justification, words, places: stated };
    const listed = words || 'this version is listed as unaffected';
    if (unaffected.length > 0)
      yield { ...facts, status: 'not_affected', justification, words: listed, places: unaffected };
  }
}

/** The state is about the versions that are listed as affected (the default) or unknown, or about all where none is. */
function placesOf(
  { ref, versions }: JsonObject,
  byRef: ReadonlyMap<string, Component>,
  skip: (reason: string) => void,
): { stated: Place[]; unaffected: Place[] } {
  const component = byRef.get(textOf(ref)) ?? linked(textOf(ref), byRef);
  const listed = listOf(versions).map(objectOf);
  if (listed.length === 0) return { stated: [{ product: component, parts: [] }], unaffected: [] };
  const stated: Place[] = [];
  const unaffected: Place[] = [];
  for (const { version, range, status } of listed) {
    const text = textOf(range) || `=${textOf(version)}`;
    // The document's package may name another version than the list, which then counts.
    const packages = component.packages.map((each) => ({ ...each, version: '' }));
    const { range: versionRange } = componentOf([], [], text);
    if (!versionRange) {
      skip(`unreadable versions "${text.slice(0, 80)}"`);
      continue;
    }
    const product = { ...component, packages, digests: [], range: versionRange };
    (status === 'unaffected' ? unaffected : stated).push({ product, parts: [] });
  }
  return { stated, unaffected };
}

function hasUnaffected(versions: unknown): boolean {
  return listOf(versions).some((version) => objectOf(version)['status'] === 'unaffected');
}

/** A component of another document: "urn:cdx:<serial>/<version>#<bom-ref>", whose bom-ref is often its package URL. */
function linked(ref: string, byRef: ReadonlyMap<string, Component>): Component {
  const fragment = /^urn:cdx:[^#]*#(.+)$/s.exec(ref)?.[1] ?? '';
  if (fragment === '') return componentOf([ref]);
  const decoded = fragment.includes('%') ? decodeOr(fragment) : fragment;
  return byRef.get(fragment) ?? byRef.get(decoded) ?? componentOf([ref, fragment, decoded]);
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Components, and components in components, by their bom-ref. */
function componentsOf(document: JsonObject): Map<string, Component> {
  const found = new Map<string, Component>();
  const left: unknown[] = [objectOf(document['metadata'])['component'], ...listOf(document['components'])];
  for (let next = left.pop(); next !== undefined && found.size < maxComponents; next = left.pop()) {
    const { 'bom-ref': ref, purl, cpe, hashes, version, components } = objectOf(next);
    const digests = listOf(hashes).flatMap((item) => {
      const { alg, content } = objectOf(item);
      return alg === 'SHA-256' && textOf(content) ? [`sha256:${textOf(content).toLowerCase()}`] : [];
    });
    // Not every package URL repeats the component's version.
    const only = textOf(version) ? `=${encodeURIComponent(textOf(version))}` : undefined;
    if (textOf(ref)) found.set(textOf(ref), componentOf([textOf(purl), textOf(cpe), textOf(ref)], digests, only));
    for (const child of listOf(components)) left.push(child);
  }
  return found;
}
