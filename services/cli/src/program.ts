// The tree of commands. Names and summaries are always there, for help and suggestions; options only where they were
// asked for, or everywhere when the whole tree is.
import { createRequire } from 'node:module';
import { AssayCommand } from './command.ts';
import type { Io } from './io.ts';
import { type Entry, registry } from './registry.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

export const programName = 'assay';

/** The tree with the commands filled in that `argv` names. */
export async function programFor(argv: readonly string[], io: Io): Promise<AssayCommand> {
  const names = argv.filter((argument) => !argument.startsWith('-'));
  const wanted = names[0] === 'help' ? names[1] : names[0];
  return build(io, (entry) => entry.name === wanted);
}

/** The tree with every command filled in: for completion and docs. */
export function wholeProgram(io: Io): Promise<AssayCommand> {
  return build(io, () => true);
}

async function build(io: Io, isWanted: (entry: Entry) => boolean): Promise<AssayCommand> {
  const program = new AssayCommand(programName)
    .description('Event-driven software supply-chain assurance: scan, remember, route, prove.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.put(text),
      writeErr: (text) => io.err.put(text),
      getOutHelpWidth: () => widthOf(io.out.width),
      getErrHelpWidth: () => widthOf(io.err.width),
      getOutHasColors: () => io.out.hasColor,
      getErrHasColors: () => io.err.hasColor,
    })
    .showHelpAfterError('Add --help to see how it is used.')
    .example('assay scan . --fail-on high', 'scans this folder; exit code 1 when something is high or critical')
    .example('assay finding ls --severity high,critical', 'what is open and bad')
    .example(
      'assay report submit --format gosec --target shop gosec.json',
      'hands in a report that some other job made',
    )
    .addHelpText(
      'after',
      '\nThe platform is found by ASSAY_URL, else where `assay up` runs on this machine, else http://127.0.0.1:7077.\nA token comes from ASSAY_TOKEN or ASSAY_TOKEN_FILE. Exit codes: docs/cli.md.',
    );
  for (const entry of registry) {
    const command = program
      .command(entry.name)
      .summary(entry.summary)
      .description(sentence(entry.summary))
      .helpGroup(entry.group);
    if (isWanted(entry)) (await entry.load()).define(command, io);
  }
  return program;
}

function widthOf(columns: number): number {
  return Number.isFinite(columns) ? columns : 100;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
