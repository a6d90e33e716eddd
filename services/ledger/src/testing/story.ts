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

const shared = (name: string, at: number, tool: string, findings: string, isShared: boolean | string = true) =>
  report({ report: name, at, tool, findings, isShared });

/** The same of findings that several tools witness: one leaves, one accepts, they become shared and are shared no more. */
export const sharedStory: Input[] = [
  ...shared('r1', 1, 'trivy', 'a b c~ d', 'a b c'),
  ...shared('r2', 2, 'osv', 'a:2 b c e'),
  ...shared('r3', 3, 'npm', 'a b~'),
  ...shared('r4', 4, 'trivy', 'a c~ d'),
  enriched({ report: 'r5', at: 5, tool: 'osv', findings: 'e a:2', isShared: true }),
  parsed({ report: 'r5', at: 5, tool: 'osv', findings: 3 }),
  enriched({ report: 'r5', at: 5, tool: 'osv', index: 1, findings: 'f', isShared: true }),
  ...shared('r6', 6, 'npm', 'b~'),
  ...shared('r7', 7, 'trivy', 'a c~'),
  ...shared('r8', 8, 'osv', 'a e', false),
  ...shared('r9', 9, 'npm', ''),
];

/** What was said under which id, so that saying it twice under one id is saying it once. */
export function said(outputs: readonly Outgoing[]): Map<string, string> {
  return new Map(outputs.map((outgoing) => [keyedId(outgoing.topic.name, outgoing.key ?? ''), inWords(outgoing)]));
}

export async function stored(of: Rig): Promise<unknown> {
  const { items } = await of.store.findings.list({ limit: 1000 });
  const runs: unknown[] = [];
  const ids = [...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `r${number}`), 'p1', 'x1'];
  for (const id of ids) {
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
