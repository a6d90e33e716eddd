// codeowners: who owns the file that a finding is in, by a CODEOWNERS file and GitHub's rules.
import type { Batch } from '@assay/contracts';
import { documentParams, readDocument } from '../../document.ts';
import { type Delta, defineStep } from '../../step.ts';
import { type Codeowners, maxCodeownersBytes, ownersOf, parseCodeowners } from './owners.ts';
import { pathOf } from './path-of.ts';

const limit = {
  maxBytes: maxCodeownersBytes - 1,
  code: 'codeowners.too-large',
  sentence: 'is no CODEOWNERS file that GitHub would load: it has 3 MB or more',
};

export const codeowners = defineStep({
  name: 'codeowners',
  summary: 'Adds the owners of the file a finding is in, by a CODEOWNERS file and GitHub’s rules.',
  params: documentParams('a CODEOWNERS file'),
  async prepare(params, context): Promise<OwnerLookup> {
    const file = parseCodeowners(await readDocument(params, context, limit));
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
