// Batches and contexts for specs of steps.
import type { BlobStore } from '@assay/blobs';
import { type Batch, batchType, type Draft, digestOf, type Finding, findingType } from '@assay/contracts';
import type { StepContext } from '../step.ts';

/** A batch of the given findings, their identities 1, 2, 3 …, as it reaches a step. */
export function batchOf(findings: readonly Draft<Finding>[], changes: Partial<Batch> = {}): Batch {
  return {
    ...batchType.create({}),
    reportId: 'report-1',
    target: { name: 'shop', kind: 'repository' },
    tool: { name: 'trivy', version: '1' },
    findings: findings.map((finding) => findingType.encode(finding)),
    identities: Buffer.concat(findings.map((_, position) => Buffer.alloc(16, position + 1))),
    severities: Uint8Array.from(findings, ({ severity }) => severity ?? 0),
    ...changes,
  };
}

/** A step's context whose blob store has some contents; `digests` are theirs, `warnings` what was logged. */
export function contextWith(...contents: (string | Uint8Array)[]) {
  const blobs = new Map(contents.map((content) => [digestOf(Buffer.from(content)), Buffer.from(content)]));
  const warnings: unknown[][] = [];
  const context = {
    log: { warn: (...line: unknown[]) => warnings.push(line) },
    signal: new AbortController().signal,
    blobs: {
      async *get(digest: string) {
        const content = blobs.get(digest) ?? Buffer.alloc(0);
        for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
      },
    } as Partial<BlobStore>,
  } as unknown as StepContext;
  return { context, digests: [...blobs.keys()], warnings };
}
