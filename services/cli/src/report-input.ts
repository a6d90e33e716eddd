// A report to read: a file, or "-" for what comes on stdin. Both can be opened again, as parsing in two passes needs.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidInput } from '@assay/contracts/errors';
import type { Io } from './io.ts';

export interface ReportInput extends AsyncDisposable {
  /** For people: the file's name or "stdin". */
  readonly name: string;
  /** Bytes; undefined: not known before it is read. */
  readonly size: number | undefined;
  /** False: `open` works once. */
  readonly isRepeatable: boolean;
  open(): AsyncIterable<Uint8Array>;
}

/** Throws InvalidInput "report.file" when there is no such file, "report.empty" when it has no byte. */
export async function openReport(io: Io, path: string): Promise<ReportInput> {
  if (path === '-')
    return {
      name: 'stdin',
      size: undefined,
      isRepeatable: false,
      open: () => io.stdin,
      async [Symbol.asyncDispose]() {},
    };
  return fileInput(resolve(io.cwd, path), basename(path));
}

/** The same, but what can be read only once (stdin, a pipe) is kept in a private file while it is needed. */
export async function openReportTwice(io: Io, path: string): Promise<ReportInput> {
  const report = await openReport(io, path);
  if (report.isRepeatable) return report;
  const folder = await mkdtemp(join(tmpdir(), 'assay-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'report');
    await pipeline(report.open(), createWriteStream(file, { mode: 0o600 }), { signal: io.signal });
    return { ...(await fileInput(file, report.name)), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Bytes of a reason that are read. */
const maxReasonBytes = 1024;

/**
 * What a task says beside its report of a scan that did not cover everything, where the tool's own format has no place
 * for it: the first line of `<path>.partial.txt`. Undefined when there is no such file.
 */
export async function partialNote(io: Io, path: string): Promise<string | true | undefined> {
  if (path === '-') return undefined;
  const file = await open(`${resolve(io.cwd, path)}.partial.txt`).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!file) return undefined;
  await using _ = file;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxReasonBytes), 0, maxReasonBytes, 0);
  const [line = ''] = buffer.subarray(0, bytesRead).toString().trim().split('\n');
  return line.trim() || true;
}

async function fileInput(file: string, name: string): Promise<ReportInput> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new InvalidInput(`${file} cannot be read; give a report that is there`, { code: 'report.file', cause });
  });
  if (found.isDirectory())
    throw new InvalidInput(`${file} is a folder; give the report in it`, { code: 'report.file' });
  if (found.isFile() && found.size === 0)
    throw new InvalidInput(
      `${name} is empty (zero bytes); a tool that found nothing writes an empty result, not an empty file`,
      { code: 'report.empty' },
    );
  // A pipe (`<(gosec …)`) is read once and does not know its size.
  return {
    name,
    size: found.isFile() ? found.size : undefined,
    isRepeatable: found.isFile(),
    open: () => createReadStream(file, { highWaterMark: 256 * 1024 }),
    async [Symbol.asyncDispose]() {},
  };
}
