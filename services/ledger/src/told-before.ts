// What a batch that comes again was told to be when it came first.
import { identityAt, Transition } from '@assay/contracts';
import { FindingMark, type Seen } from '@assay/store';
import { sharedMask } from './identity-table.ts';
import type { Memory } from './memory.ts';
import type { Part } from './read-batch.ts';
import type { LedgerContext } from './resources.ts';

/** Without places when the scan is forgotten by now; what the batch opened is not. */
export async function toldBefore(
  { batch, isShared }: Part,
  key: string,
  suppressed: Uint8Array,
  { resources }: LedgerContext,
  { history, findings }: Memory,
): Promise<Pick<Seen, 'transitions'> & Partial<Pick<Seen, 'places'>>> {
  const entries = await resources.store.ledger.entriesOfReport(history, batch.reportId);
  const entry = entries.find((each) => each.key === key);
  if (entry?.seen) return entry.seen;
  const { kept } = entry ?? {};
  const then = new Map(
    kept && Array.from(kept.transitions, (transition, index) => [identityAt(kept, index), transition]),
  );
  const transitions = suppressed.map((is, position) => {
    const told = then.get(identityAt(batch, position));
    if (told !== undefined) return told;
    // It was nothing new then. Whether a shared one was accepted depended on its other witnesses too.
    const number = isShared ? findings.find(batch.identities, position, sharedMask) : -1;
    const isAccepted = isShared ? findings.markOf(number) === FindingMark.SUPPRESSED : is === 1;
    return isAccepted ? Transition.SUPPRESSED : Transition.RECURRED;
  });
  return { transitions };
}
