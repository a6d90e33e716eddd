// A run's findings to files, for the program in the next step of a task: all of them or none.
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { batchType, Fault, InvalidInput, type RunFindingsEnd, withLength } from '@assay/contracts';
import type { Client } from '../client.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { oneLine } from '../terminal-text.ts';
import { type FindingFiles, formats } from './finding-files.ts';
import { patiently } from './patiently.ts';
import { Pulled } from './pulled.ts';
import { readRun, type WantedFindings } from './read-run.ts';

export interface PullOptions extends WantedFindings {
  format: string;
  dir: string;
}

interface Count {
  findings: number;
  batches: number;
  end: RunFindingsEnd;
}

export async function pullFindings(io: Io, client: Client, options: PullOptions): Promise<ExitCode | undefined> {
  const folder = resolve(io.cwd, options.dir);
  const files = formats[options.format];
  if (!files) throw new InvalidInput(`there is no format "${options.format}"`, { code: 'run-findings.format' });
  const pulled = new Pulled(folder);
  const { findings, batches, end } = await patiently(io, options.timeout, (leftSeconds) =>
    pullOnce(client, files, pulled, { ...options, dir: folder, timeout: leftSeconds }),
  );
  if (end.missing.length > 0) {
    await rm(folder, { recursive: true });
    for (const sentence of end.missing) io.err.put(`assay: ${oneLine(sentence)}\n`);
    io.err.put(`assay: not all findings of the run came within ${options.timeout} s; none were written\n`);
    return exitCode.incomplete;
  }
  const { run, step = '', format } = options;
  await pulled.finish({ run, step, format, findings, batches, returned: end.returned });
  io.err.put(`${findings} findings (reports: ${end.reports.length})\n`);
  return undefined;
}

/** Without what a try before this one has left; what somebody else put there is left alone. */
async function makeAnew(folder: string, pulled: Pulled): Promise<void> {
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0 && !(await pulled.isThere()))
    throw new InvalidInput(`${folder} is not empty, and no pull has filled it; name a folder of its own`, {
      code: 'run-findings.folder',
    });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function pullOnce(client: Client, files: FindingFiles, pulled: Pulled, options: PullOptions): Promise<Count> {
  const { run, step, dir } = options;
  await makeAnew(dir, pulled);
  await using kept = await open(await pulled.begin(), 'w');
  const writer = await files.open({ folder: dir, run, isEnriched: step === undefined });
  let [findings, batches] = [0, 0];
  try {
    for await (const { piece, bytes } of readRun(client, options)) {
      if (piece.end) return { findings, batches, end: piece.end };
      const batch = batchType.decode(piece.batch);
      await writer.write(batch);
      if (step !== undefined) await kept.appendFile(withLength(bytes));
      findings += batch.findings.length;
      batches++;
    }
  } finally {
    await writer.close();
  }
  throw new Fault('the findings of a run came without an end', { code: 'run-findings.end' });
}
