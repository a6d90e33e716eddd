// Which files a delivery becomes: one for each target, tool and way of importing.
import { type FindingRecord, InvalidInput } from '@assay/contracts';
import type { SinkItem } from '../../sink.ts';
import { type GenericFinding, genericFinding, storableText } from './generic-finding.ts';

export interface Reimport {
  target: string;
  tool: string;
  /** The newest that was scanned, where it is known. */
  revision: string | undefined;
  /** Findings that were closed in DefectDojo open again. */
  reactivates: boolean;
  findings: GenericFinding[];
}

/**
 * The newest state of each finding, in the order of their targets. Only what the ledger says is there again after it was
 * fixed opens what is closed: an event that comes again late, or one of a finding that somebody closed by hand, does not.
 */
export function reimportsOf(items: readonly SinkItem[]): Reimport[] {
  const reimports = new Map<string, Reimport>();
  for (const { item, finding } of newestOf(items)) {
    const { revision } = finding;
    const target = nameOf('target', finding.target);
    const tool = nameOf('tool', finding.tool);
    const reactivates = finding.transition === 'reopened';
    const key = JSON.stringify([target, tool, reactivates]);
    let reimport = reimports.get(key);
    if (!reimport) {
      reimport = { target, tool, revision: undefined, reactivates, findings: [] };
      reimports.set(key, reimport);
    }
    if (revision) reimport.revision = revision;
    reimport.findings.push(genericFinding(item, finding));
  }
  return [...reimports.values()];
}

/** Most characters of a product's name and a test's title. */
const maxName = 255;

function nameOf(what: string, text: string): string {
  if (text && text.length <= maxName) return storableText(text);
  throw new InvalidInput(
    `DefectDojo takes names of 1 to ${maxName} characters, and the ${what} has ${text?.length ?? 0}`,
    {
      code: 'sink.defectdojo.refused',
    },
  );
}

function newestOf(items: readonly SinkItem[]): Iterable<{ item: SinkItem; finding: FindingRecord }> {
  const newest = new Map<string, { item: SinkItem; finding: FindingRecord }>();
  for (const item of items) {
    const { finding } = item;
    if (!finding) continue;
    const key = JSON.stringify([finding.target, finding.tool, finding.id]);
    const before = newest.get(key);
    if (!before || before.item.event.order <= item.event.order) newest.set(key, { item, finding });
  }
  return newest.values();
}
