// The names of a shared finding's witnesses as an annotation: beside the content that is kept, and in what is published.
import { type Batch, type Enrichment, enrichmentsAt, Severity } from '@assay/contracts';

/** What the annotation is called; its value is names of tools, sorted, with ", " between them. */
const annotation = 'witnesses';

/** Enrichments that say it: a name list for each position, "" for none. */
export function witnessed(names: readonly string[]): Enrichment[] {
  const positions = new Map<string, number[]>();
  names.forEach((name, position) => {
    if (name !== '') positions.set(name, [...(positions.get(name) ?? []), position]);
  });
  return [...positions].map(([name, some]) => ({
    step: 'ledger',
    positions: some.length === names.length ? [] : some,
    annotations: { [annotation]: name },
    owners: [],
    severity: Severity.UNSPECIFIED,
    anyTool: false,
  }));
}

/** What kept content says of its witnesses. */
export function witnessesAt(content: Batch, position: number): string {
  return enrichmentsAt(content, position).findLast(({ step }) => step === 'ledger')?.annotations[annotation] ?? '';
}
