// The process around `run`: arguments, environment, streams and signals in; an exit code out.
import { endingSignal } from './ending-signal.ts';
import { exitCode } from './exit-codes.ts';
import { run } from './run.ts';

const code = await run(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: endingSignal(process, { endAtOnce: () => process.exit(exitCode.interrupted) }),
});
process.exitCode = code;
// After what was written: a pipe may still be taking it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
