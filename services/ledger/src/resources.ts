import type { Context } from '@assay/runtime';
import type { Store } from '@assay/store';
import type { Memories } from './memories.ts';

export interface LedgerConfig {
  /** How long a finished run's findings may be on their way before it is assessed without them. Milliseconds. */
  readonly assessAfterMs: number;
  /** How long is kept which findings a closed scan saw. Milliseconds. */
  readonly keepScansMs: number;
}

export interface LedgerResources {
  readonly store: Store;
  readonly memories: Memories;
}

export type LedgerContext = Context<LedgerConfig, LedgerResources>;
