// What every driver must do. A driver's spec calls this with a way to open an empty store, any number of times.
import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Store } from '../store.ts';
import { findingContract } from './findings.suite.ts';
import { historyContract } from './histories.suite.ts';
import { runContract } from './runs.suite.ts';

export interface Opened {
  store: Store;
  /** Opens the same store again, as another process would. */
  again(): Promise<Store>;
  close(): Promise<void>;
}

export function storeContract(name: string, openEmpty: () => Promise<Opened>): void {
  describe(`the ${name} store`, () => {
    let opened: Opened | undefined;
    beforeEach(async () => {
      opened = await openEmpty();
    });
    afterEach(() => opened?.close());
    const now = () => opened ?? fail();
    const store = () => now().store;
    historyContract(store, () => now().again());
    findingContract(store);
    runContract(store);
  });
}

function fail(): never {
  throw new Error('no store was opened');
}
