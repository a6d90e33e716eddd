// The findings that entries keep, read back from the store: a few at hand, since what belongs together lies together.
import { type Batch, Fault } from '@assay/contracts';
import type { Place } from '@assay/store';
import type { LedgerContext } from './resources.ts';

const maxContents = 16;

export class Contents {
  readonly #context: LedgerContext;
  readonly #batches = new Map<number, Batch>();
  readonly #history: string;

  constructor(history: string, context: LedgerContext) {
    this.#history = history;
    this.#context = context;
  }

  /** What an entry keeps; undefined when nothing needs it any more. */
  async find({ seq }: Place): Promise<Batch | undefined> {
    const known = this.#batches.get(seq);
    if (known) return known;
    const batch = await this.#context.resources.store.ledger.content(this.#history, seq);
    if (!batch) return undefined;
    if (this.#batches.size === maxContents) {
      for (const oldest of [...this.#batches.keys()].slice(0, 1)) this.#batches.delete(oldest);
    }
    this.#batches.set(seq, batch);
    return batch;
  }

  /** The same, of what must be there. */
  async at(place: Place): Promise<Batch> {
    const batch = await this.find(place);
    if (batch) return batch;
    throw new Fault(
      `the ledger has no content for entry ${this.#history}/${place.seq}: restore the store from a backup`,
      { code: 'store.content' },
    );
  }
}
