// Where a file sink may write: inside one folder, whatever a sink's declaration says and whatever links lie in it.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath, rename } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { InvalidInput, Transient } from '@assay/contracts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** The absolute path of a relative one inside the root; its folders are made. Throws InvalidInput "sink.file.path". */
export async function confine(root: string, path: string): Promise<string> {
  const parts = path.split('/');
  const isSafe =
    !isAbsolute(path) && parts.every((part) => /^[^\0\\/]{1,255}$/.test(part) && part !== '.' && part !== '..');
  if (!isSafe) throw refused(`path "${path}" must be relative to ${root}, without "." and ".."`);
  await transiently(`${root} cannot be made`, () => mkdir(root, { recursive: true, mode: 0o700 }));
  let folder = await transiently(`${root} cannot be read`, () => realpath(root));
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    await transiently(`${folder} cannot be made`, () => mkdir(folder, { mode: 0o700 }).catch(unlessExists));
    const found: Stats = await transiently(`${folder} cannot be read`, () => lstat(folder));
    if (!found.isDirectory()) throw refused(`${folder} is no folder; a file sink follows no link`);
  }
  return join(folder, parts.at(-1) ?? '');
}

/** Opens for reading and appending, never through a link; makes the file (0600). */
export async function openToAppend(path: string): Promise<FileHandle> {
  const file = await openWithoutLink(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw refused(`${path} is no regular file`);
  }
  return file;
}

/** The content, undefined when there is no such file. */
export async function readWithoutLink(path: string): Promise<Buffer | undefined> {
  const file = await openWithoutLink(path, O_RDONLY | O_NOFOLLOW).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Replaces a file by new content: a reader, or a crash, sees the old one or the new one. */
export async function replaceFile(path: string, content: string | Iterable<string>): Promise<void> {
  const next = `${path}.next`;
  const file = await openWithoutLink(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  try {
    await transiently(`${next} cannot be written`, async () => {
      await file.writeFile(content);
      await file.sync();
    });
  } finally {
    await file.close();
  }
  await transiently(`${path} cannot be replaced`, () => rename(next, path));
  await syncFolder(path);
}

/** Makes a new, renamed or removed name in the folder of a path last. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path) + sep, O_RDONLY | O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function openWithoutLink(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    if (isCode(cause, 'ELOOP')) throw refused(`${path} is a link; a file sink follows none`);
    throw new Transient(`${path} cannot be opened`, { code: 'sink.file', cause });
  }
}

/** A disk that is full or a folder that is not there may be better later. */
export async function transiently<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof InvalidInput || cause instanceof Transient) throw cause;
    throw new Transient(sentence, { code: 'sink.file', cause });
  }
}

/** Whether an error, or what caused it, has a code of the operating system. */
export function isCode(error: unknown, code: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code: own, cause } = error as { code?: unknown; cause?: unknown };
  return own === code || isCode(cause, code);
}

function unlessExists(error: unknown): void {
  if (!isCode(error, 'EEXIST')) throw error;
}

function refused(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.file.path' });
}
