// Who made a BOM: metadata.tools, a list of tools up to 1.4, of components and services since 1.5.
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';

/** Libraries that a tool writes its BOM with, and lists beside itself. */
const library = /^cyclonedx-(library|.*-lib|core-java)$/;

/** "" for what is not said. Several tools: the one that is there to write BOMs, else the last that is no library. */
export function toolOf(metadata: JsonObject): { name: string; version: string } {
  const tools = metadata['tools'];
  const list = isObject(tools) ? [...listOf(tools['components']), ...listOf(tools['services'])] : listOf(tools);
  const known = list
    .map(objectOf)
    .map((tool) => ({ name: nameOf(tool), version: versionOf(tool) }))
    .filter(({ name }) => name && !library.test(name));
  return known.find(({ name }) => name.startsWith('cyclonedx-')) ?? known.at(-1) ?? { name: '', version: '' };
}

/** npm calls itself "cli" of vendor "npm"; retire "retire.js" up to 1.4. */
function nameOf(tool: JsonObject): string {
  const name = textOf(tool['name'])
    .toLowerCase()
    .replace(/^(retire)\.js$/, '$1');
  return name === 'cli' ? (textOf(tool['vendor']) || textOf(tool['group'])).toLowerCase() || name : name;
}

/** syft without a version says "[not provided]". */
function versionOf(tool: JsonObject): string {
  const version = textOf(tool['version']);
  return version.startsWith('[') ? '' : version;
}
