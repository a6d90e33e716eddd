// What the process's exit code says to a script. The table in docs/cli.md is made from this list.
import { InvalidInput, Transient } from '@assay/contracts/errors';

export const exitCode = {
  ok: 0,
  findings: 1,
  usage: 2,
  unreachable: 3,
  incomplete: 4,
  fault: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** One sentence a code, for people. */
export const exitCodeMeanings: readonly [ExitCode, string][] = [
  [exitCode.ok, 'Everything worked.'],
  [
    exitCode.findings,
    'There are findings at or above `--fail-on`; or `doctor` or `explain policy` found something to repair.',
  ],
  [exitCode.usage, 'Wrong usage or input: an unknown option, a file that is missing or no report, a refused token.'],
  [exitCode.unreachable, 'The platform cannot be reached or is overloaded; the same command may work later.'],
  [
    exitCode.incomplete,
    'The run or report is incomplete: a task failed, a scan was partial or counts do not add up; or a tool could not be installed.',
  ],
  [exitCode.fault, 'A mistake of Assay’s.'],
  [exitCode.interrupted, 'Interrupted by a signal.'],
];

/** The exit code of an error that a command ended with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InvalidInput) return exitCode.usage;
  if (error instanceof Transient) return exitCode.unreachable;
  return exitCode.fault;
}
