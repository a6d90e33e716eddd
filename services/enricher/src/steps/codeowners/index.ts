// codeowners: who owns the file that a finding is in, by a CODEOWNERS file and GitHub's rules.
import { type Batch, InvalidInput } from '@assay/contracts';
import { z } from 'zod';
import { type Delta, defineStep, type StepContext } from '../../step.ts';
import { type Codeowners, maxCodeownersBytes, ownersOf, parseCodeowners } from './owners.ts';
import { pathOf } from './path-of.ts';

export const codeowners = defineStep({
  name: 'codeowners',
  summary: 'Adds the owners of the file a finding is in, by a CODEOWNERS file and GitHub’s rules.',
  params: z
    .strictObject({
      blob: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/, 'must be the digest of a CODEOWNERS file in the blob store, sha256:…')
        .optional(),
      // It travels in every batch, so only a short one may.
      content: z
        .string()
        .max(16 * 1024, 'must be at most 16 KiB: put a longer file into the blob store and name it by blob')
        .optional(),
    })
    .refine(
      ({ blob, content }) => (blob === undefined) !== (content === undefined),
      'needs either blob (digest of a CODEOWNERS file in the blob store) or content (the file itself)',
    ),
  async prepare(params, context): Promise<OwnerLookup> {
    const text = params.blob === undefined ? (params.content ?? '') : await readBlob(params.blob, context);
    const file = parseCodeowners(text);
    if (file.skipped.length > 0) {
      context.log.warn({ lines: file.skipped.slice(0, 20) }, 'CODEOWNERS lines skipped');
    }
    return ownerLookup(file);
  },
  run: addOwners,
});

type OwnerLookup = (path: string) => readonly string[];

/** Findings of one report share their paths, and a path is looked up in every rule. */
function ownerLookup(file: Codeowners): OwnerLookup {
  const known = new Map<string, readonly string[]>();
  return (path) => {
    const owners = known.get(path) ?? ownersOf(file, path).owners;
    if (known.size >= 20_000) known.clear();
    known.set(path, owners);
    return owners;
  };
}

/** One delta for all findings with the same owners. */
function addOwners(batch: Batch, ownersAt: OwnerLookup): Delta[] {
  const byOwners = new Map<string, { owners: string[]; positions: number[] }>();
  batch.findings.forEach((finding, position) => {
    const path = pathOf(finding);
    const owners = path === '' ? [] : ownersAt(path);
    if (owners.length === 0) return;
    const key = owners.join(' ');
    const group = byOwners.get(key);
    if (group) group.positions.push(position);
    else byOwners.set(key, { owners: [...owners], positions: [position] });
  });
  return [...byOwners.values()].map(({ owners, positions }) =>
    positions.length === batch.findings.length ? { owners } : { owners, positions },
  );
}

async function readBlob(digest: string, { blobs }: StepContext): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blobs.get(digest)) {
    size += chunk.length;
    if (size >= maxCodeownersBytes) {
      throw new InvalidInput(`blob ${digest} is no CODEOWNERS file that GitHub would load: it has 3 MB or more`, {
        code: 'codeowners.too-large',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
