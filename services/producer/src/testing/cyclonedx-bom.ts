// For the specs of CycloneDX: BOMs made small, and what is read of them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kind } from '@assay/contracts';
import type { FindingDraft } from '../adapter.ts';
import { cyclonedx } from '../adapters/cyclonedx/index.ts';
import { type ReadOptions, type ReadReport, readReport } from './read-report.ts';

export const fixture = (name: string) => readFile(join(import.meta.dirname, '../adapters/cyclonedx/fixtures', name));

export async function read(content: string | Uint8Array | object, options?: ReadOptions): Promise<ReadReport> {
  const text = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  const report = await readReport(cyclonedx, text, options);
  if (report.unexplained !== 0) throw new Error(`the tally does not add up: ${report.unexplained} records are missing`);
  return report;
}

export const ofKind = (drafts: readonly FindingDraft[], kind: Kind) => drafts.filter((draft) => draft.kind === kind);
export const bom = (more: object) => ({ bomFormat: 'CycloneDX', specVersion: '1.6', ...more });
export const xml = (inner: string, version = '1.6') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/${version}">${inner}</bom>`;

/** The one vulnerability of a BOM. */
export async function vulnerability(value: object, components: unknown[] = []): Promise<FindingDraft> {
  const { drafts } = await read(bom({ components, vulnerabilities: [{ id: 'CVE-2020-0001', ...value }] }));
  const draft = drafts.find(({ kind }) => kind === Kind.VULNERABILITY);
  if (!draft) throw new Error('a vulnerability was expected');
  return draft;
}
