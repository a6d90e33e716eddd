// The process around `run`: arguments, environment, streams and signals in; an exit code out.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded: code is stripped of its types and compiled once, not at every start. Where the folder
// cannot be written, Node goes on without.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url)));
const [{ endingSignal }, { exitCode }, { run }] = await Promise.all([
  import('./ending-signal.ts'),
  import('./exit-codes.ts'),
  import('./run.ts'),
]);

const code = await run(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: endingSignal(process, { endAtOnce: () => process.exit(exitCode.interrupted) }),
});
process.exitCode = code;
// After what was written: a pipe may still be taking it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
