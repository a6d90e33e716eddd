// The names of a shared finding's witnesses as an annotation: beside the content that is kept, and in what is published.
import { type Batch, type Enrichment, Severity } from '@assay/contracts';
import { equalItems } from './equal-items.ts';

/** What the annotation is called; its value is names of tools, sorted, with ", " between them. */
const annotation = 'witnesses';
/** Who says it. */
const step = 'ledger';

/** Enrichments that say it: names for each position, "" for none. */
export function witnessed(names: readonly string[]): Enrichment[] {
  const groups = equalItems(names);
  groups.delete('');
  return [...groups].map(([name, positions]) => ({
    step,
    positions: positions.length === names.length ? [] : positions,
    annotations: { [annotation]: name },
    owners: [],
    severity: Severity.UNSPECIFIED,
    anyTool: false,
  }));
}

const read = new WeakMap<Batch, readonly string[]>();

/** What kept content says of the witnesses of each of its findings. */
export function witnessesIn(content: Batch): readonly string[] {
  const known = read.get(content);
  if (known) return known;
  const names = new Array<string>(content.findings.length).fill('');
  for (const enrichment of content.enrichments) {
    const name = enrichment.step === step ? enrichment.annotations[annotation] : undefined;
    if (name === undefined) continue;
    if (enrichment.positions.length === 0) names.fill(name);
    else for (const position of enrichment.positions) names[position] = name;
  }
  read.set(content, names);
  return names;
}
