// CycloneDX as JSON. A component on top is read with all that is nested in it.
import type { Report } from '../../adapter.ts';
import { type JsonItem, jsonItems } from '../../json-items.ts';
import { isObject, type JsonObject, listOf, objectOf } from '../../json-values.ts';

/** Parts that no finding is made of. */
const unread = [
  'annotations',
  'citations',
  'compositions',
  'declarations',
  'definitions',
  'dependencies',
  'externalReferences',
  'formulation',
  'properties',
  'services',
  'signature',
];

export async function* jsonBom(
  report: Report,
  records: 'components' | 'vulnerabilities',
): AsyncGenerator<Iterable<JsonObject>, JsonObject> {
  const other = records === 'components' ? 'vulnerabilities' : 'components';
  const items = jsonItems(report.open(), [`${records}[]`], { skip: [...unread, other] });
  let step = await items.next();
  const valuesOf = records === 'components' ? nested : alone;
  for (; !step.done; step = await items.next()) yield valuesOf(step.value);
  return objectOf(step.value);
}

function* alone(items: readonly JsonItem[]): Iterable<JsonObject> {
  for (const { value } of items) yield objectOf(value);
}

/** Each component, then those inside it; without recursion, however deep they are. */
function* nested(items: readonly JsonItem[]): Iterable<JsonObject> {
  for (const { value } of items) {
    const left = [value];
    while (left.length > 0) {
      const component = left.pop();
      yield objectOf(component);
      if (isObject(component)) for (const inner of listOf(component['components']).toReversed()) left.push(inner);
    }
  }
}
