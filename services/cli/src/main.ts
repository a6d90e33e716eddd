// The process around `run`: arguments, environment, streams and signals in; an exit code out.
import { run } from './run.ts';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    ending.abort(new Error(signal));
    // Whoever asks twice does not want to wait.
    process.once(signal, () => process.exit(130));
  });
}

const code = await run(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: ending.signal,
});
process.exitCode = code;
// After what was written: a pipe may still be taking it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
