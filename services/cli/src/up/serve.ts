// What a person sees of an embedded platform: a scan, then where it serves and what to try next.
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Client } from '../client.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { requestRun } from '../request-run.ts';
import { scanSteps } from '../steps.ts';
import { targetNameOf } from '../target-name.ts';
import type { Platform } from './platform.ts';

/** Scans a folder and shows the run; findings are no failure here. */
export async function scanAt(io: Io, platform: Platform, path: string, target?: string): Promise<ExitCode> {
  const folder = await realpath(resolve(io.cwd, path));
  const client = new Client(platform, { signal: io.signal });
  const request = {
    sourcePath: folder,
    target: target ?? (await targetNameOf(folder)),
    steps: [...scanSteps],
  };
  return requestRun(io, client, request, { output: 'table', limit: 200 });
}

/** Tells where it serves; resolves after the signal, everything stopped. Throws when the platform breaks. */
export async function serve(io: Io, platform: Platform): Promise<void> {
  await io.out.write(
    [
      '',
      `Assay serves at ${platform.url} (API page: ${platform.url}/docs, log: ${platform.logFile}). Ctrl-C ends it.`,
      'Try next, in another terminal:',
      '  npx assay scan .                          scan a project of yours',
      '  npx assay finding ls --severity high,critical',
      `  npx assay event tail 'assay.finding.changed.opened.>'`,
      '',
    ].join('\n'),
  );
  const ended = new Promise<undefined>((resolve) => {
    if (io.signal.aborted) resolve(undefined);
    io.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([ended, platform.failed]);
  await platform.stop();
  if (failure) throw failure;
  io.err.put('stopped\n');
}
