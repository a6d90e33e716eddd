// Schedule: which findings each scan saw is needed until the scan is closed and for some time after, for people.
import type { LedgerContext } from './resources.ts';

export async function* forgetScans({ config, resources, now, log, signal }: LedgerContext): AsyncIterable<never> {
  const { ledger } = resources.store;
  const before = new Date(now().getTime() - config.keepScansMs).toISOString();
  for (const { id, target } of await ledger.histories()) {
    if (signal.aborted) return;
    const entries = await ledger.forget(id, before);
    if (entries > 0) log.info({ target, entries }, 'old scans forgotten');
  }
}
