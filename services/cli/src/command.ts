// A command as commander has it, with what every one of ours needs besides: examples, and an action that says how it ended.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** A line to copy and what it does. */
export type Example = readonly [line: string, meaning: string];

export class AssayCommand extends Command {
  readonly examples: Example[] = [];

  override createCommand(name?: string): AssayCommand {
    return new AssayCommand(name);
  }

  /** Shown behind the help and in docs/cli.md. */
  example(line: string, meaning: string): this {
    if (this.examples.length === 0)
      this.addHelpText('after', () =>
        ['', 'Examples:', ...this.examples.map(([text, why]) => `  ${text}\n      ${why}`)].join('\n'),
      );
    this.examples.push([line, meaning]);
    return this;
  }

  /** What the command does; it ends with the exit code it returns, 0 without one. */
  does<Args extends readonly unknown[]>(io: Io, work: (...args: Args) => Promise<ExitCode | undefined>): this {
    return this.action(async (...args: unknown[]) => {
      // commander hands over what the arguments and options declared here were parsed to.
      const code = await work(...(args as unknown as Args));
      if (code !== undefined) io.exitCode = code;
    });
  }
}

/** Fills in a command whose name and summary the registry gave; loaded only when it is asked for. */
export type Define = (command: AssayCommand, io: Io) => void;

/** "--output table|json", the first being the default. */
export function outputOption(formats: readonly string[] = ['table', 'json']): Option {
  return new Option('-o, --output <format>', 'how the result is printed').choices(formats).default(formats[0]);
}

/** "a,b" or the option repeated; every one of them must be among `known` where that is given. */
export function list(known?: readonly string[]): (value: string, previous?: string[]) => string[] {
  return (value, previous = []) => {
    const items = value
      .split(',')
      .map((item) => item.trim().toLowerCase())
      .filter(Boolean);
    const stranger = known && items.find((item) => !known.includes(item));
    if (stranger !== undefined) throw new InvalidArgumentError(`Allowed are ${known?.join(', ')}.`);
    return [...previous, ...items];
  };
}

/** A whole number within bounds. */
export function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** NAME=VALUE, repeated. */
export function pairs(value: string, previous: Record<string, string> = {}): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...previous, [value.slice(0, at)]: value.slice(at + 1) };
}

/** How wrong usage that commander cannot see is reported. */
export function usageError(message: string): CommanderError {
  return new CommanderError(2, 'assay.usage', message);
}
