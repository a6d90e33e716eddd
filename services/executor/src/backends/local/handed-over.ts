// What a task handed over, remembered until long after its run: when a killed executor's run begins again, a task that
// had done its work is not done twice. A second scan would cost its minutes again, and its report may differ in a date.
import { hash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** No request is delivered again after this. Milliseconds. */
const keptMs = 7 * 24 * 60 * 60_000;

const base = (home: string): string => join(home, 'run/handed-over');
// Ids come from outside and need not be file names.
const fileOf = (home: string, runId: string, task: string): string =>
  join(base(home), hash('sha256', runId).slice(0, 32), `${task}.json`);

/** The ids of the reports; undefined when the task has not ended well in this run. */
export async function handedOver(home: string, runId: string, task: string): Promise<string[] | undefined> {
  const text = await readFile(fileOf(home, runId, task), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as string[]);
}

export async function rememberHandedOver(
  home: string,
  runId: string,
  task: string,
  reportIds: readonly string[],
): Promise<void> {
  const file = fileOf(home, runId, task);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Renamed, so that a kill in between leaves the whole file or none.
  await writeFile(`${file}.part`, JSON.stringify(reportIds));
  await rename(`${file}.part`, file);
}

export async function forgetOldRuns(home: string, now: Date): Promise<void> {
  const names = await readdir(base(home)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const folder = join(base(home), name);
    if (now.getTime() - (await stat(folder)).mtimeMs > keptMs) await rm(folder, { recursive: true, force: true });
  }
}
