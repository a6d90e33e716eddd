// OpenVEX, 0.0.1 to 0.2.0: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
import { type Component, componentOf } from './component.ts';
import { type JsonObject, listOf, objectOf, textOf, textsOf } from './json-members.ts';
import { bounded, type Place, type Statement, type Status, timeOf } from './statement.ts';

const statuses: ReadonlySet<string> = new Set<Status>(['not_affected', 'fixed', 'affected', 'under_investigation']);

export function isOpenVex(document: JsonObject): boolean {
  const context = document['@context'];
  return [textOf(context), ...textsOf(context)].some((name) => name.startsWith('https://openvex.dev/ns'));
}

/** Most parts that stand in a statement for all of its products (0.0.1). */
const maxSharedParts = 100;

/** Its statements; what is none is told to `skip`. */
export function* readOpenVex(document: JsonObject, skip: (reason: string) => void): Generator<Statement> {
  for (const item of listOf(document['statements'])) {
    const statement = objectOf(item);
    const status = textOf(statement['status']);
    const vulnerabilities = namesOf(statement['vulnerability']);
    if (!statuses.has(status) || vulnerabilities.length === 0) {
      skip(statuses.has(status) ? 'no vulnerability' : `unknown status "${status.slice(0, 40)}"`);
      continue;
    }
    const words = status === 'affected' ? statement['action_statement'] : statement['impact_statement'];
    yield {
      vulnerabilities,
      status: status as Status,
      // A statement's time cascades down from its document (Inheritance Flow).
      time: timeOf(textOf(statement['timestamp']), textOf(document['timestamp'])),
      justification: bounded(textOf(statement['justification'])),
      words: bounded(textOf(words) || textOf(statement['status_notes'])),
      document: bounded(textOf(document['@id'])),
      places: placesOf(statement, document),
    };
  }
}

/** 0.0.1 has a string, later ones a name, an address that ends with it, and aliases. */
function namesOf(value: unknown): string[] {
  const { name, aliases, '@id': id } = objectOf(value);
  const names = [textOf(value), textOf(name), ...textsOf(aliases), textOf(id).split('/').at(-1) ?? ''];
  return [...new Set(names.filter(Boolean).map((each) => each.toUpperCase()))];
}

/** Products may stand in the document for all of its statements; in 0.0.1 subcomponents stand beside products. */
function placesOf(statement: JsonObject, document: JsonObject): Place[] {
  const own = listOf(statement['products']);
  const shared = listOf(statement['subcomponents']).slice(0, maxSharedParts).map(component);
  return (own.length > 0 ? own : listOf(document['products'])).map((product) => ({
    product: component(product),
    parts: [...listOf(objectOf(product)['subcomponents']).map(component), ...shared],
  }));
}

function component(value: unknown): Component {
  const { '@id': id, identifiers, hashes } = objectOf(value);
  const { purl, cpe22, cpe23 } = objectOf(identifiers);
  const sha256 = textOf(objectOf(hashes)['sha-256']).toLowerCase();
  return componentOf(
    [textOf(value), textOf(id), textOf(purl), textOf(cpe22), textOf(cpe23)],
    sha256 ? [`sha256:${sha256}`] : [],
  );
}
