// Prints what the steps of a run wrote.
import { InvalidInput } from '@assay/contracts/errors';
import type { Client } from './client.ts';
import type { Io } from './io.ts';
import { logLines } from './progress.ts';
import { manyLines } from './terminal-text.ts';

interface KeptLog {
  task: string;
  step: string;
  truncated: boolean;
}

/** Throws InvalidInput where there is none. */
export async function showLogs(
  io: Io,
  client: Client,
  runId: string,
  { task, step }: { task?: string | undefined; step?: string | undefined },
): Promise<void> {
  const path = `/api/v1/runs/${encodeURIComponent(runId)}/logs`;
  const { items } = await client.get<{ items: KeptLog[] }>(path);
  const wanted = items.filter(
    (log) => (task === undefined || log.task === task) && (step === undefined || log.step === step),
  );
  if (wanted.length === 0)
    throw new InvalidInput(
      items.length === 0
        ? `no log is kept of run ${runId}: it has not ended a task yet, or runs where logs are not kept`
        : `no such log; there are ${items.map((log) => `${log.task} ${log.step}`).join(', ')}`,
      { code: 'log.missing' },
    );
  for (const log of wanted) {
    const text = await textOf(client, `${path}/${encodeURIComponent(log.task)}/${encodeURIComponent(log.step)}`);
    io.out.put(step === undefined ? logLines({ ...log, text }) : manyLines(text));
    if (log.truncated) io.err.put(`${log.task} ${log.step}: the rest was not kept\n`);
  }
}

async function textOf(client: Client, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.download(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
