// JSON lines, each item exactly once: a state file beside the lines says how many bytes of them count and which events
// they are. What lies behind those bytes was never acked, so it is cut off on open and comes again; an event that
// comes again although it counts is known by its id.
import { type FileHandle, rename, rm } from 'node:fs/promises';
import { RecordWriter } from '@assay/contracts';
import type { Sink, SinkContext, SinkItem } from '../../sink.ts';
import { isCode, openToAppend, readWithoutLink, replaceFile, transiently } from './confined-path.ts';

/** Events whose ids are remembered: several times what a sink holds unacked. */
const maxRemembered = 512;

interface State {
  /** The file that `bytes` speaks of; another one was put in its place by somebody else. */
  inode: number;
  bytes: number;
  /** Another generation is a replay: it writes everything once more. */
  generation: number;
  /** How far each of the last events is written: its id and the position of its last item. */
  events: [string, number][];
}

export interface AppendOptions {
  path: string;
  /** Size from which a new file is begun; undefined: never. */
  maxBytes: number | undefined;
  /** Old files kept, as <path>.1 (the newest) and so on. */
  keep: number;
}

export async function openLines(options: AppendOptions, { generation }: SinkContext): Promise<Sink> {
  const lines = new Lines(options, generation);
  await lines.open();
  return lines;
}

class Lines implements Sink {
  readonly #options: AppendOptions;
  readonly #generation: number;
  /** Lines of one delivery: written at once, and made safe once. */
  readonly #lines = new RecordWriter();
  #file: FileHandle | undefined;
  #state: State;

  constructor(options: AppendOptions, generation: number) {
    this.#options = options;
    this.#generation = generation;
    this.#state = { inode: 0, bytes: 0, generation, events: [] };
  }

  async open(): Promise<void> {
    const { path } = this.#options;
    const file = await openToAppend(path);
    this.#file = file;
    const known = await this.#readState();
    const { ino, size } = await file.stat();
    const isOurs = known?.inode === ino && size >= known.bytes;
    const bytes = isOurs ? known.bytes : await endOfLastLine(file, size);
    if (bytes < size) await transiently(`${path} cannot be cut`, () => file.truncate(bytes));
    const events = known?.generation === this.#generation ? known.events : [];
    await this.#remember({ inode: ino, bytes, generation: this.#generation, events });
  }

  async deliver(items: readonly SinkItem[]): Promise<void> {
    // After a failure the end of the file is not known: opening finds it out.
    if (!this.#file) await this.open();
    const written = new Map(this.#state.events);
    const fresh = items.filter(({ event, position }) => position > (written.get(event.id) ?? -1));
    if (fresh.length === 0) return;
    try {
      for (const item of fresh) writeLine(item, this.#lines);
    } catch (error) {
      this.#lines.take();
      throw error;
    }
    const lines = this.#lines.take();
    try {
      await this.#rotate(lines.length);
      const bytes = await this.#append(lines);
      for (const { event, position } of fresh) written.set(event.id, position);
      const events = [...written].slice(-maxRemembered);
      await this.#remember({ ...this.#state, bytes, events });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #append(lines: Uint8Array): Promise<number> {
    const file = this.#file as FileHandle;
    return transiently(`${this.#options.path} cannot be written`, async () => {
      await file.appendFile(lines);
      await file.datasync();
      return (await file.stat()).size;
    });
  }

  /** The state speaks of the new file before anything is in it, so a crash at any point leaves the old ones whole. */
  async #rotate(more: number): Promise<void> {
    const { path, maxBytes, keep } = this.#options;
    if (maxBytes === undefined || this.#state.bytes === 0 || this.#state.bytes + more <= maxBytes) return;
    await this.close();
    await transiently(`${path} cannot be rotated`, async () => {
      if (keep === 0) await rm(path);
      for (let number = keep; number >= 1; number--) {
        const from = number === 1 ? path : `${path}.${number - 1}`;
        await rename(from, `${path}.${number}`).catch((error: unknown) => {
          if (!isCode(error, 'ENOENT')) throw error;
        });
      }
    });
    await this.open();
  }

  async #readState(): Promise<State | undefined> {
    const text = await readWithoutLink(`${this.#options.path}.state`);
    return text && (JSON.parse(text.toString()) as State);
  }

  async #remember(state: State): Promise<void> {
    await replaceFile(`${this.#options.path}.state`, JSON.stringify(state));
    this.#state = state;
  }
}

function writeLine(item: SinkItem, to: RecordWriter): void {
  if (item.writeFinding) item.writeFinding(to);
  else to.text(lineOf(item));
  to.text('\n');
}

function lineOf({ finding, event, data }: SinkItem): string {
  if (finding) return JSON.stringify(finding);
  const { order: _, ...attributes } = event;
  return JSON.stringify({ ...attributes, data });
}

/** Size without a last line that was not written to its end. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
