// The command line in this process, its output kept.
import { Readable, Writable } from 'node:stream';
import type { Env } from '../io.ts';
import { run } from '../run.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: Env;
  stdin?: string;
  cwd?: string;
  signal?: AbortSignal;
  /** Columns of the terminal that stdout and stderr are. Default: they are none. */
  columns?: number;
}

export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out = new Kept(options.columns);
  const err = new Kept(options.columns);
  const code = await run(argv, {
    // No home of this machine's user: a platform that runs here is not for specs.
    env: { ASSAY_HOME: '/nonexistent/assay', ...options.env },
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: out,
    stderr: err,
    signal: options.signal ?? new AbortController().signal,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return { code, out: out.text, err: err.text };
}

class Kept extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
