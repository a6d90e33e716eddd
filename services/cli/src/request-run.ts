// Asks for a run, follows it and shows it: what `scan` and `run` have in common.
import { randomUUID } from 'node:crypto';
import type { Client } from './client.ts';
import type { ExitCode } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import type { Io } from './io.ts';
import { progressOn } from './progress.ts';
import { type ShowOptions, showRun } from './show-run.ts';
import type { StepArgument } from './steps.ts';
import { oneLine } from './terminal-text.ts';

/** Body of POST /api/v1/runs. */
export interface RunRequest {
  pipeline?: string;
  /** Absolute. */
  sourcePath?: string;
  /** Repository or archive that the run fetches. */
  sourceUrl?: string;
  /** Digest of what was uploaded. */
  sourceArchive?: string;
  target?: string;
  kind?: string;
  revision?: string;
  components?: string[];
  params?: Record<string, string>;
  steps?: StepArgument[];
}

export async function requestRun(
  io: Io,
  client: Client,
  request: RunRequest,
  show: ShowOptions & { follow?: boolean },
): Promise<ExitCode> {
  const { runId } = await client.request<{ runId: string }>('POST', '/api/v1/runs', {
    json: request,
    // Taken once: an answer that got lost does not make two runs.
    headers: { 'idempotency-key': randomUUID() },
    isRepeatable: true,
  });
  io.err.put(`${oneLine(`run ${runId} of ${request.target ?? request.pipeline ?? 'scan'}`)}\n`);
  const withLogs = show.follow ?? false;
  const onProgress = progressOn(io.err, withLogs);
  const assessed = await followRun(client, runId, { onProgress, signal: io.signal, withLogs });
  if (io.err.isTerminal) io.err.put('\n');
  return showRun(io, client, assessed, show);
}
