// At a run's end: findings that still wait for one of its tasks go on as they are. The task failed, or was never begun.
import type { Client } from '../client.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { oneLine } from '../terminal-text.ts';
import { BatchReturner } from './batch-returner.ts';
import { patiently } from './patiently.ts';
import { readRun } from './read-run.ts';

export interface PassOptions {
  run: string;
  /** How long what is missing is waited for, for each step. Seconds. */
  timeout: number;
}

/** `steps` in the order of the slip: what one lets go reaches the next. */
export async function passFindings(
  io: Io,
  client: Client,
  steps: readonly string[],
  options: PassOptions,
): Promise<ExitCode | undefined> {
  let isMissing = false;
  for (const step of steps) {
    const { left, missing } = await patiently(io, options.timeout, (timeout) =>
      waitingFor(client, { step, run: options.run, timeout }),
    );
    const returner = new BatchReturner(io, client, { step, ...options });
    for (const sequence of left) await returner.add({ sequence });
    await returner.flush();
    io.err.put(`step ${oneLine(step)}: batches that went on as they were: ${left.length}\n`);
    for (const sentence of missing) io.err.put(`assay: ${oneLine(sentence)}\n`);
    isMissing ||= missing.length > 0;
  }
  return isMissing ? exitCode.incomplete : undefined;
}

async function waitingFor(
  client: Client,
  { run, step, timeout }: { run: string; step: string; timeout: number },
): Promise<{ left: number[]; missing: string[] }> {
  const sequences = new Set<number>();
  for await (const { piece } of readRun(client, { run, step, timeout, reports: [] })) {
    if (!piece.end) {
      sequences.add(piece.sequence);
      continue;
    }
    for (const sequence of piece.end.returned) sequences.delete(sequence);
    return { left: [...sequences], missing: piece.end.missing };
  }
  return { left: [], missing: [] };
}
