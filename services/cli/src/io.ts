// What a command sees of the process: environment, streams and the signal that ends it. Specs hand in their own.
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ExitCode } from './exit-codes.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A stream as process.stdout is one; what it lacks is a file's or a pipe's. */
export type Stream = Writable & { isTTY?: boolean; columns?: number };

/** What `run` is given. */
export interface World {
  env: Env;
  stdin?: Readable;
  stdout: Stream;
  stderr: Stream;
  /** Aborted when somebody wants the command to end. */
  signal: AbortSignal;
  /** Folder that relative paths start from. Default: the process's. */
  cwd?: string;
}

export interface Io {
  readonly env: Env;
  readonly stdin: Readable;
  readonly out: Output;
  readonly err: Output;
  readonly signal: AbortSignal;
  readonly cwd: string;
  /** What the command ended with; `run` returns it. */
  exitCode: ExitCode;
}

export function openIo(world: World): Io {
  return {
    env: world.env,
    // process.stdin costs to open, and most commands never read it.
    get stdin() {
      return world.stdin ?? process.stdin;
    },
    out: new Output(world.stdout, world.env),
    err: new Output(world.stderr, world.env),
    signal: world.signal,
    cwd: world.cwd ?? process.cwd(),
    exitCode: 0,
  };
}

/** Where text goes. A reader that left (`| head`) is no error: the rest is not written, and `isClosed` says so. */
export class Output {
  readonly isTerminal: boolean;
  /** NO_COLOR (no-color.org), a dumb terminal and everything that is no terminal get none. */
  readonly hasColor: boolean;
  #isClosed = false;
  #error: Error | undefined;
  readonly #stream: Stream;

  constructor(stream: Stream, env: Env) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.hasColor = this.isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#isClosed = true;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#error = error;
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Columns of the terminal; a file has room for everything. */
  get width(): number {
    return this.isTerminal ? (this.#stream.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  /** Writes without waiting; for what is short. */
  put(text: string): void {
    if (!this.#isClosed && text !== '') this.#stream.write(text);
  }

  /** Writes, and waits while the reader is slower than we are. A full disk is an error. */
  async write(text: string): Promise<void> {
    if (!this.#isClosed && text !== '' && !this.#stream.write(text)) {
      await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined);
    }
    if (this.#error) throw this.#error;
  }

  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`);
  }
}
