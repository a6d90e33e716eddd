// What a program said of findings, back to the run: every batch that was pulled is returned, each once, with what is new
// in it or with nothing. Nothing that a program does keeps findings from going on.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Batch, InvalidInput, recordAt } from '@assay/contracts';
import type { Client } from '../client.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { BatchReturner, type ReturnedBatch, type Returning } from './batch-returner.ts';
import { formats } from './finding-files.ts';
import { Pulled } from './pulled.ts';
import { type Delta, difference, merged, type Said } from './said.ts';

export interface PushOptions {
  run: string;
  step: string;
  dir: string;
  /** Where the program wrote, file or folder; absent: into the files that it was given. */
  from?: string;
  /** File with the program's exit code. */
  exitCodeFile?: string;
  /** How long the gateway is waited for. Seconds. */
  timeout: number;
}

/** Most records of a program, and most characters of what they say. */
const maxRecords = 4_000_000;
const maxSaidChars = 512 * 1024 * 1024;
/** Most characters that are added to one batch. */
const maxBatchChars = 2 * 1024 * 1024;
interface Counts {
  findings: number;
  changed: number;
  batches: number;
  cameBackBefore: number;
  /** Batches to which more is added than one may have. */
  tooLarge: number;
}

export async function pushFindings(io: Io, client: Client, options: PushOptions): Promise<ExitCode | undefined> {
  const folder = resolve(io.cwd, options.dir);
  const pulled = new Pulled(folder);
  const mark = await pulled.check(options.run, options.step);
  const { said, failure, code } = await heard(io, mark.format, folder, options);
  const counts = await returnAll(io, client, pulled, said, new Set(mark.returned), options);
  if (counts.findings !== mark.findings || counts.batches !== mark.batches)
    throw new InvalidInput(
      `${mark.findings} findings were pulled, and ${counts.findings} are in ${folder} now: its files were changed`,
      { code: 'run-findings.changed' },
    );
  io.err.put(`${sentenceOf(counts, said)}\n`);
  if (failure) throw failure;
  if (counts.tooLarge > 0)
    throw new InvalidInput(
      `the program adds more than ${maxBatchChars} characters to a batch of findings; ${counts.tooLarge} went on as they were`,
      { code: 'run-findings.too-large' },
    );
  return code;
}

interface Heard {
  said: SaidByFinding;
  failure?: InvalidInput;
  code?: ExitCode;
}

/** What the program said; nothing when it failed, or when that cannot be read. */
async function heard(io: Io, format: string, folder: string, options: PushOptions): Promise<Heard> {
  const nothing = new SaidByFinding();
  try {
    const ended = options.exitCodeFile === undefined ? 0 : await exitCodeIn(resolve(io.cwd, options.exitCodeFile));
    if (ended !== 0) {
      io.err.put(`assay: the program ended with exit code ${ended}; the findings go on as they were\n`);
      return { said: nothing, code: exitCode.incomplete };
    }
    const said = new SaidByFinding();
    const path = options.from === undefined ? folder : resolve(io.cwd, options.from);
    const source = formats[format]?.read(path, options.step);
    if (source) for await (const each of source) said.add(each);
    return { said };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const failure = new InvalidInput(`${error.message}; the findings went on as they were`, {
      code: error.code,
      cause: error.cause,
    });
    return { said: nothing, failure };
  }
}

class SaidByFinding {
  readonly #entries = new Map<string, { said: Said; isKnown: boolean }>();
  #chars = 0;

  /** Throws InvalidInput "run-findings.too-large". */
  add(said: Said): void {
    const key = `${said.report ?? ''}/${said.id}`;
    this.#entries.set(key, { said: merged(this.#entries.get(key)?.said, said), isKnown: false });
    this.#chars += JSON.stringify(said).length;
    if (this.#entries.size > maxRecords || this.#chars > maxSaidChars)
      throw new InvalidInput(`the program says more than ${maxSaidChars} characters of findings`, {
        code: 'run-findings.too-large',
      });
  }

  of(report: string, id: string): Said | undefined {
    const [any, own] = [this.#entries.get(`/${id}`), this.#entries.get(`${report}/${id}`)];
    for (const entry of [any, own]) if (entry) entry.isKnown = true;
    return own ? merged(any?.said, own.said) : any?.said;
  }

  /** Records about no finding that was pulled. */
  get unknown(): number {
    return [...this.#entries.values()].filter(({ isKnown }) => !isKnown).length;
  }
}

async function returnAll(
  io: Io,
  client: Client,
  pulled: Pulled,
  said: SaidByFinding,
  before: ReadonlySet<number>,
  returning: Returning,
): Promise<Counts> {
  const counts: Counts = { findings: 0, changed: 0, batches: 0, cameBackBefore: 0, tooLarge: 0 };
  const returner = new BatchReturner(io, client, returning);
  for await (const { sequence, batch } of pulled.batches()) {
    const { enrichments, changed } = enrichmentsFor(batch, said);
    counts.findings += batch.findings.length;
    counts.batches++;
    if (before.has(sequence)) {
      counts.cameBackBefore++;
      continue;
    }
    if (JSON.stringify(enrichments).length > maxBatchChars) {
      counts.tooLarge++;
      await returner.add({ sequence });
      continue;
    }
    counts.changed += changed;
    await returner.add(enrichments.length > 0 ? { sequence, enrichments } : { sequence });
  }
  await returner.flush();
  return counts;
}

/** Equal deltas once, with the positions that they are for; none: all of the batch. */
function enrichmentsFor(
  batch: Batch,
  said: SaidByFinding,
): { enrichments: NonNullable<ReturnedBatch['enrichments']>; changed: number } {
  const byDelta = new Map<string, Delta & { positions: number[] }>();
  let changed = 0;
  for (let position = 0; position < batch.findings.length; position++) {
    const record = recordAt(batch, position);
    const about = said.of(batch.reportId, record.id);
    const delta = about && difference(about, record);
    if (!delta) continue;
    changed++;
    const key = JSON.stringify(delta);
    const same = byDelta.get(key);
    if (same) same.positions.push(position);
    else byDelta.set(key, { ...delta, positions: [position] });
  }
  const enrichments = [...byDelta.values()].map((each) =>
    each.positions.length === batch.findings.length ? { ...each, positions: [] } : each,
  );
  return { enrichments, changed };
}

function sentenceOf({ findings, changed, batches, cameBackBefore }: Counts, { unknown }: SaidByFinding): string {
  return [
    `${findings} findings returned (batches: ${batches}, changed: ${changed})`,
    ...(cameBackBefore > 0 ? [`batches that had come back before and stay as they are: ${cameBackBefore}`] : []),
    ...(unknown > 0 ? [`records left out, as they are about no finding that was pulled: ${unknown}`] : []),
  ].join('; ');
}

async function exitCodeIn(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidInput(`${file} cannot be read: did the program run?`, { code: 'run-findings.exit-code', cause });
  });
  const code = Number(text.trim() || Number.NaN);
  if (Number.isInteger(code)) return code;
  throw new InvalidInput(`${file} holds no exit code`, { code: 'run-findings.exit-code' });
}
