// vex: what makers of software say of vulnerabilities in it: not affected, fixed here, affected, being looked at.
import type { Batch } from '@assay/contracts';
import { z } from 'zod';
import { contentParam, readBlob } from '../../document.ts';
import { type Delta, defineStep } from '../../step.ts';
import { parsePackage, type Subject, withoutTag } from './component.ts';
import { indexStatements, type Judgement, judge, type Statements } from './judgement.ts';
import { StatementReader } from './read-documents.ts';
import { vulnerabilityOf } from './vulnerability-of.ts';

const limit = {
  maxBytes: 16 * 1024 * 1024,
  code: 'vex.too-large',
  sentence: 'is no VEX document that is read: it has more than 16 MiB',
};
/** Most documents of one step. */
const maxDocuments = 16;
/** Most reasons that are logged why statements match nothing. */
const maxReasons = 20;

const blanks = /[\s+]+/;

interface Known {
  readonly statements: Statements;
  readonly products: Subject['products'];
}

export const vex = defineStep({
  name: 'vex',
  summary: 'Suppresses or annotates vulnerabilities by OpenVEX, CycloneDX and CSAF documents.',
  keeps: 4,
  params: z
    .strictObject({
      blob: z
        .string()
        .transform((text) => text.split(blanks).filter(Boolean))
        .refine(
          (digests) => digests.length > 0 && digests.every((digest) => /^sha256:[0-9a-f]{64}$/.test(digest)),
          'must be digests of VEX documents in the blob store, sha256:…, with blanks or + between them',
        )
        .refine((digests) => digests.length <= maxDocuments, `must be at most ${maxDocuments} digests`)
        .default([]),
      content: contentParam().optional(),
      product: z
        .string()
        .max(2048)
        .transform((text) => text.split(/\s+/).filter(Boolean))
        .default([]),
    })
    .refine(
      ({ blob, content }) => blob.length > 0 || content !== undefined,
      'needs blob (digests of VEX documents in the blob store) or content (a document itself)',
    ),
  async prepare({ blob, content, product }, { blobs, log }): Promise<Known> {
    const reasons = new Map<string, number>();
    const skip = (reason: string) => {
      if (reasons.has(reason) || reasons.size < maxReasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    };
    const products = product.map((name) => parsePackage(name) ?? name);
    // One text at a time: sixteen of the largest would not fit.
    const reader = new StatementReader(skip);
    for (const digest of blob) reader.read(`blob ${digest}`, await readBlob(digest, blobs, limit));
    if (content !== undefined) reader.read('content', content);
    const statements = indexStatements(reader.statements, products, skip);
    if (reasons.size > 0) log.warn({ reasons: Object.fromEntries(reasons) }, 'VEX statements that match nothing');
    return { statements, products };
  },
  run: judgeAll,
});

/** One delta for all findings that the same statement decides. */
function judgeAll(batch: Batch, { statements, products }: Known): Delta[] {
  const groups = new Map<string, { judgement: Judgement; positions: number[] }>();
  const numbers = new Map<object, number>();
  const scanned = batch.target?.name ?? '';
  const target = withoutTag(scanned);
  const tag = /^:(.+)$/.exec(scanned.slice(target.length))?.[1] ?? '';
  const isKnown = (id: string) => statements.has(id);
  batch.findings.forEach((finding, position) => {
    const vulnerability = vulnerabilityOf(finding, isKnown);
    if (!vulnerability) return;
    const { purl, digest } = vulnerability;
    const judgement = judge(statements, vulnerability, {
      package: parsePackage(purl),
      digests: [digest, batch.revision].filter((each) => each.startsWith('sha256:')),
      target,
      tag,
      revision: batch.revision,
      products,
    });
    if (!judgement) return;
    const number = numbers.get(judgement.statement) ?? numbers.size;
    numbers.set(judgement.statement, number);
    const key = `${number}/${judgement.isSettled}/${judgement.vulnerability}`;
    const group = groups.get(key);
    if (group) group.positions.push(position);
    else groups.set(key, { judgement, positions: [position] });
  });
  return [...groups.values()].map(({ judgement, positions }) => ({ ...deltaOf(judgement), positions }));
}

function deltaOf({ statement, vulnerability, isSettled }: Judgement): Delta {
  const { status, time, justification, words, document } = statement;
  const all: Record<string, string> = {
    'vex.status': status,
    'vex.vulnerability': vulnerability,
    'vex.justification': justification,
    [status === 'affected' ? 'vex.action' : 'vex.impact']: words,
    'vex.document': document,
    'vex.date': Number.isFinite(time) ? new Date(time).toISOString() : '',
  };
  const annotations = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  if (!isSettled) return { annotations };
  const reason = [justification, words].filter(Boolean).join(': ');
  const plain = status === 'fixed' ? 'fixed in this version' : status;
  return { annotations, suppression: { kind: 'vex', justification: reason || plain } };
}
