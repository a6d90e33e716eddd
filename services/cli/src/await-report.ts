// Waits for what becomes of a submitted report: its run is assessed, or nobody could read it and it is a dead letter.
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInput, type RunAssessed, Transient } from '@assay/contracts';
import type { Client } from './client.ts';
import type { DeadLetterView } from './dead-letter-text.ts';
import { followRun } from './follow-run.ts';
import type { Io } from './io.ts';
import { progressOn } from './progress.ts';
import type { Submitted } from './submit-report.ts';

export interface AwaitOptions {
  /** How long between two looks. Milliseconds, default 2000. */
  everyMs?: number;
}

/** Throws InvalidInput with the reason when the report was refused. */
export async function awaitReport(
  io: Io,
  client: Client,
  { runId, reportId }: Submitted,
  { everyMs = 2000 }: AwaitOptions = {},
): Promise<RunAssessed> {
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  const refused = new AbortController();
  const watch = watchDeadLetters(client, reportId, everyMs, signal).then(
    (letter) => {
      if (letter) refused.abort(new InvalidInput(`the report was refused: ${letter.reason}`, { code: letter.code }));
    },
    (error: unknown) => refused.abort(error),
  );
  try {
    return await followRun(client, runId, {
      onProgress: progressOn(io.err),
      signal: AbortSignal.any([signal, refused.signal]),
      everyMs,
    });
  } catch (error) {
    if (refused.signal.aborted) throw refused.signal.reason;
    throw error;
  } finally {
    done.abort();
    await watch;
  }
}

// Undefined when there is none, or when the token may not look: then only the run's own word counts.
async function watchDeadLetters(
  client: Client,
  reportId: string,
  everyMs: number,
  signal: AbortSignal,
): Promise<DeadLetterView | undefined> {
  // Old letters are not asked for one by one; their clock may differ from ours.
  const oldest = Date.now() - 10 * 60_000;
  let after: string | undefined;
  while (!signal.aborted) {
    try {
      const page = await client.get<{ items: DeadLetterView[]; next?: string }>('/api/v1/dead', { limit: 1000, after });
      for (const { sequence, subject, diedAt } of page.items) {
        after = String(sequence);
        if (!subject.startsWith('assay.report.submitted.') || Date.parse(diedAt) < oldest) continue;
        const letter = await client.get<DeadLetterView>(`/api/v1/dead/${sequence}`);
        // The event of a report has the report's id.
        if (letter.headers?.['ce-id'] === reportId) return letter;
      }
      if (page.next !== undefined) continue;
    } catch (error) {
      if (error instanceof InvalidInput) return undefined;
      if (!(error instanceof Transient) && !signal.aborted) throw error;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}
