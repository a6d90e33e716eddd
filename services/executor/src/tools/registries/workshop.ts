// What the installers share: programs of this machine, run in the folder that becomes the installed version.
import { basename } from 'node:path';
import { InvalidInput, Transient } from '@assay/contracts';
import { logTail } from '../../backends/readable-log.ts';
import { runProcess } from '../../run-process.ts';
import { findProgram, type ToolPlaces } from '../find-tool.ts';

/** A build of a large Go program on a slow machine. Milliseconds. */
const commandTimeoutMs = 30 * 60_000;

export interface Workshop {
  /** Where the tool goes: its program as `bin/<command>`. */
  readonly folder: string;
  /** The program's name. */
  readonly command: string;
  readonly places: ToolPlaces;
  /** Told one line for each thing that is done. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Throws InvalidInput when the program is not there; `what`: where to get it, after "install". */
export async function required(program: string, what: string, { places }: Workshop): Promise<string> {
  const path = await findProgram(program, places.path);
  if (path) return path;
  throw new InvalidInput(`${program} is not on the PATH; install ${what} first.`, { code: 'tool.prerequisite' });
}

/**
 * Runs a program with the environment of whoever installs: proxies, certificates and package indexes are set there.
 * Throws Transient with its last words when it fails.
 */
export async function run(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  { onProgress, signal }: Workshop,
): Promise<void> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('ASSAY_') ? [] : [[name, value] as const],
  );
  onProgress?.(argv.map((word) => (word.includes(' ') ? JSON.stringify(word) : word)).join(' '));
  const end = await runProcess({
    argv,
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    timeoutMs: commandTimeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (end.how === 'exited' && end.exitCode === 0) return;
  const program = basename(argv[0] ?? '');
  if (end.how === 'cancelled') throw new Transient(`${program} was interrupted.`, { code: 'tool.interrupted' });
  const why = end.how === 'timed-out' ? `after ${commandTimeoutMs / 60_000} minutes` : `exit code ${end.exitCode}`;
  // Package managers show the address they asked, and an address may have a password in it.
  const last = logTail(end.output, []).split('\n').slice(-12).join('\n');
  throw new Transient(`${program} failed (${why}); its last words:\n${last}`, { code: 'tool.install-failed' });
}
