import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { completionScript, type Shell, shells } from './completion.ts';
import { openIo } from './io.ts';
import { wholeProgram } from './program.ts';

let scripts: Record<Shell, string>;

beforeAll(async () => {
  const stream = new PassThrough();
  const io = openIo({ env: {}, stdout: stream, stderr: stream, signal: new AbortController().signal });
  const program = await wholeProgram(io);
  scripts = Object.fromEntries(shells.map((shell) => [shell, completionScript(program, shell)])) as Record<
    Shell,
    string
  >;
});

/** What bash offers for a line, its last word being completed. */
function complete(...words: string[]): string[] {
  const script = `${scripts.bash}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8' });
  return output.split('\n').filter(Boolean);
}

describe('completion in bash', () => {
  it('is a script that bash accepts', () => {
    expect(() => execFileSync('bash', ['-n'], { input: scripts.bash })).not.toThrow();
  });

  it.each([
    ['commands', ['assay', 'fi'], ['finding']],
    ['a command’s own commands', ['assay', 'finding', ''], ['ls', 'show', 'help']],
    ['options', ['assay', 'finding', 'ls', '--s'], ['--state', '--severity']],
    ['options behind arguments', ['assay', 'scan', 'src', '--fail'], ['--fail-on']],
    ['values of an option', ['assay', 'scan', '.', '--fail-on', 'h'], ['high']],
    ['values of a short option', ['assay', 'dead', 'ls', '-o', ''], ['table', 'json']],
    ['nothing where a file is wanted', ['assay', 'report', 'submit', ''], []],
    ['nothing for the free value of an option', ['assay', 'scan', '--target', ''], []],
    ['choices of an argument', ['assay', 'completion', 'z'], ['zsh']],
    ['no command of another one', ['assay', 'scan', 'fi'], []],
  ])('offers %s', (_, words, offered) => {
    expect(complete(...words)).toEqual(offered);
  });
});

describe('completion in zsh and fish', () => {
  it.each(['zsh', 'fish'] as const)('names every command and option in %s', (shell) => {
    for (const word of ['finding', 'redrive', 'fail-on', 'idempotency-key']) expect(scripts[shell]).toContain(word);
  });

  it.each([['zsh'], ['fish']] as const)('has balanced quotes in %s', (shell) => {
    // Every text is quoted by the same function; a stray quote in a summary would show here.
    const quotes = scripts[shell].replaceAll("'\\''", '').split("'").length - 1;
    expect(quotes % 2).toBe(0);
  });
});
