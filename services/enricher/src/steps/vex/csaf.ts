// CSAF 2.0, profile VEX: a tree of products, and what is known of vulnerabilities in them.
// https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
import { InvalidInput } from '@assay/contracts';
import { type Component, componentOf } from './component.ts';
import { type JsonObject, listOf, objectOf, textOf, textsOf } from './json-members.ts';
import { bounded, type Place, type Statement, type Status, timeOf } from './statement.ts';

const statuses: readonly (readonly [list: string, status: Status])[] = [
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['known_affected', 'affected'],
  ['first_affected', 'affected'],
  ['last_affected', 'affected'],
  ['under_investigation', 'under_investigation'],
];

/** Most products that flags, threats and remediations of a document speak of, each time they do. */
const maxMentions = 2_000_000;
/** Most products of a document. */
const maxProducts = 200_000;

export function isCsaf(document: JsonObject): boolean {
  return textOf(objectOf(document['document'])['csaf_version']).startsWith('2.');
}

/** Its statements; what is none is told to `skip`. */
export function* readCsaf(document: JsonObject, skip: (reason: string) => void): Generator<Statement> {
  const { tracking } = objectOf(document['document']);
  const { id, current_release_date: released } = objectOf(tracking);
  const tree = objectOf(document['product_tree']);
  const places = placesOf(tree);
  const groups = new Map(
    listOf(tree['product_groups'])
      .map(objectOf)
      .map((group) => [textOf(group['group_id']), textsOf(group['product_ids'])]),
  );
  const budget = { left: maxMentions };
  for (const item of listOf(document['vulnerabilities'])) {
    const vulnerability = objectOf(item);
    const others = listOf(vulnerability['ids']).map((other) => textOf(objectOf(other)['text']));
    const vulnerabilities = [textOf(vulnerability['cve']), ...others].filter(Boolean).map((name) => name.toUpperCase());
    if (vulnerabilities.length === 0) {
      skip('no vulnerability');
      continue;
    }
    const facts = { vulnerabilities, time: timeOf(textOf(released)), document: bounded(textOf(id)) };
    const labels = byProduct(vulnerability['flags'], 'label', groups, budget);
    const impacts = byProduct(vulnerability['threats'], 'details', groups, budget, 'impact');
    const actions = byProduct(vulnerability['remediations'], 'details', groups, budget);
    for (const [list, status] of statuses) {
      // Products of one reason are one statement.
      const same = new Map<string, { justification: string; words: string; places: Place[] }>();
      for (const product of textsOf(objectOf(vulnerability['product_status'])[list])) {
        const place = places.get(product);
        if (!place) {
          skip(`product "${product.slice(0, 80)}" is not in the product tree`);
          continue;
        }
        const justification = labels.get(product) ?? '';
        const words = (status === 'affected' ? actions : impacts).get(product) ?? '';
        const key = `${justification}\n${words}`;
        const group = same.get(key) ?? { justification, words, places: [] };
        group.places.push(place);
        same.set(key, group);
      }
      for (const group of same.values()) yield { ...facts, ...group, status };
    }
  }
}

/** A text for each product that a list of flags, threats or remediations speaks of; the first one counts. */
function byProduct(
  list: unknown,
  member: string,
  groups: ReadonlyMap<string, readonly string[]>,
  budget: { left: number },
  category?: string,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const item of listOf(list).map(objectOf)) {
    if (category !== undefined && item['category'] !== category) continue;
    const products = [
      ...textsOf(item['product_ids']),
      ...textsOf(item['group_ids']).flatMap((id) => groups.get(id) ?? []),
    ];
    budget.left -= products.length;
    if (budget.left < 0)
      throw new InvalidInput(`the CSAF document gives reasons for more than ${maxMentions} products`, {
        code: 'vex.too-large',
      });
    const text = bounded(textOf(item[member]));
    for (const product of products) if (!texts.has(product)) texts.set(product, text);
  }
  return texts;
}

/** Every product of the tree by its id; a product that others are part of comes with these as its parts. */
function placesOf(tree: JsonObject): Map<string, Place> {
  const places = new Map<string, Place>();
  const add = (product: JsonObject, version: string | undefined) => {
    const id = textOf(product['product_id']);
    if (id && places.size < maxProducts) places.set(id, { product: componentIn(product, version), parts: [] });
  };
  for (const product of listOf(tree['full_product_names'])) add(objectOf(product), undefined);
  const left: { branch: JsonObject; version: string | undefined }[] = listOf(tree['branches']).map((branch) => ({
    branch: objectOf(branch),
    version: undefined,
  }));
  for (let next = left.pop(); next; next = left.pop()) {
    const version = versionsOf(next.branch) ?? next.version;
    if (next.branch['product'] !== undefined) add(objectOf(next.branch['product']), version);
    for (const child of listOf(next.branch['branches'])) left.push({ branch: objectOf(child), version });
  }
  for (const item of listOf(tree['relationships']).map(objectOf)) {
    const part = places.get(textOf(item['product_reference']));
    const whole = places.get(textOf(item['relates_to_product_reference']));
    const id = textOf(objectOf(item['full_product_name'])['product_id']);
    if (part && whole && id && places.size < maxProducts)
      places.set(id, { product: named(whole.product, id), parts: part.parts.length > 0 ? part.parts : [part.product] });
  }
  return places;
}

/** The versions that a branch is about, as a range. */
function versionsOf({ category, name }: JsonObject): string | undefined {
  if (category === 'product_version_range') return textOf(name);
  // Some write the package's name and version together here; that is no version.
  return category === 'product_version' && /^v?\d/.test(textOf(name)) ? `=${textOf(name)}` : undefined;
}

function componentIn(product: JsonObject, version: string | undefined): Component {
  const { cpe, purl, hashes } = objectOf(product['product_identification_helper']);
  const digests = listOf(hashes)
    .flatMap((item) => listOf(objectOf(item)['file_hashes']))
    .flatMap((item) => {
      const { algorithm, value } = objectOf(item);
      return textOf(algorithm).toLowerCase() === 'sha256' && textOf(value)
        ? [`sha256:${textOf(value).toLowerCase()}`]
        : [];
    });
  const ids = [textOf(purl), textOf(cpe), textOf(product['product_id']), textOf(product['name'])];
  return componentOf(ids, digests, version);
}

function named(component: Component, id: string): Component {
  return { ...component, names: [...component.names, id] };
}
