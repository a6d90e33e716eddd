// The README's tables of what there is, made from the registries themselves, between two markers.
import { sinkTypes } from '@assay/consumer';
import { InvalidInput } from '@assay/contracts/errors';
import { steps } from '@assay/enricher';
import { loadComponents, sourceOf, toolOf } from '@assay/executor';
import type { Component } from '@assay/pipeline';
import { adapters } from '@assay/producer';

const begin = '<!-- made by npm run generate -->';
const end = '<!-- end -->';

/** The page with its tables as the code says. Throws InvalidInput when the markers are gone. */
export async function withTables(readme: string): Promise<string> {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) {
    throw new InvalidInput(`README.md must hold the lines ${begin} and ${end}, the tables go between them`, {
      code: 'docs.markers',
    });
  }
  return `${readme.slice(0, from + begin.length)}\n\n${await tables()}\n${readme.slice(to)}`;
}

async function tables(): Promise<string> {
  const components = await loadComponents();
  const adapterRows = [...adapters.values()].map(({ name, title }) => [`\`${name}\``, title, runBy(name, components)]);
  const stepRows = [...steps.values()].map(({ name, summary }) => [`\`${name}\``, summary]);
  const sinkRows = [...sinkTypes.values()].map(({ type, summary }) => [`\`${type}\``, summary]);
  return [
    ...table(['format', 'reads', 'Assay runs'], adapterRows),
    ...table(['step', 'what it does'], stepRows),
    ...table(['sink', 'what it does'], sinkRows),
  ].join('\n');
}

/** The tools of ours that write the format, and where `assay tools install` gets each. */
function runBy(format: string, components: readonly Component[]): string {
  return components
    .filter(({ annotations }) => annotations['assay.dev/format'] === format)
    .map((component) => {
      const tool = toolOf(component);
      return tool ? `${tool.name} (${sourceOf(tool.install)})` : component.name;
    })
    .join(', ');
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heading), `|${'---|'.repeat(heading.length)}`, ...rows.map(line), ''];
}
