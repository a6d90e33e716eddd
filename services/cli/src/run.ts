// From words to an exit code: the whole command line as a function, so that specs and other programs can call it.
import { explain } from '@assay/contracts/errors';
import { CommanderError } from 'commander';
import { exitCode, exitCodeOf } from './exit-codes.ts';
import { type Io, openIo, type World } from './io.ts';
import { programFor } from './program.ts';
import { manyLines } from './terminal-text.ts';

/** Runs one command. Never throws: what goes wrong is a sentence on stderr and an exit code (exit-codes.ts). */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const io = openIo(world);
  try {
    const program = await programFor(argv, io);
    await program.parseAsync([...argv], { from: 'user' });
    return io.exitCode;
  } catch (error) {
    return report(error, io);
  }
}

function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) {
    // commander has told it already, except what we throw ourselves.
    if (error.code === 'assay.usage') io.err.put(`assay: ${manyLines(error.message)}\n`);
    // --help and --version end the same way, with 0.
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  if (io.signal.aborted) return exitCode.interrupted;
  const code = exitCodeOf(error);
  io.err.put(`assay: ${manyLines(explain(error))}\n`);
  if (code === exitCode.fault && error instanceof Error && io.env['ASSAY_LOG_LEVEL'] === 'debug')
    io.err.put(`${manyLines(error.stack ?? '')}\n`);
  return code;
}
