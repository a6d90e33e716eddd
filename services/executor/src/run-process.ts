// Runs one program of this machine: no shell, its own process group, a time limit, and only the end of its output kept.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Output kept while a program runs; `tail` is cut from it. Bytes. */
const keptBytes = 16 * 1024;
/** Between asking a process group to end and killing it. Milliseconds. */
const graceMs = 2000;

export interface ProcessOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** At least 1. Milliseconds. */
  readonly timeoutMs: number;
  /** Ends the process group when aborted. */
  readonly signal?: AbortSignal;
  /** Told the id of the process group once it is there. */
  readonly onStart?: (pid: number) => void;
  readonly onOutput?: (text: string) => void;
}

export interface ProcessEnd {
  readonly how: 'exited' | 'timed-out' | 'cancelled' | 'not-started';
  /** 128 + the signal's number when a signal ended it, 127 when it could not be started. */
  readonly exitCode: number;
  /** The last of stdout and stderr as they came, at most 16 KiB. */
  readonly output: string;
}

/** Never throws: how it went wrong is in the result. */
export function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const [program = '', ...args] = options.argv;
  return new Promise((resolve) => {
    const output = new Tail(keptBytes);
    let how: ProcessEnd['how'] = 'exited';
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid;
    if (group !== undefined) options.onStart?.(group);
    let killing: NodeJS.Timeout | undefined;
    const end = (why: ProcessEnd['how']): void => {
      if (how !== 'exited') return;
      how = why;
      killGroup(group, 'SIGTERM');
      killing = setTimeout(() => killGroup(group, 'SIGKILL'), graceMs);
    };
    const limit = setTimeout(() => end('timed-out'), options.timeoutMs);
    const cancel = (): void => end('cancelled');
    if (options.signal?.aborted) cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk);
        options.onOutput?.(chunk.toString());
      });
    }
    // What the program left running in the background would hold the pipes open, and must not outlive it.
    child.once('exit', () => killGroup(group, 'SIGKILL'));
    const settle = (end: ProcessEnd): void => {
      clearTimeout(limit);
      clearTimeout(killing);
      options.signal?.removeEventListener('abort', cancel);
      resolve(end);
    };
    child.once('error', (error) => settle({ how: 'not-started', exitCode: 127, output: error.message }));
    child.once('close', (code, signal) => {
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
      settle({ how, exitCode, output: output.text() });
    });
  });
}

/** Ends every process of a group; one that is gone already is fine. */
export function killGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH' && (error as NodeJS.ErrnoException).code !== 'EPERM')
      throw error;
  }
}

class Tail {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #size = 0;
  constructor(most: number) {
    this.#most = most;
  }
  push(chunk: Buffer): void {
    // A copy of the end only: a slice would keep the whole chunk in memory.
    const kept = chunk.length > this.#most ? Buffer.from(chunk.subarray(-this.#most)) : chunk;
    this.#chunks.push(kept);
    this.#size += kept.length;
    if (this.#size > 4 * this.#most) this.#chunks = [this.#end()];
    if (this.#chunks.length === 1) this.#size = this.#chunks[0]?.length ?? 0;
  }
  #end(): Buffer {
    return Buffer.from(Buffer.concat(this.#chunks).subarray(-this.#most));
  }
  text(): string {
    return this.#end().toString();
  }
}
