// What the gateway streams of a run's findings.
import { messageType, type RunFindings, readDelimited, Transient } from '@assay/contracts';
import type { Client } from '../client.ts';

/** Longest piece of an answer. A batch and what steps added to it is a hundredth of that. Bytes. */
export const maxPieceBytes = 32 * 1024 * 1024;
export const pieceType = messageType('RunFindings');

export interface WantedFindings {
  run: string;
  /** Findings that wait for it; absent: those that passed every step. */
  step?: string;
  /** Ids; none: every report that the run has handed over. */
  reports: readonly string[];
  /** How long what is missing is waited for. Seconds. */
  timeout: number;
}

/** Pieces as they come, with the bytes they came in; the last one is an `end`. Throws Transient when it does not come. */
export async function* readRun(
  client: Client,
  { run, step, reports, timeout }: WantedFindings,
): AsyncGenerator<{ piece: RunFindings; bytes: Uint8Array }> {
  const query = new URLSearchParams([
    ...(step === undefined ? [] : [['step', step]]),
    ...reports.map((id) => ['report', id]),
    ['wait', String(timeout)],
  ] as [string, string][]);
  const answer = client.download(`/api/v1/runs/${encodeURIComponent(run)}/findings?${query}`);
  for await (const bytes of readDelimited(answer, { maxBytes: maxPieceBytes })) {
    const piece = pieceType.decode(bytes);
    yield { piece, bytes };
    if (piece.end) return;
  }
  throw new Transient(`${client.url} ended its answer too early; try again`, { code: 'gateway.lost' });
}
