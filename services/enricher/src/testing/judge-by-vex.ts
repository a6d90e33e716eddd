// What the step vex makes of findings, for specs: documents in, statuses out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, type Draft, digestOf, type Finding } from '@assay/contracts';
import type { Delta } from '../step.ts';
import { vex } from '../steps/vex/index.ts';
import { batchOf, contextWith } from './batch-of.ts';

export type Changes = Partial<Batch> & { product?: string };

/** One of the step's fixtures. */
export async function readVex(name: 'openvex' | 'cyclonedx' | 'csaf'): Promise<string> {
  return await readFile(join(import.meta.dirname, '../steps/vex/fixtures', `${name}.json`), 'utf8');
}

export const image = (digit: string) => `sha256:${digit.repeat(64)}`;
export const target = (name: string) => ({ target: { name, kind: 'image' } });

export const found = (id: string, purl = '', digest = ''): Draft<Finding> => ({
  rule: id,
  cves: id.startsWith('CVE') ? [id] : [],
  purl,
  digest,
});

export async function judged(
  texts: string[],
  findings: readonly Draft<Finding>[],
  { product = '', ...changes }: Changes = {},
): Promise<{ deltas: Delta[]; warnings: unknown[][] }> {
  const { context, warnings } = contextWith(...texts);
  const blob = texts.map((text) => digestOf(Buffer.from(text))).join(' ');
  const prepared = await vex.prepare(vex.params.parse({ blob, ...(product ? { product } : {}) }), context);
  return { deltas: vex.run(batchOf(findings, changes), prepared, new Date(0)), warnings };
}

/** "not_affected!" of a suppression, "affected" of annotations, "" of nothing. */
export async function statusOf(text: string, finding: Draft<Finding>, changes: Changes = {}): Promise<string> {
  const [delta] = (await judged([text], [finding], changes)).deltas;
  return delta ? `${delta.annotations?.['vex.status']}${delta.suppression ? '!' : ''}` : '';
}
