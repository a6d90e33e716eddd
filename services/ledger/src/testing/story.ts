// A story of scans that has everything in it, for specs that disturb it.
import { Completeness, keyedId, type Outgoing } from '@assay/contracts';
import { enriched, type Input, inWords, parsed, type Rig, report } from './rig.ts';

/** Opens, recurs with new content, fixes, reopens and accepts; one scan's end comes before its findings. */
export const story: Input[] = [
  ...report({ report: 'r1', at: 1, findings: 'a b c d' }),
  enriched({ report: 'r2', at: 2, findings: 'a b:4' }),
  parsed({ report: 'r2', at: 2, findings: 3 }),
  enriched({ report: 'r2', at: 2, index: 1, findings: 'e~' }),
  ...report({ report: 'p1', at: 2.5, findings: 'a', completeness: Completeness.PARTIAL }),
  ...report({ report: 'r3', at: 3, findings: 'c~ b d' }),
  ...report({ report: 'x1', at: 3, tool: 'eslint', findings: 'a' }),
];

/** What was said under which id, so that saying it twice under one id is saying it once. */
export function said(outputs: readonly Outgoing[]): Map<string, string> {
  return new Map(outputs.map((outgoing) => [keyedId(outgoing.topic.name, outgoing.key ?? ''), inWords(outgoing)]));
}

export async function stored(of: Rig): Promise<unknown> {
  const { items } = await of.store.findings.list({ limit: 1000 });
  const runs: unknown[] = [];
  for (const id of ['r1', 'r2', 'p1', 'r3', 'x1']) {
    const run = await of.store.runs.get(id);
    runs.push(
      await of.findings(id),
      await of.store.reports.get(id),
      run?.assessed?.assessment,
      run?.assessed?.transitions,
    );
  }
  return { items, runs };
}
