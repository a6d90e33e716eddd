import {
  findingChanged,
  findingEnriched,
  reportParsed,
  runAssessed,
  runFinished,
  runRequested,
  runStarted,
  taskFinished,
} from '@assay/contracts';
import { defineService, on } from '@assay/runtime';
import { openStore } from '@assay/store';
import { z } from 'zod';
import { assessOverdue } from './assess-run.ts';
import { closeReport } from './close-report.ts';
import { beginCounting } from './count-runs.ts';
import { forgetScans } from './forget-scans.ts';
import { Memories } from './memories.ts';
import type { LedgerResources } from './resources.ts';
import { takeInFindings } from './take-in-findings.ts';
import { trackAssessed, trackFinished, trackRequested, trackStarted, trackTask } from './track-run.ts';

const config = z.object({
  assessAfterMs: z.coerce
    .number()
    .int()
    .min(1000)
    .default(60_000)
    .describe(
      'How long findings of a finished run may be on their way before it is assessed as incomplete. Milliseconds',
    ),
  keepScansMs: z.coerce
    .number()
    .int()
    .min(3_600_000)
    .default(24 * 3_600_000)
    .describe('How long is kept which findings each scan saw; those of the last complete scan are kept. Milliseconds'),
  maxFindings: z.coerce
    .number()
    .int()
    .min(1000)
    .default(1_000_000)
    .describe('Findings kept in memory, about 50 bytes each; the target at work is kept whatever its size'),
});

export const ledger = defineService<typeof config, LedgerResources>({
  name: 'ledger',
  summary: 'Remembers: identity, history, what is new, recurred, fixed or suppressed; proves that nothing was lost.',
  config,
  subscribes: [
    // A target's batches take turns; one that waits for the disk or the stream holds up no other.
    on(findingEnriched, takeInFindings, { partitioned: true, concurrency: 8 }),
    on(reportParsed, closeReport, { partitioned: true }),
    on(runRequested, trackRequested),
    on(runStarted, trackStarted),
    on(taskFinished, trackTask),
    on(runFinished, trackFinished),
    on(runAssessed, trackAssessed),
  ],
  publishes: [findingChanged, runAssessed],
  schedules: [
    { name: 'assess', everyMs: 2000, handler: assessOverdue },
    { name: 'forget', everyMs: 600_000, handler: forgetScans },
  ],
  start: async ({ shared, config: { maxFindings }, readiness }) => {
    const store = await openStore(shared.storeUrl);
    readiness('store', () => store.ping());
    beginCounting();
    return { resources: { store, memories: new Memories(store.ledger, { maxFindings }) }, close: () => store.close() };
  },
});
