// What a pull leaves for the push after it, beside the files of the program: the batches as they came, and a mark that
// they are all there, which is written last.
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, batchType, InvalidInput, readDelimited } from '@assay/contracts';
import { z } from 'zod';
import { maxPieceBytes, pieceType } from './read-run.ts';

const mark = z.object({
  run: z.string(),
  step: z.string(),
  format: z.string(),
  findings: z.number(),
  batches: z.number(),
  /** Batches that had come back before. */
  returned: z.array(z.number()),
});
export type Mark = z.output<typeof mark>;

export class Pulled {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, '.assay');
  }

  /** The file that pieces are written to, each behind its length. */
  async begin(): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    return this.#batchesFile;
  }

  /** Whether a pull was here, whole or not. */
  async isThere(): Promise<boolean> {
    return (await stat(this.#folder).catch(() => undefined))?.isDirectory() ?? false;
  }

  async finish(done: Mark): Promise<void> {
    await writeFile(this.#markFile, JSON.stringify(done));
  }

  /** Throws InvalidInput "run-findings.not-pulled" when there is no whole pull for this step of this run. */
  async check(run: string, step: string): Promise<Mark> {
    const refuse = (cause?: unknown) =>
      new InvalidInput(`${this.#folder} holds no findings of run ${run} for the step "${step}": pull them first`, {
        code: 'run-findings.not-pulled',
        cause,
      });
    let found: Mark;
    try {
      found = mark.parse(JSON.parse(await readFile(this.#markFile, 'utf8')));
    } catch (cause) {
      throw refuse(cause);
    }
    if (found.run !== run || found.step !== step) throw refuse();
    return found;
  }

  async *batches(): AsyncGenerator<{ sequence: number; batch: Batch }> {
    const source = createReadStream(this.#batchesFile, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    for await (const bytes of readDelimited(source, { maxBytes: maxPieceBytes })) {
      const { sequence, batch } = pieceType.decode(bytes);
      yield { sequence, batch: batchType.decode(batch) };
    }
  }

  get #batchesFile(): string {
    return join(this.#folder, 'batches');
  }

  get #markFile(): string {
    return join(this.#folder, 'pulled.json');
  }
}
